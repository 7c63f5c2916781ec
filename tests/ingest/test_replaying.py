"""Replaying: what couldn't be understood is, after a fix, as good as if it had come right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from ingest import digest, facts, quarantine, replaying
from ingest.models import (
    DwellInterval,
    Event,
    FootfallInterval,
    OccupancySample,
    PathInterval,
    Quarantine,
    QueueSample,
    ZoneState,
)
from ingest.quarantine import Fault
from ingest.wire import decoding
from ingest.xcs import payloads
from sites_app.models import Controller
from tests import chain
from tests.ingest.posting import post
from tests.ingest.scripted import NOW, Site, entrance, poll, registered, site

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
HOUR = {"start": "2026-11-02T08:00:00Z", "end": "2026-11-02T09:00:00Z"}


@contextmanager
def older_version() -> Iterator[None]:
    """A version of the platform that chokes on rows and events with a field ``new``."""
    current = decoding._decoder
    whole = (payloads._Envelope, payloads._Batch)

    class Choking:
        def __init__(self, shape: Any) -> None:
            self.shape = shape

        def decode(self, body: Any) -> Any:
            if self.shape not in whole and b'"new"' in bytes(body):
                raise msgspec.ValidationError("Never seen - at `$.new`")
            return current(self.shape).decode(body)

    with patch.object(decoding, "_decoder", Choking):
        yield


@pytest.fixture
def scripted() -> Iterator[Site]:
    with site() as scripted:
        scripted.says("/queue/status", [])
        scripted.says("/occupancy/current", [])
        scripted.refuses("/sensors", 500, "INTERNAL")  # zones are found when a test says so
        yield scripted


@pytest.fixture
def controller(scripted: Site) -> Controller:
    controller = registered(scripted, "a", "b")
    entrance(controller, "door")
    return controller


def replay(now: datetime = NOW + DAY) -> tuple[int, int]:
    tally = replaying.replay(Quarantine.objects.all(), now=now)
    while digest.digest_batch(now=now):
        pass
    return tally.replayed, tally.still


def event(number: int = 1, zone_id: str = "till", **fields: Any) -> dict[str, Any]:
    data = {"zoneId": zone_id, "people_waiting": 11, "threshold": 10}
    at = (NOW - MINUTE).isoformat()
    return {"eventId": f"E{number}", "event": "queue.threshold_exceeded", "timestamp": at, "data": data, **fields}


@pytest.mark.parametrize(
    ("kind", "path", "row", "model"),
    [
        ("live", "/occupancy/current", {"zoneId": "a", "current_people": 3}, OccupancySample),
        ("live", "/queue/status", {"zoneId": "a", "people_waiting": 3}, QueueSample),
        (
            "footfall",
            "/counts/interval",
            {"zoneId": "door", "in": 3, "out": 1, "complete": True, **HOUR},
            FootfallInterval,
        ),
        ("dwell", "/zones/a/dwell", {"zoneId": "a", "average_dwell_ms": 7, **HOUR}, DwellInterval),
        ("paths", "/analytics/paths", {"fromZoneId": None, "toZoneId": "a", "count": 3, **HOUR}, PathInterval),
    ],
)
def test_a_row_of_any_answer_is_as_if_it_had_come_right(
    scripted: Site, controller: Controller, kind: str, path: str, row: dict[str, Any], model: Any
) -> None:
    scripted.says(path, [{**row, "new": 1}])
    poll(controller, kind)
    wanted = list(model.objects.values())
    assert len(wanted) == 1
    model.objects.all().delete()
    with older_version():
        poll(controller, kind)
        poll(controller, kind)
    assert not model.objects.exists()
    assert replay()[1] == 0
    assert list(model.objects.values()) == wanted
    assert replay() == (0, 0)


def test_an_older_answer_does_not_replace_what_was_restated_since(scripted: Site, controller: Controller) -> None:
    row = {"zoneId": "door", "out": 1, "complete": True, **HOUR}
    scripted.says("/counts/interval", [{**row, "in": 3, "new": 1}])
    with older_version():
        poll(controller, "footfall")
    scripted.says("/counts/interval", [{**row, "in": 5}], at=NOW + MINUTE)
    poll(controller, "footfall", now=NOW + MINUTE)
    assert replay() == (1, 0)
    assert FootfallInterval.objects.get().count_in == 5


def test_a_whole_answer_gives_its_good_rows_and_names_its_bad_ones(scripted: Site, controller: Controller) -> None:
    good, bad = {"zoneId": "a", "current_people": 3}, {"zoneId": "b", "current_people": -3}
    scripted.says("/occupancy/current", [good, bad])
    with patch.object(payloads, "_to_utc", side_effect=ValueError("no such year")):
        poll(controller, "live")
    assert set(Quarantine.objects.values_list("what", "shape")) == {("answer", "occupancy")}
    assert replay() == (1, 1)
    assert list(OccupancySample.objects.values_list("people", "observed_at", "received_at")) == [(3, NOW, NOW)]
    fault = Quarantine.objects.get(replayed_at=None)
    assert (fault.what, fault.pointer, fault.received_at) == ("row", "/data/1/current_people", NOW)


def test_a_webhooks_whole_body_is_landed(controller: Controller) -> None:
    chain.zone(controller, "till", "queue")
    events = [event(1), event(2, event="no.such"), {**event(3), "timestamp": 5}]
    with patch.object(payloads, "MAX_EVENTS", 2):
        (answer,) = post(controller, json.dumps({"events": events}).encode(), at=NOW)
    assert (answer.status, Event.objects.count()) == (400, 0)
    assert replay() == (1, 1)
    assert list(Event.objects.order_by("event_id").values_list("event_id", "received_at")) == [("E1", NOW), ("E2", NOW)]
    assert QueueSample.objects.get().people == 11
    pointers = Quarantine.objects.filter(replayed_at=None).values_list("pointer", flat=True)
    assert sorted(pointers) == ["/event", "/events/2/timestamp"]


@pytest.mark.parametrize("landed", [False, True])
def test_an_event_is_digested_as_of_when_it_came(controller: Controller, landed: bool) -> None:
    """One that wasn't even landed, and one that was, but not understood."""
    chain.zone(controller, "till", "queue")
    body = json.dumps(event(new=1)).encode()
    if landed:
        post(controller, body, at=NOW)
        with older_version():
            digest.digest_batch(now=NOW)
    else:
        with older_version():
            post(controller, body, at=NOW)
    assert not QueueSample.objects.exists()
    assert replay() == (1, 0)
    assert list(QueueSample.objects.values_list("observed_at", "received_at")) == [(NOW - MINUTE, NOW)]
    assert Event.objects.get().digested_at == NOW + DAY
    assert ZoneState.objects.get().people_waiting == 11


