"""What landing does when more comes than the database takes, and with what the database doesn't take at all."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from ingest.landing import batch
from ingest.landing.batch import Batcher, LandedEvent, Post, QueueFull
from ingest.models import Event
from sites_app.models import Controller
from tests import chain
from tests.ingest.posting import Door
from xovis_platform.database import conninfo

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def controller() -> Controller:
    return chain.controller(chain.store())


def landed(controller: Controller, number: int, *, event: str = "sensor.online", body: bytes = b"{}") -> LandedEvent:
    return LandedEvent(controller.store_id, controller.pk, f"E{number}", event, NOW, NOW, body)


def with_batcher(use: Any) -> Any:
    """Run ``use`` with a batcher on the test's database."""

    async def run() -> Any:
        pool: AsyncConnectionPool[AsyncConnection] = AsyncConnectionPool(
            conninfo(), min_size=1, max_size=2, open=False, kwargs={"autocommit": True}
        )
        async with pool:
            return await use(Batcher(pool))

    return asyncio.run(run())


@pytest.fixture
def stalled() -> Iterator[threading.Event]:
    """The database takes no event until this is set."""
    release = threading.Event()
    with psycopg.connect(conninfo()) as connection:
        connection.execute("LOCK TABLE ingest_event IN EXCLUSIVE MODE")

        def end() -> None:
            release.wait(10)
            connection.rollback()

        ending = threading.Thread(target=end)
        ending.start()
        yield release
        release.set()
        ending.join()


def test_a_full_queue_refuses_and_what_it_took_is_stored(
    controller: Controller, stalled: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "MAX_QUEUED_ROWS", 10)

    async def use(batcher: Batcher) -> list[Any]:
        posts = [Post([landed(controller, number)], [], NOW) for number in range(15)]
        waiting = [asyncio.create_task(batcher.land(post)) for post in posts]
        await asyncio.sleep(0)
        stalled.set()
        return await asyncio.gather(*waiting, return_exceptions=True)

    results = with_batcher(use)
    assert results[:10] == [1] * 10
    assert all(isinstance(result, QueueFull) for result in results[10:])
    assert Event.objects.count() == 10


def test_a_queue_is_full_of_bytes_too(
    controller: Controller, stalled: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "MAX_QUEUED_BYTES", 1000)

    async def use(batcher: Batcher) -> list[Any]:
        posts = [Post([landed(controller, number, body=b"x" * 300)], [], NOW) for number in range(5)]
        waiting = [asyncio.create_task(batcher.land(post)) for post in posts]
        await asyncio.sleep(0)
        stalled.set()
        results = await asyncio.gather(*waiting, return_exceptions=True)
        again = await batcher.land(Post([landed(controller, 9, body=b"x" * 900)], [], NOW))
        return [*results, again]

    results = with_batcher(use)
    assert [isinstance(result, QueueFull) for result in results] == [False, False, False, True, True, False]


def test_a_sender_is_told_when_to_come_again(controller: Controller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MAX_QUEUED_ROWS", 0)
    body = {"eventId": "E1", "event": "sensor.online", "timestamp": NOW.isoformat(), "data": {"sensorId": "s"}}
    with Door() as door:
        (answer,) = door.post(controller, json.dumps(body).encode())
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert not Event.objects.exists()


def test_posts_at_the_same_time_share_commits(controller: Controller, stalled: threading.Event) -> None:
    async def use(batcher: Batcher) -> int:
        writes, write = 0, batcher._write

        async def counted(posts: list[Post]) -> Any:
            nonlocal writes
            writes += 1
            return await write(posts)

        batcher._write = counted  # type: ignore[method-assign]
        posts = [Post([landed(controller, number)], [], NOW) for number in range(50)]
        waiting = [asyncio.create_task(batcher.land(post)) for post in posts]
        await asyncio.sleep(0)
        stalled.set()
        assert sum(await asyncio.gather(*waiting)) == 50
        return writes

    assert with_batcher(use) <= 2
    assert Event.objects.count() == 50


def test_what_the_database_does_not_take_fails_alone(controller: Controller) -> None:
    async def use(batcher: Batcher) -> list[Any]:
        good = [Post([landed(controller, number)], [], NOW) for number in range(3)]
        bad = Post([landed(controller, 9, event="x" * 101)], [], NOW)
        return await asyncio.gather(*map(batcher.land, [good[0], bad, *good[1:]]), return_exceptions=True)

    first, refused, *others = with_batcher(use)
    assert [first, *others] == [1, 1, 1]
    assert isinstance(refused, psycopg.DataError)
    assert Event.objects.count() == 3


def test_a_database_that_is_gone_is_said_to_each_sender(controller: Controller) -> None:
    async def use(batcher: Batcher) -> list[Any]:
        await batcher._pool.close()
        posts = [Post([landed(controller, number)], [], NOW) for number in range(3)]
        return await asyncio.gather(*map(batcher.land, posts), return_exceptions=True)

    assert all(isinstance(result, Exception) for result in with_batcher(use))
