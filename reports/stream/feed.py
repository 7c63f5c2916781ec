"""The feed of one process: looks for changes twice a second, once for all listeners, and tells them.

It runs from the first listener on until some time after the last. When no look succeeds for a while it ends all
streams: a listener must never take an old number for a fresh one because nothing comes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import ParamSpec, TypeVar

import structlog
from django.db import connection

from reports.stream import changes
from reports.stream.audience import Directory, Filters
from reports.stream.board import Board
from reports.stream.callers import Callers, principals_of
from reports.stream.events import Replay, aged, block
from reports.stream.listeners import Listener, Listeners
from sites_app.access import Principal

LOOK_EVERY_S = 0.5
LOOKS_APART_S = 0.05
"""At least, however many wait for a look."""
RECHECK_EVERY_S = 10.0
GIVE_UP_AFTER_S = 30.0
LINGER_S = 120.0
_SNAPSHOT_BATCH = 200

log = structlog.get_logger(__name__)
P = ParamSpec("P")
T = TypeVar("T")


class Feed:
    """What is current, what has changed lately, and who hears of it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="live-stream")
        self.callers = Callers(self._in_thread)
        self.listeners = Listeners()
        self._directory = Directory()
        self._board = Board()
        self._replay = Replay(datetime.now(UTC))
        self._snapshots: dict[frozenset[int], list[bytes]] = {}
        self._scopes: dict[tuple[bool, tuple[int, ...], Filters], frozenset[int]] = {}
        self._running: asyncio.Task[None] | None = None
        self._loaded: asyncio.Future[None] | None = None
        self._wanted = asyncio.Event()
        self._looks: list[asyncio.Future[None]] = []

    async def ready(self) -> None:
        """Wait until the feed has looked: what was there before this was called, listeners will hear.

        Raises what keeps the feed from looking. All that wait share one look.
        """
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        looked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._looks.append(looked)
        self._wanted.set()
        await looked

    async def close(self) -> None:
        """End the feed and all that hear of it."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])
        self._thread.shutdown()

    async def stores_of(self, principal: Principal, filters: Filters) -> frozenset[int]:
        """The stores that such a listener hears of. Raises a problem that names a filter which can't be used."""
        if not self._directory.knows(filters):  # it may have been made since the directory was read
            self._file(await self._in_thread(Directory.load))
        self._directory.check(principal, filters)
        return self._scope(principal, filters)

    def join(self, listener: Listener, last_id: str) -> None:
        """Send a listener what it missed since that event, or else all that is current; from then on what changes."""
        missed = self._replay.after(last_id) if last_id else None
        if missed is None:
            for batch in self._snapshot(listener.stores):
                listener.waiting.put_nowait(batch)
        elif blocks := [event.block for event in missed if event.store_id in listener.stores]:
            listener.waiting.put_nowait(b"".join(blocks))
        self.listeners.add(listener)

    def _snapshot(self, stores: frozenset[int]) -> list[bytes]:
        """All that is current. Only the last event has an id to come back with: before it, all is sent again."""
        if stores not in self._snapshots:
            now = datetime.now(UTC)
            shown = sorted(self._board.of(stores), key=lambda current: (current.answer["store"], current.key))
            ids = ["snapshot"] * (len(shown) - 1) + [self._replay.id_at(now)]
            blocks = [block(item.kind, aged(item.answer, now), id) for item, id in zip(shown, ids, strict=False)]
            starts = range(0, len(blocks), _SNAPSHOT_BATCH)
            self._snapshots[stores] = [b"".join(blocks[start : start + _SNAPSHOT_BATCH]) for start in starts]
        return self._snapshots[stores]

    async def _run(self) -> None:
        try:
            async with self._looking():
                mark = await self._begin()
            await self._follow(mark)
        except Exception:
            log.exception("live_stream_failed")
        finally:
            self.listeners.end_all("the feed has ended; connect again")

    @asynccontextmanager
    async def _looking(self) -> AsyncIterator[None]:
        """Tell those who wait for a look that there was one, or what kept it from being."""
        self._wanted.clear()
        waiting, self._looks = self._looks, []
        try:
            yield
        except Exception as error:
            for looked in waiting:
                if not looked.done():
                    looked.set_exception(error)
            raise
        for looked in waiting:
            if not looked.done():
                looked.set_result(None)

    async def _begin(self) -> str:
        look = await self._in_thread(changes.first_look)
        self._file(await self._in_thread(Directory.load))
        self._board, self._replay = Board(), Replay(look.at)
        self._board.take(look)
        self._snapshots.clear()
        return look.mark

    async def _follow(self, mark: str) -> None:
        looked = checked = heard = time.monotonic()
        while True:
            await self._pause()
            now = time.monotonic()
            if self.listeners.all:
                heard = now
            elif now - heard > LINGER_S:
                return
            try:
                async with self._looking():
                    mark = await self._look(mark)
                if now - checked > RECHECK_EVERY_S:
                    await self._recheck()
                    checked = now
                looked = now
            except Exception:
                log.exception("live_stream_look_failed")
                if now - looked > GIVE_UP_AFTER_S:
                    raise

    async def _pause(self) -> None:
        """Until the next look is due, or is waited for."""
        await asyncio.sleep(LOOKS_APART_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY_S - LOOKS_APART_S):
                await self._wanted.wait()

    async def _look(self, mark: str) -> str:
        """Tell what has changed since the last look; where the next one begins."""
        look = await self._in_thread(changes.look, mark, self._board.stale(datetime.now(UTC)))
        if look.store_count != len(self._directory.store_ids) or not look.store_ids <= self._directory.store_ids:
            await self._reread()
        self._snapshots.clear()
        changed = self._board.take(look)
        self.listeners.spread(
            [self._replay.add(current.kind, current.store_id, current.answer, look.at) for current in changed]
        )
        self._replay.forget(look.at)
        return look.mark

    async def _recheck(self) -> None:
        """Let go of those who may no longer listen; the others hear of the stores that they see by now."""
        listeners = list(self.listeners.all)
        found = await self._in_thread(principals_of, {listener.credential for listener in listeners})
        for listener in listeners:
            principal = found.get(listener.credential)
            if principal is None:
                listener.end("the key or login is no longer valid")
            else:
                listener.principal = principal
        await self._reread()

    async def _reread(self) -> None:
        """Read the directory anew, and let each listener hear of what it sees by that."""
        self._file(await self._in_thread(Directory.load))
        for listener in list(self.listeners.all):
            self._move(listener, self._scope(listener.principal, listener.filters))

    def _move(self, listener: Listener, stores: frozenset[int]) -> None:
        if stores == listener.stores:
            return
        gained = stores - listener.stores
        self.listeners.move(listener, stores)
        for batch in self._snapshot(gained):
            listener.send(batch)

    def _scope(self, principal: Principal, filters: Filters) -> frozenset[int]:
        key = principal.sees_all, principal.region_ids, filters
        if key not in self._scopes:
            self._scopes[key] = self._directory.stores(principal, filters)
        return self._scopes[key]

    def _file(self, directory: Directory) -> None:
        if directory != self._directory:
            self._directory = directory
            self._scopes.clear()
            self._board.keep(directory.store_ids)

    async def _in_thread(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call what speaks to the database, in the one thread that does."""

        def called() -> T:
            try:
                return call(*args, **kwargs)
            finally:
                connection.close()  # back to the pool

        return await asyncio.get_running_loop().run_in_executor(self._thread, called)