def test_what_is_found_wrong_again_after_a_replay_is_open_again(controller: Controller) -> None:
    """A fix that was taken back, say, between the replay and the digest."""
    chain.zone(controller, "till", "queue")
    post(controller, json.dumps(event(new=1)).encode(), at=NOW)
    with older_version():
        digest.digest_batch(now=NOW)
    assert replaying.replay(Quarantine.objects.all(), now=NOW).replayed == 1
    with older_version():
        digest.digest_batch(now=NOW)
    assert Quarantine.objects.get().replayed_at is None
    assert replay() == (1, 0)
    assert QueueSample.objects.get().people == 11


def test_what_still_cant_be_used_stays_with_the_reason(controller: Controller) -> None:
    post(controller, b'{"eventId": 5}', at=NOW)
    assert replay() == (0, 1)
    fault = Quarantine.objects.get()
    assert (fault.replayed_at, fault.reason) == (None, "Expected string, got integer. (/eventId)")
    assert replay() == (0, 1)


def test_an_excerpt_and_a_contradiction_are_not_replayed(scripted: Site, controller: Controller) -> None:
    scripted.says("/occupancy/current", [{"zoneId": "a", "current_people": 3}, {"zoneId": "a", "current_people": 4}])
    scripted.writes("/queue/status", b"<html>")
    poll(controller, "live")
    assert Quarantine.objects.count() == 2
    assert replay() == (0, 0)
    assert OccupancySample.objects.get().people == 3


