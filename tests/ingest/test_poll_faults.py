"""What of an answer can't be used is kept, with the reason and where it lies; the rest of the answer is used."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from ingest import quarantine
from ingest.models import FootfallInterval, OccupancySample, Quarantine, ZoneState
from ingest.quarantine import Fault
from sites_app.models import Controller
from tests import chain
from tests.ingest.scripted import NOW, Site, entrance, poll, registered, site

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
GOOD = {"zoneId": "a", "current_people": 3}


@pytest.fixture
def scripted() -> Iterator[Site]:
    with site() as scripted:
        scripted.says("/queue/status", [])
        yield scripted


@pytest.fixture
def controller(scripted: Site) -> Controller:
    return registered(scripted, "a", "b")


def kept() -> list[tuple[str, str, str]]:
    return list(Quarantine.objects.order_by("pk").values_list("what", "shape", "pointer"))


@pytest.mark.parametrize(
    ("row", "pointer", "reason"),
    [
        ('{"zoneId": "b", "current_people": -4}', "/data/1/current_people", "Expected integer >= 0."),
        ('{"zoneId": "b", "current_people": NaN}', "/data/1/current_people", "Expected integer, got string."),
        ('{"zoneId": "b", "current_people": {"value": 4}}', "/data/1/current_people", "Expected integer, got object."),
        ('{"zoneId": "b"}', "/data/1/current_people", "It is missing."),
        ('{"zoneId": 7, "current_people": 4}', "/data/1/zoneId", "Expected string, got integer."),
        ('"b"', "/data/1", "Expected object, got string."),
        ('{"zoneId": "a", "current_people": 9}', "/data/1", "This row was there already."),
        ('{"zoneId": "z", "current_people": 9}', "/data/1/zoneId", quarantine.UNKNOWN_ZONE),
    ],
)
def test_a_bad_row_is_kept_and_the_good_ones_are_used(
    scripted: Site, controller: Controller, row: str, pointer: str, reason: str
) -> None:
    body = f'{{"status": "success", "timestamp": "{NOW.isoformat()}", "data": [{json.dumps(GOOD)}, {row}]}}'
    scripted.writes("/occupancy/current", body.encode())
    scripted.refuses("/sensors", 500, "INTERNAL")  # no discovery either
    poll(controller, "live")
    assert OccupancySample.objects.get().people == 3
    fault = Quarantine.objects.get()
    assert (fault.pointer, fault.reason) == (pointer, reason)
    assert bytes(fault.body).decode().replace('"NaN"', "NaN") == row
    assert (fault.source, fault.stream, fault.shape, fault.answered_at) == ("poll", "live", "occupancy", NOW)
    assert fault.received_at == NOW


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"<html>Please sign in</html>", ""),
        (b'{"status": "succ', ""),
        (b'{"status": "success", "data": []}', "answer"),
        (b'{"status": "success", "timestamp": "yesterday", "data": []}', "answer"),
        (b'{"status": "success", "timestamp": "2026-11-02T10:00:00Z", "data": {}}', "answer"),
    ],
)
def test_what_is_no_answer_is_kept(scripted: Site, controller: Controller, body: bytes, what: str) -> None:
    scripted.writes("/occupancy/current", body)
    poll(controller, "live")
    fault = Quarantine.objects.get()
    assert (fault.what, fault.shape, bytes(fault.body)) == (what, "occupancy", body)
    assert not OccupancySample.objects.exists()


def test_an_empty_answer_is_a_failure_with_nothing_to_keep(scripted: Site, controller: Controller) -> None:
    scripted.writes("/occupancy/current", b"")
    poll(controller, "live")
    controller.refresh_from_db()
    assert "empty" in controller.last_error
    assert kept() == []


def test_a_snapshot_from_the_future_is_kept_whole(scripted: Site, controller: Controller) -> None:
    scripted.says("/occupancy/current", [GOOD, {"zoneId": "b", "current_people": 1}], at=NOW + 6 * MINUTE)
    poll(controller, "live")
    assert not OccupancySample.objects.exists()
    assert not ZoneState.objects.exists()
    assert kept() == [("answer", "occupancy", "/timestamp")]
    assert Quarantine.objects.get().reason == "360 s ahead of our clock: set the controller's."


def test_five_minutes_ahead_are_believed_and_the_skew_is_shown(scripted: Site, controller: Controller) -> None:
    scripted.says("/occupancy/current", [GOOD], at=NOW + 5 * MINUTE)
    scripted.says("/queue/status", [], at=NOW + 5 * MINUTE)
    poll(controller, "live")
    assert OccupancySample.objects.exists()
    controller.refresh_from_db()
    assert controller.clock_skew_ms == 300_000


def interval(zone_id: str, start: str, **values: Any) -> dict[str, Any]:
    end = start.replace(":00:00Z", ":15:00Z")
    return {"zoneId": zone_id, "start": start, "end": end, "in": 1, "out": 1, "complete": True, **values}


def test_an_interval_from_the_future_is_kept_and_the_others_are_used(scripted: Site, controller: Controller) -> None:
    entrance(controller, "door")
    rows = [interval("door", "2026-11-02T09:00:00Z"), interval("door", "2026-11-02T11:00:00Z")]
    scripted.says("/counts/interval", rows)
    poll(controller, "footfall")
    assert FootfallInterval.objects.count() == 1
    assert kept() == [("row", "counts", "/data/1/start")]


def test_the_same_row_in_another_answer_is_another_fault(scripted: Site, controller: Controller) -> None:
    for minute in (0, 0, 1):
        scripted.says("/occupancy/current", [{"zoneId": "b", "current_people": -1}], at=NOW + minute * MINUTE)
        poll(controller, "live", now=NOW + minute * MINUTE)
    assert Quarantine.objects.count() == 2


def test_discovery_says_each_fault_once(scripted: Site, controller: Controller) -> None:
    scripted.says("/sensors", [{"sensorId": 5}])
    for minute in (0, 10, 20):
        scripted.says("/occupancy/current", [{"zoneId": "b", "current_people": -1}], at=NOW + minute * MINUTE)
        poll(controller, "discovery", now=NOW + minute * MINUTE)
    assert sorted(kept()) == [("row", "occupancy", "/data/0/current_people"), ("row", "sensors", "/data/0/sensorId")]


def test_a_body_is_kept_up_to_a_bound_and_named_by_all_of_it() -> None:
    controller = chain.controller(chain.store())
    bodies = [b"x" * (quarantine.BODY_LIMIT + 1), b"x" * quarantine.BODY_LIMIT, b"x" * (quarantine.BODY_LIMIT + 2)]
    faults = [Fault(controller.store_id, controller.pk, "poll", "live", "", "", body, "answer") for body in bodies]
    quarantine.keep(faults, received_at=NOW)
    stored = Quarantine.objects.order_by("pk")
    assert sorted(fault.truncated for fault in stored) == [False, True, True]
    assert {len(fault.body) for fault in stored} == {quarantine.BODY_LIMIT}


def test_a_key_that_is_echoed_is_not_kept(scripted: Site, controller: Controller) -> None:
    scripted.says("/occupancy/current", [{"zoneId": "b", "said": "Apikey its-key"}])
    poll(controller, "live")
    assert b"its-key" not in bytes(Quarantine.objects.get().body)
