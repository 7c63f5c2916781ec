"""What can't be used is kept, with why and where; what is good beside it goes in."""

from __future__ import annotations

import json

import pytest

from ingest import quarantine
from ingest.models import DwellInterval, FootfallInterval, OccupancySample, Quarantine, QueueSample, Stream
from ingest.quarantine import Fault
from sites_app.models import Controller
from tests import chain
from tests.fleet import Fleet, Site
from tests.ingest.conftest import Scripted
from tests.ingest.turns import NOW, ask

pytestmark = pytest.mark.django_db
Kind = Stream.Kind
FACTS = (OccupancySample, QueueSample, FootfallInterval, DwellInterval)


@pytest.fixture
def site(fleet: Fleet) -> Site:
    fleet.stop_clock(NOW)
    return fleet.site("S002")


@pytest.fixture
def controller(site: Site) -> Controller:
    controller = chain.registered(site)
    ask([controller], Kind.DISCOVERY)
    return controller


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("wrong_types", "Expected integer, got object."),
        ("nan", "Expected integer, got string."),
        ("negative", "Expected integer >= 0."),
    ],
)
def test_rows_that_cannot_be_true_are_kept_with_why_and_where(
    fleet: Fleet, site: Site, controller: Controller, fault: str, reason: str
) -> None:
    fleet.fault(site, **{fault: True})
    tally = ask([controller], Kind.LIVE, Kind.FOOTFALL)
    kept = list(Quarantine.objects.order_by("pk"))
    assert tally.faults == len(kept) > 0
    assert not any(model.objects.exists() for model in FACTS)
    assert {item.reason for item in kept} == {reason}
    first = next(item for item in kept if item.stream == Kind.LIVE)
    assert (first.pointer, first.source, first.received_at) == ("/data/0/current_people", "poll", NOW)
    assert json.loads(bytes(first.body).replace(b"NaN", b"null"))["zoneId"] in site.kinds
    fleet.fault(site)
    ask([controller], Kind.LIVE)
    assert OccupancySample.objects.exists()


def test_of_two_rows_of_a_zone_the_first_is_taken_and_the_second_kept(
    fleet: Fleet, site: Site, controller: Controller
) -> None:
    fleet.fault(site, duplicate_zone=True)
    ask([controller], Kind.LIVE)
    samples = dict(OccupancySample.objects.values_list("zone__zone_id", "people"))
    samples |= dict(QueueSample.objects.values_list("zone__zone_id", "people"))
    assert samples == fleet.people(site, NOW)
    assert set(Quarantine.objects.values_list("reason", flat=True)) == {"This row was there already."}
    assert sorted(Quarantine.objects.values_list("pointer", flat=True)) == ["/data/2", "/data/2"]


@pytest.mark.parametrize("fault", ["html", "empty", "truncated", "oversize", "redirect"])
def test_an_answer_that_is_none_is_a_failure_and_its_beginning_is_kept(
    fleet: Fleet, site: Site, controller: Controller, fault: str
) -> None:
    fleet.fault(site, **{fault: True})
    assert ask([controller], Kind.LIVE).failures == 1
    controller.refresh_from_db()
    assert controller.state == "degraded"
    kept = [bytes(body)[:15] for body in Quarantine.objects.values_list("body", flat=True)]
    wanted = {"html": [b"<!DOCTYPE html>"], "truncated": [b'{"status":"succ']}
    assert kept == wanted.get(fault, [])
    assert not OccupancySample.objects.exists()


def test_bad_rows_take_no_good_ones_along(scripted: Scripted) -> None:
    controller = chain.controller(chain.store(), base_url=scripted.base_url)
    for name in ("a", "b", "c"):
        chain.zone(controller, name)
    row = {"current_people": 4, "capacity": 10}
    good, bad = [{"zoneId": name, **row} for name in ("a", "c")], {"zoneId": "b", **row, "capacity": "ten"}
    scripted.rows = {"/occupancy/current": [good[0], bad, good[1]], "/queue/status": [{"zoneId": "till"}]}
    tally = ask([controller], Kind.LIVE)
    assert (tally.facts, tally.faults, tally.failures) == (2, 2, 0)
    assert set(OccupancySample.objects.values_list("zone__code", flat=True)) == {"a", "c"}
    assert set(Quarantine.objects.values_list("reason", "pointer")) == {
        ("Expected integer | null, got string.", "/data/1/capacity"),
        ("It is missing.", "/data/0/people_waiting"),
    }
    controller.refresh_from_db()
    assert controller.state == "online"


def test_the_same_fault_again_is_kept_once(scripted: Scripted) -> None:
    controller = chain.controller(chain.store(), base_url=scripted.base_url)
    scripted.rows = {"/occupancy/current": [{"zoneId": "a"}], "/queue/status": []}
    for _ in range(3):
        ask([controller], Kind.LIVE)
    assert Quarantine.objects.count() == 1


def test_of_a_large_body_the_beginning_is_kept() -> None:
    controller = chain.controller(chain.store())
    body = b"x" * (quarantine.BODY_LIMIT + 1)
    fault = Fault(controller.store_id, controller.pk, "poll", "live", "Too much.", "/" + "a" * 400, body)
    assert quarantine.keep([fault], received_at=NOW) == 1
    kept = Quarantine.objects.get()
    assert (len(kept.body), len(kept.pointer)) == (quarantine.BODY_LIMIT, 300)
