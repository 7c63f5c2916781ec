"""An event is posted until somebody says that it has come, or that nobody is there any more."""

from __future__ import annotations

import asyncio
import threading
from itertools import pairwise

import pytest

from simulator.clock import Clock
from simulator.faults import NONE
from simulator.fleet import Fleet
from simulator.posts import Target
from simulator.webhooks import EXPIRED, Patience, Webhooks
from tests.simulator.hooks import ONE, OTHER, Hook
from tests.simulator.receiver import Receiver, receiving
from tests.simulator.running import RunningFleet


@pytest.mark.parametrize("status", [301, 400, 404, 500, 503])
def test_whoever_doesnt_take_an_event_gets_it_again(hook: Hook, receiver: Receiver, status: int) -> None:
    receiver.answers = lambda number: status if number < 2 else 200
    ids = hook.emit()
    bodies = [post.body for post in receiver.wait_for_posts(3)]
    assert len(set(bodies)) == 1
    deliveries = hook.wait_until(delivered=1)
    assert deliveries["events"] == [{"event_id": ids[0], "state": "delivered", "status": 200, "tries": 3}]
    assert (deliveries["posts"], deliveries["failures"]) == (3, 2)


def test_silence_is_a_refusal(hook: Hook, receiver: Receiver) -> None:
    receiver.answers = lambda number: None if number == 0 else 202
    hook.emit()
    first, second = receiver.wait_for_posts(2)
    assert first.body == second.body
    assert second.at - first.at >= 0.3


def test_tries_back_off(hook: Hook, receiver: Receiver) -> None:
    receiver.answers = lambda number: 503 if number < 4 else 200
    hook.emit()
    posts = receiver.wait_for_posts(5)
    waits = [after.at - before.at for before, after in pairwise(posts)]
    assert all(wait >= 0.99 * 0.05 * 2**number for number, wait in enumerate(waits))


def test_a_receiver_that_is_gone_is_left_alone(fleet: RunningFleet, hook: Hook, receiver: Receiver) -> None:
    receiver.answers = lambda _: 410
    fleet.set_faults(ONE, late_s=60)
    hook.emit()
    fleet.set_faults(ONE)
    hook.emit(2)
    deliveries = hook.wait_until(gone=3)
    assert deliveries["gone"] is True
    hook.emit(3)
    # Another controller's event has come and gone by then: this one's would have, too.
    other = Hook(fleet, OTHER).set(receiver)
    other.emit()
    other.wait_until(gone=1)
    assert len(receiver.posts) == 2


def test_a_receiver_that_was_gone_can_be_set_anew(hook: Hook, receiver: Receiver) -> None:
    receiver.answers = lambda number: 410 if number == 0 else 200
    hook.emit()
    hook.wait_until(gone=1)
    [emitted] = hook.set(receiver).emit()
    assert receiver.wait_for_posts(2)[1].events[0]["eventId"] == emitted


def test_what_waits_goes_to_the_new_address(hook: Hook, receiver: Receiver) -> None:
    receiver.answers = lambda _: 503
    ids = hook.emit()
    receiver.wait_for_posts(1)
    with receiving() as moved:
        hook.set(moved)
        assert moved.wait_for_events(1)[0]["eventId"] == ids[0]


def test_an_old_address_that_is_gone_doesnt_stop_the_new_one(hook: Hook, receiver: Receiver) -> None:
    moved_on = threading.Event()
    receiver.answers = lambda _: 410 if moved_on.wait(10) else 500
    ids = hook.emit()
    receiver.wait_for_posts(1)
    with receiving() as moved:
        hook.set(moved)
        moved_on.set()
        assert moved.wait_for_events(1)[0]["eventId"] == ids[0]


def test_an_event_expires_after_a_day(receiver: Receiver) -> None:
    assert Patience().give_up_s == 24 * 3600
    assert Patience().timeout_s == 10
    receiver.answers = lambda _: 503
    patience = Patience(first_retry_s=0.01, longest_retry_s=0.02, give_up_s=0.1)

    async def states() -> list[str]:
        [controller] = Fleet(7, 1).controllers
        webhooks = Webhooks(Clock(), lambda _: NONE, patience)
        await webhooks.start(watch=False)
        try:
            webhooks.set(controller, Target(receiver.url, None, None))
            webhooks.emit(controller, webhooks.make_up(controller, 1))
            [outbox] = webhooks.outboxes()
            async with asyncio.timeout(10):
                while outbox.pending:
                    await asyncio.sleep(0.01)
            return [one.state for one in outbox.done]
        finally:
            await webhooks.stop()

    assert asyncio.run(states()) == [EXPIRED]
    assert len(receiver.posts) > 1
