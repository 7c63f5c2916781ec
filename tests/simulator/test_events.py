"""What happens at a controller is told as it happens, once for each time that a threshold is crossed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from simulator import events
from simulator.fleet import Fleet
from tests.simulator.hooks import OTHER, Hook
from tests.simulator.receiver import Receiver
from tests.simulator.running import RunningFleet

SATURDAY = datetime(2026, 12, 5, 9, 30, tzinfo=UTC)
CONTROLLER = Fleet(7, 24).controller("S002", "Controller 1")


def found(start: datetime, end: datetime) -> list[dict[str, Any]]:
    between = events.between(CONTROLLER, int(start.timestamp()), int(end.timestamp()))
    return [json.loads(event.body) for event in between]


def test_what_happens_is_told_as_it_happens(fleet: RunningFleet, receiver: Receiver) -> None:
    end = SATURDAY + timedelta(minutes=10)
    expected = found(SATURDAY, end)
    assert len(expected) > 3
    fleet.set_clock(SATURDAY)
    hook = Hook(fleet, OTHER).set(receiver)
    hook.wait_until_looked(SATURDAY)
    fleet.set_clock(end)
    assert receiver.wait_for_events(len(expected)) == expected
    hook.wait_until_looked(end)
    assert receiver.events == expected


def test_what_happened_while_the_clock_jumped_far_is_passed_over(fleet: RunningFleet, receiver: Receiver) -> None:
    fleet.set_clock(SATURDAY)
    hook = Hook(fleet, OTHER).set(receiver)
    hook.wait_until_looked(SATURDAY)
    end = SATURDAY + timedelta(hours=1)
    assert found(SATURDAY, end)
    fleet.set_clock(end)
    hook.wait_until_looked(end)
    assert sum(hook.deliveries["counts"].values()) == 0


def test_queues_are_told_as_they_cross_their_thresholds() -> None:
    queues = [event for event in found(SATURDAY, SATURDAY + timedelta(hours=4)) if event["event"].startswith("queue.")]
    for event in queues:
        over = event["data"]["people_waiting"] > event["data"]["threshold"]
        assert event["event"] == f"queue.threshold_{'exceeded' if over else 'cleared'}"
    for zone in CONTROLLER.queues:
        kinds = [event["event"] for event in queues if event["data"]["zoneId"] == zone.zone_id]
        assert kinds
        assert all(before != after for before, after in pairwise(kinds))


def test_zones_are_told_as_they_fill_up() -> None:
    zones = [
        event for event in found(SATURDAY, SATURDAY + timedelta(hours=9)) if event["event"].startswith("occupancy.")
    ]
    assert zones
    for event in zones:
        full = event["data"]["current_people"] >= 0.9 * event["data"]["capacity"]
        assert event["event"] == f"occupancy.threshold_{'reached' if full else 'cleared'}"


def test_no_two_events_are_one() -> None:
    day = found(SATURDAY - timedelta(days=1), SATURDAY + timedelta(days=1))
    assert len({event["eventId"] for event in day}) == len(day)
    assert [event["timestamp"] for event in day] == sorted(event["timestamp"] for event in day)
