"""Listeners and what waits for them. Whoever is too slow is let go, so that nobody else waits and memory stays small."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from reports.stream.audience import Filters
from reports.stream.callers import Credential
from reports.stream.events import Event, comment
from sites_app.access import Principal

MAX_WAITING = 256
"""Batches; a batch is all that changed at one look."""


@dataclass(eq=False, slots=True)
class Listener:
    """One connection. ``waiting`` holds what is to be sent; None in it is the end."""

    credential: Credential
    principal: Principal
    filters: Filters
    stores: frozenset[int]
    ended: bool = False
    waiting: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)

    def send(self, batch: bytes) -> None:
        """Have a batch sent. A listener for whom too many wait is let go: it comes back to where it was."""
        if self.ended:
            return
        if self.waiting.qsize() < MAX_WAITING:
            self.waiting.put_nowait(batch)
        else:
            self.end("too slow; connect again with Last-Event-ID")

    def end(self, why: str) -> None:
        """Send nothing more but why."""
        if not self.ended:
            self.ended = True
            while not self.waiting.empty():
                self.waiting.get_nowait()
            self.waiting.put_nowait(comment(why))
            self.waiting.put_nowait(None)


@dataclass(eq=False, slots=True)
class Audience:
    """The listeners who hear of just these stores: what they are sent is put together once for all of them."""

    stores: frozenset[int]
    listeners: set[Listener] = field(default_factory=set)


class Listeners:
    """All listeners of this process."""

    def __init__(self) -> None:
        self.all: set[Listener] = set()
        self._audiences: dict[frozenset[int], Audience] = {}
        self._by_store: dict[int, list[Audience]] = {}

    def add(self, listener: Listener) -> None:
        self.all.add(listener)
        audience = self._audiences.get(listener.stores)
        if audience is None:
            audience = self._audiences[listener.stores] = Audience(listener.stores)
            for store_id in listener.stores:
                self._by_store.setdefault(store_id, []).append(audience)
        audience.listeners.add(listener)

    def remove(self, listener: Listener) -> None:
        self.all.discard(listener)
        audience = self._audiences.get(listener.stores)
        if audience is None:
            return
        audience.listeners.discard(listener)
        if not audience.listeners:
            del self._audiences[audience.stores]
            for store_id in audience.stores:
                self._by_store[store_id].remove(audience)

    def move(self, listener: Listener, stores: frozenset[int]) -> None:
        """Let a listener hear of these stores from now on."""
        self.remove(listener)
        listener.stores = stores
        self.add(listener)

    def spread(self, events: Iterable[Event]) -> None:
        """Send each listener those of the events that it hears of, as one batch."""
        batches: dict[Audience, list[bytes]] = {}
        for event in events:
            for audience in self._by_store.get(event.store_id, ()):
                batches.setdefault(audience, []).append(event.block)
        for audience, blocks in batches.items():
            batch = b"".join(blocks)
            for listener in audience.listeners:
                listener.send(batch)

    def end_all(self, why: str) -> None:
        """Let all go."""
        for listener in self.all:
            listener.end(why)
