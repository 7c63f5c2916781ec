"""The queues now: how many wait, how long, and whether that's over the threshold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from reports.live.instants import SECOND_US, instant_of, us_of
from reports.live.places import Place, Scope
from sites_app.models.controllers import HOLD_INTERVALS


class QueueNow(msgspec.Struct, frozen=True, gc=False):
    """A queue now: a store, and a row of ``sql/live_queues.sql``; no figures once its last sample no longer holds."""

    store: Place
    pk: int
    code: str
    name: str
    people_waiting: int | None
    average_wait_ms: int | None
    longest_wait_ms: int | None
    threshold: int | None
    at_us: int | None
    until_us: int | None

    @property
    def label(self) -> str:
        """What people call it."""
        return self.name or self.code

    @property
    def status(self) -> Literal["normal", "exceeded", "unknown"]:
        """``exceeded`` over the threshold."""
        if self.people_waiting is None:
            return "unknown"
        return "exceeded" if self.threshold is not None and self.people_waiting > self.threshold else "normal"

    @property
    def as_of(self) -> datetime | None:
        return instant_of(self.at_us)

    @property
    def unknown_since(self) -> datetime | None:
        """When the last sample stopped to hold. None where it still does, or there never was one."""
        return instant_of(self.until_us) if self.people_waiting is None else None


@dataclass(frozen=True, slots=True)
class StoreQueues:
    """A store's queues now, at least one."""

    queues: Sequence[QueueNow]

    @property
    def known(self) -> list[QueueNow]:
        return [queue for queue in self.queues if queue.people_waiting is not None]

    @property
    def missing(self) -> int:
        """How many of them are unknown."""
        return len(self.queues) - len(self.known)

    @property
    def worst(self) -> QueueNow | None:
        """The known queue that most needs a look: one over its threshold, then the one with the most people waiting."""
        return max(self.known, key=lambda queue: (queue.status == "exceeded", queue.people_waiting), default=None)

    @property
    def unknown_since(self) -> datetime | None:
        """Since when none of them is known. None where one is, or one never was."""
        ends = [queue.unknown_since for queue in self.queues]
        return max(end for end in ends if end) if all(ends) else None


def queues(scope: Scope, *, now: datetime) -> list[QueueNow]:
    """The queues of these stores now, by store and zone; two queries."""
    by_id: dict[int, list[QueueNow]] = defaultdict(list)
    places = {place.pk: place for place in scope.places()}
    for row in scope.rows("live_queues", now=now, now_us=us_of(now), hold_us_per_s=HOLD_INTERVALS * SECOND_US):
        if row[0] in places:
            by_id[row[0]].append(QueueNow(places[row[0]], *row[1:]))
    return [queue for pk in places for queue in sorted(by_id.get(pk, ()), key=lambda queue: queue.code)]


def queues_until_us(queues: Iterable[QueueNow]) -> int | None:
    """When the first of those that are known becomes unknown."""
    ends = (queue.until_us for queue in queues if queue.people_waiting is not None)
    return min((end for end in ends if end is not None), default=None)


def by_store(queues: Iterable[QueueNow]) -> dict[int, StoreQueues]:
    """Queues by store id; a store that has none is left out."""
    grouped: dict[int, list[QueueNow]] = defaultdict(list)
    for queue in queues:
        grouped[queue.store.pk].append(queue)
    return {store_id: StoreQueues(group) for store_id, group in grouped.items()}
