"""Of two beats one ticks; when it's killed the other takes over, and the two never tick at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from tests.operations.conftest import url_of
from tests.stack.running import ROOT, wait_for
from xovis_platform.celery import BEAT_LOCK_S, QUEUES
from xovis_platform.stack import plan

WITHIN_S = BEAT_LOCK_S + 10
"""The lock runs out, the other looks once a second, and the machine may be busy."""


@contextmanager
def beating(client: redis.Redis) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "XOVIS_REDIS_URL": url_of(client)}
    with subprocess.Popen(plan.beat({}).command, cwd=ROOT, env=environment, start_new_session=True) as process:
        try:
            yield process
        finally:
            process.kill()


def tickers(client: redis.Redis) -> list[int]:
    """The processes that have sent something, as often as they have; nobody takes it out of the queues."""
    return [pid for queue in QUEUES for pid in order_in(client, queue)]


def order_in(client: redis.Redis, queue: str) -> list[int]:
    """Likewise of one queue, in the order in which it was sent: to the left, for it's taken from the right."""
    messages = reversed(client.lrange(queue, 0, -1))
    return [int(json.loads(message)["headers"]["origin"].partition("@")[0].removeprefix("gen")) for message in messages]


def test_a_killed_beat_is_followed_by_the_one_that_stands_by_and_they_never_tick_at_once(broker: redis.Redis) -> None:
    with beating(broker) as one, beating(broker) as other:
        wait_for("one ticks", lambda: len(order_in(broker, "default")) > 10)
        [leader] = set(tickers(broker))
        first, second = (one, other) if leader == one.pid else (other, one)
        assert leader == first.pid
        first.send_signal(signal.SIGKILL)
        first.wait(10)
        killed_at = time.monotonic()
        wait_for("the other ticks", lambda: second.pid in tickers(broker), WITHIN_S)
        assert time.monotonic() - killed_at < WITHIN_S
        wait_for("it goes on", lambda: order_in(broker, "default").count(second.pid) > 10)
    for queue in QUEUES:
        order = order_in(broker, queue)
        # All of the first one's, then all of the other's.
        assert order == sorted(order, key=lambda pid: pid != leader), queue


def test_a_beat_that_was_held_up_sends_nothing_once_another_ticks(broker: redis.Redis) -> None:
    with beating(broker) as one, beating(broker) as other:
        wait_for("one ticks", lambda: len(tickers(broker)) > 5)
        [leader] = set(tickers(broker))
        first, second = (one, other) if leader == one.pid else (other, one)
        first.send_signal(signal.SIGSTOP)
        wait_for("the other ticks", lambda: second.pid in tickers(broker), WITHIN_S)
        of_first = tickers(broker).count(first.pid)
        first.send_signal(signal.SIGCONT)
        # It finds that the lock is another's, and ends; whoever runs it starts it again, to stand by.
        assert first.wait(30) != 0
        assert tickers(broker).count(first.pid) == of_first


def test_a_beat_that_is_told_to_end_is_followed_at_once(broker: redis.Redis) -> None:
    with beating(broker) as one, beating(broker) as other:
        wait_for("one ticks", lambda: len(tickers(broker)) > 5)
        [leader] = set(tickers(broker))
        first, second = (one, other) if leader == one.pid else (other, one)
        first.terminate()
        assert first.wait(10) == 0
        assert wait_for("the other ticks", lambda: second.pid in tickers(broker), WITHIN_S) < BEAT_LOCK_S
