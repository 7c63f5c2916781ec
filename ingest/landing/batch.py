"""The micro-batch: all posts in flight share one INSERT and one commit.

What waits is bounded, in rows and in bytes: beyond that a sender is asked to come again. A post that the database doesn't
take fails alone.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from psycopg import AsyncConnection, DataError, IntegrityError
from psycopg_pool import AsyncConnectionPool

from ingest import quarantine
from ingest.quarantine import Fault

MAX_QUEUED_ROWS = 20_000
MAX_QUEUED_BYTES = 64 * 1024 * 1024
MAX_ROWS = 5_000

_INSERT_EVENTS = """
    INSERT INTO ingest_event (store_id, controller_id, event_id, event, observed_at, received_at, body)
    SELECT * FROM unnest(%s::bigint[], %s::uuid[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::bytea[])
    ON CONFLICT DO NOTHING
    RETURNING controller_id, event_id
"""


class QueueFull(Exception):
    """More has come than can be written for now: the sender is asked to come again."""


@dataclass(frozen=True, slots=True)
class LandedEvent:
    """An event as it will be stored."""

    store_id: int
    controller_id: UUID
    event_id: str
    event: str
    observed_at: datetime
    received_at: datetime
    body: bytes


@dataclass(slots=True)
class Post:
    """What one request brought, and the promise of how many of its events were new."""

    events: list[LandedEvent]
    faults: list[Fault]
    received_at: datetime
    accepted: asyncio.Future[int] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    rows: int = 0
    size: int = 0

    def __post_init__(self) -> None:
        self.rows = len(self.events) + len(self.faults)
        self.size = sum(len(event.body) for event in self.events) + sum(len(fault.body) for fault in self.faults)


class Batcher:
    """Writes posts, as many at once as have come while the last batch was being written."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection]) -> None:
        self._pool = pool
        self._queue: deque[Post] = deque()
        self._queued_rows = self._queued_bytes = 0
        self._writer: asyncio.Task[None] | None = None

    async def land(self, post: Post) -> int:
        """Store a post durably; how many of its events were new. Raises ``QueueFull``, or what the database raised."""
        if self._queued_rows + post.rows > MAX_QUEUED_ROWS or self._queued_bytes + post.size > MAX_QUEUED_BYTES:
            raise QueueFull
        self._queue.append(post)
        self._queued_rows += post.rows
        self._queued_bytes += post.size
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_queue())
        return await post.accepted

    async def _write_queue(self) -> None:
        while self._queue:
            posts = self._take()
            await self._settle(posts)
            self._queued_rows -= sum(post.rows for post in posts)
            self._queued_bytes -= sum(post.size for post in posts)

    async def _settle(self, posts: list[Post]) -> None:
        """Write posts and tell their senders."""
        try:
            fresh = await self._write(posts)
        except (DataError, IntegrityError) as error:
            if len(posts) == 1:
                _refuse(posts, error)
            else:  # one of them is to blame, and not the others
                for post in posts:
                    await self._settle([post])
        except Exception as error:  # each sender must be told; XCS comes again
            _refuse(posts, error)
        else:
            for post in posts:
                if not post.accepted.done():
                    post.accepted.set_result(_claim_fresh(post, fresh))

    def _take(self) -> list[Post]:
        posts: list[Post] = []
        rows = 0
        while self._queue and (not posts or rows + self._queue[0].rows <= MAX_ROWS):
            posts.append(self._queue.popleft())
            rows += posts[-1].rows
        return posts

    async def _write(self, posts: list[Post]) -> set[tuple[UUID, str]]:
        """Write the rows of all posts in one transaction; the keys of the events that were new."""
        events = {(e.controller_id, e.event_id): e for post in reversed(posts) for e in reversed(post.events)}
        faults = [fault.row(post.received_at) for post in posts for fault in post.faults]
        async with self._pool.connection() as connection:
            if not faults:  # one statement is a transaction of its own, without a word to begin and to end it
                return await _insert(connection, events)
            async with connection.transaction():
                await connection.execute(quarantine.INSERT, quarantine.columns(faults))
                return await _insert(connection, events)


async def _insert(connection: AsyncConnection, events: dict[tuple[UUID, str], LandedEvent]) -> set[tuple[UUID, str]]:
    """Insert events by key; the keys of those that were new."""
    if not events:
        return set()
    # In the order of the key, so that two processes that insert the same events never wait in a ring.
    ordered = [events[key] for key in sorted(events)]
    columns = [[getattr(event, name) for event in ordered] for name in LandedEvent.__slots__]
    cursor = await connection.execute(_INSERT_EVENTS, columns)
    return {(controller_id, event_id) for controller_id, event_id in await cursor.fetchall()}


def _claim_fresh(post: Post, fresh: set[tuple[UUID, str]]) -> int:
    """How many of a post's events were new; of two posts with the same event only the first brought it."""
    mine = {(event.controller_id, event.event_id) for event in post.events} & fresh
    fresh -= mine
    return len(mine)


def _refuse(posts: list[Post], error: Exception) -> None:
    for post in posts:
        if not post.accepted.done():
            post.accepted.set_exception(error)