def test_a_body_of_which_only_the_beginning_was_kept_says_so(controller: Controller) -> None:
    body = b" " * (quarantine.BODY_LIMIT + 1)
    quarantine.keep(
        [Fault(controller.store_id, controller.pk, "poll", "live", "", "", body, "answer", "occupancy")],
        received_at=NOW,
    )
    assert replay() == (0, 1)
    assert Quarantine.objects.get().reason == "Only its beginning was kept."


def test_rows_and_events_of_a_zone_are_replayed_by_themselves_when_it_is_found(
    scripted: Site, controller: Controller
) -> None:
    scripted.says("/queue/status", [{"zoneId": "till", "people_waiting": 4}])
    poll(controller, "live")
    post(controller, json.dumps(event()).encode(), at=NOW)
    digest.digest_batch(now=NOW)
    assert set(Quarantine.objects.values_list("awaits", flat=True)) == {"till"}
    assert replaying.replay_found(now=NOW).replayed == 0
    assert not QueueSample.objects.exists()
    scripted.says("/sensors", [])
    poll(controller, "discovery", now=NOW + MINUTE)
    assert replaying.replay_found(now=NOW + MINUTE).replayed == 2
    digest.digest_batch(now=NOW + MINUTE)
    samples = QueueSample.objects.order_by("observed_at").values_list("observed_at", "received_at", "people")
    assert list(samples) == [(NOW - MINUTE, NOW, 11), (NOW, NOW, 4)]
    assert ZoneState.objects.get().people_waiting == 4
    assert replaying.replay_found(now=NOW + MINUTE) == replaying.Tally()


def test_a_path_waits_for_both_of_its_zones(scripted: Site, controller: Controller) -> None:
    scripted.says("/analytics/paths", [{"fromZoneId": "x", "toZoneId": "y", "count": 3, **HOUR}])
    poll(controller, "paths")
    assert Quarantine.objects.get().pointer == "/data/0/fromZoneId"
    chain.zone(controller, "x")
    assert replaying.replay_found(now=NOW) == replaying.Tally(still=1)
    assert Quarantine.objects.get().awaits == "y"
    chain.zone(controller, "y")
    assert replaying.replay_found(now=NOW) == replaying.Tally(replayed=1)
    assert PathInterval.objects.get().count == 3


def test_a_fault_that_breaks_the_replay_holds_up_no_other(scripted: Site, controller: Controller) -> None:
    rows = [{"zoneId": "a", "current_people": 3, "new": 1}, {"zoneId": "b", "current_people": 4, "new": 1}]
    scripted.says("/occupancy/current", rows)
    with older_version():
        poll(controller, "live")
    write = facts.write

    def break_at_b(rows: Any) -> None:
        if any(row.people == 4 for row in rows.occupancy):
            raise LookupError("b")
        write(rows)

    with patch.object(facts, "write", break_at_b):
        assert replay() == (1, 1)
    assert OccupancySample.objects.get().people == 3
    assert Quarantine.objects.get(replayed_at=None).reason == "Replaying it failed: LookupError."
    assert replay() == (1, 0)


def test_the_command_says_what_it_did(
    scripted: Site, controller: Controller, capsys: pytest.CaptureFixture[str]
) -> None:
    scripted.says("/occupancy/current", [{"zoneId": "a", "current_people": 3, "new": 1}])
    with older_version():
        poll(controller, "live")
    post(controller, b"{", at=NOW)
    call_command("replay", "--store", "S1")
    assert capsys.readouterr().out == "Replayed 1 faults; 1 still can't be used.\n"
    call_command("replay", "--json")
    assert json.loads(capsys.readouterr().out) == {"replayed": 0, "still": 1, "failed": 0}


def test_the_admin_replays_the_chosen_ones(scripted: Site, controller: Controller, admin_client: Client) -> None:
    rows = [{"zoneId": "a", "current_people": 3, "new": 1}, {"zoneId": "b", "current_people": 4, "new": 1}]
    scripted.says("/occupancy/current", rows)
    with older_version():
        poll(controller, "live")
    chosen = Quarantine.objects.get(pointer__startswith="/data/1")
    url = reverse("admin:ingest_quarantine_changelist")
    page = admin_client.post(url, {"action": "replay", "_selected_action": [chosen.pk]}, follow=True)
    assert "Replayed 1 faults; 0 still can&#x27;t be used." in page.content.decode()
    assert OccupancySample.objects.get().people == 4
