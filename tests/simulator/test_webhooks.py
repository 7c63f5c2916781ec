"""Webhooks come with their events and with proof of who sent them, or with whatever is to go wrong with them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest

from tests.simulator.hooks import ONE, OTHER, Hook, is_signed
from tests.simulator.receiver import Receiver
from tests.simulator.running import NOW, RunningFleet
from tests.xcs_contract.subject import utc

SECRET = "only these two know it"
KINDS = {
    "queue.threshold_exceeded", "queue.threshold_cleared", "occupancy.threshold_reached", "occupancy.threshold_cleared",
    "sensor.offline", "sensor.online",
}  # fmt: skip


def test_an_event_is_posted_as_it_is_written(hook: Hook, receiver: Receiver) -> None:
    [emitted] = hook.emit()
    [post] = receiver.wait_for_posts(1)
    [event] = post.events
    assert post.path == "/hook"
    assert post.headers["Content-Type"] == "application/json"
    assert event.keys() == {"eventId", "event", "timestamp", "data"}
    assert (event["eventId"], event["timestamp"]) == (emitted, utc(NOW))
    assert hook.wait_until(delivered=1)["events"] == [
        {"event_id": emitted, "state": "delivered", "status": 204, "tries": 1}
    ]


def test_all_kinds_of_events_can_be_sent(hook: Hook, receiver: Receiver) -> None:
    # Each thing of the controller, once on and once off: 3 queues, 3 areas, 8 sensors.
    hook.emit(2 * (3 + 3 + 8))
    by_kind = {event["event"]: event["data"] for event in receiver.wait_for_events(28)}
    assert by_kind.keys() == KINDS
    queue, occupancy = by_kind["queue.threshold_exceeded"], by_kind["occupancy.threshold_reached"]
    assert {"zoneId", "name", "people_waiting", "threshold"} <= queue.keys()
    assert {"zoneId", "current_people", "capacity", "utilization_percentage"} <= occupancy.keys()
    assert occupancy["threshold_percentage"] == 90
    assert by_kind["sensor.offline"].keys() == {"sensorId", "name"}


def test_many_events_share_posts_of_a_thousand(hook: Hook, receiver: Receiver) -> None:
    ids = hook.emit(2500)
    found = receiver.wait_for_events(2500)
    assert [len(post.events) for post in receiver.posts] == [1000, 1000, 500]
    assert [event["eventId"] for event in found] == ids


def test_the_key_of_the_fleet_is_sent_by_itself(fleet: RunningFleet, hook: Hook, receiver: Receiver) -> None:
    hook.emit()
    [post] = receiver.wait_for_posts(1)
    assert post.headers["Authorization"] == f"Apikey {fleet.controllers[ONE]['webhook_key']}"
    assert "X-XCS-Signature" not in post.headers


def test_a_signature_can_be_sent_alone_or_with_another_key(hook: Hook, receiver: Receiver) -> None:
    hook.set(receiver, key=None, secret=SECRET).emit()
    receiver.wait_for_posts(1)
    hook.set(receiver, key="another", secret=SECRET).emit()
    first, second = receiver.wait_for_posts(2)
    assert "Authorization" not in first.headers
    assert second.headers["Authorization"] == "Apikey another"
    assert is_signed(first, SECRET)
    assert is_signed(second, SECRET)
    assert not is_signed(first, "another secret")


def test_the_signature_has_the_controllers_time(fleet: RunningFleet, hook: Hook, receiver: Receiver) -> None:
    fleet.set_faults(ONE, clock_skew_s=600)
    hook.set(receiver, secret=SECRET).emit()
    [post] = receiver.wait_for_posts(1)
    assert post.headers["X-XCS-Signature"].startswith(f"t={int(NOW.timestamp()) + 600},")


def test_given_events_are_sent_as_they_are(fleet: RunningFleet, hook: Hook, receiver: Receiver) -> None:
    given = [{"eventId": "mine", "event": "new.kind", "timestamp": "soon"}, {"event": "sensor.offline"}]
    ids = fleet.done("POST", f"/controllers/{ONE}/emit", {"events": given})["event_ids"]
    found = receiver.wait_for_events(2)
    assert found[0] == given[0]
    assert ids == ["mine", found[1]["eventId"]]


def test_event_ids_never_come_again(fleet: RunningFleet, receiver: Receiver) -> None:
    one, other = Hook(fleet).set(receiver), Hook(fleet, OTHER).set(receiver)
    ids = one.emit(50) + other.emit(50) + one.emit(50)
    fleet.done("DELETE", f"{one.path}/webhook")
    ids += one.set(receiver).emit(50)
    # A clock that is put back tells the same time twice.
    fleet.set_clock(NOW - timedelta(milliseconds=100))
    ids += one.emit(50)
    assert len(set(ids)) == len(ids) == 250


def test_events_can_be_repeated(fleet: RunningFleet, hook: Hook, receiver: Receiver) -> None:
    fleet.set_faults(ONE, repeat=2)
    ids = hook.emit(5)
    found = receiver.wait_for_events(15)
    assert Counter(event["eventId"] for event in found) == dict.fromkeys(ids, 3)
    assert hook.wait_until(delivered=5)["posts"] == 3


def test_events_can_come_late_with_their_own_time(fleet: RunningFleet, hook: Hook, receiver: Receiver) -> None:
    fleet.set_faults(ONE, late_s=0.3)
    late = hook.emit()
    fleet.set_faults(ONE)
    newer = hook.emit()
    first, second = receiver.wait_for_posts(2)
    assert [first.events[0]["eventId"], second.events[0]["eventId"]] == [*newer, *late]
    assert second.events[0]["timestamp"] == utc(NOW)


def test_events_can_be_shuffled(fleet: RunningFleet, hook: Hook, receiver: Receiver) -> None:
    fleet.set_faults(ONE, shuffle=True)
    ids = hook.emit(400)
    # They spread over some seconds; the first of them show it.
    came = [ids.index(event["eventId"]) for event in receiver.wait_for_events(10)]
    assert any(after < before for before, after in pairwise(came))


def test_key_and_signature_can_be_wrong(fleet: RunningFleet, hook: Hook, receiver: Receiver) -> None:
    fleet.set_faults(ONE, bad_signature=True)
    hook.set(receiver, key="right", secret=SECRET).emit()
    [post] = receiver.wait_for_posts(1)
    assert post.headers["Authorization"].startswith("Apikey ")
    assert post.headers["Authorization"] != "Apikey right"
    assert not is_signed(post, SECRET)


def test_a_body_can_be_garbage_with_a_right_signature(fleet: RunningFleet, hook: Hook, receiver: Receiver) -> None:
    fleet.set_faults(ONE, garbage=True)
    hook.set(receiver, secret=SECRET).emit()
    [post] = receiver.wait_for_posts(1)
    with pytest.raises(ValueError):
        assert post.events
    assert is_signed(post, SECRET)
