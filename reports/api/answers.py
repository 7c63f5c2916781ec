"""Live figures as the API writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from reports.live import Place, QueueNow, StoreOccupancy
from reports.live.instants import SECOND_US


class ZoneAnswer(msgspec.Struct, gc=False):
    """A zone in the answer of its store."""

    zone: str
    name: str
    people: int | None
    capacity: int | None
    as_of: str | None
    age_s: int | None


class OccupancyAnswer(msgspec.Struct, gc=False):
    """A store's live occupancy."""

    store: str
    name: str
    people: int | None
    capacity: int | None
    utilisation: float | None
    status: str
    as_of: str | None
    age_s: int | None
    zones: list[ZoneAnswer]


class QueueAnswer(msgspec.Struct, gc=False):
    """A queue, live."""

    store: str
    zone: str
    name: str
    people_waiting: int | None
    average_wait_ms: int | None
    longest_wait_ms: int | None
    threshold: int | None
    status: str
    as_of: str | None
    age_s: int | None


def occupancy_answer(item: StoreOccupancy, now_us: int) -> OccupancyAnswer:
    """A store's live occupancy; shares to four decimals."""
    store, clock, utilisation = item.store, _Clock(item.store, now_us), item.utilisation
    return OccupancyAnswer(
        store.code,
        store.name,
        item.people,
        item.capacity,
        None if utilisation is None else round(utilisation, 4),
        item.status,
        *clock.told(item.at_us),
        [
            ZoneAnswer(f"{store.code}/{zone.code}", zone.name, zone.people, zone.capacity, *clock.told(zone.at_us))
            for zone in item.zones
        ],
    )


def queue_answer(item: QueueNow, now_us: int) -> QueueAnswer:
    """A queue, live."""
    store = item.store
    return QueueAnswer(
        store.code,
        f"{store.code}/{item.code}",
        item.name,
        item.people_waiting,
        item.average_wait_ms,
        item.longest_wait_ms,
        item.threshold,
        item.status,
        *_Clock(store, now_us).told(item.at_us),
    )


class _Clock:
    """How instants are told on a store's clock. Those of a store are mostly one and the same, which is told once."""

    __slots__ = ("_last_us", "_now_us", "_told", "_zone")

    def __init__(self, store: Place, now_us: int) -> None:
        self._zone, self._now_us = store.zone_info, now_us
        self._last_us: int | None = None
        self._told: tuple[str | None, int | None] = (None, None)

    def told(self, at_us: int | None) -> tuple[str | None, int | None]:
        """The instant with the clock's offset, and its age in whole seconds."""
        if at_us is None:
            return None, None
        if at_us != self._last_us:
            # As a float it's exact to a quarter of a microsecond, and rounded to a whole one.
            text = datetime.fromtimestamp(at_us / SECOND_US, self._zone).isoformat()
            self._last_us, self._told = at_us, (text, max(0, (self._now_us - at_us) // SECOND_US))
        return self._told


def without_age(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer without its ages, which change each second though nothing else does."""
    return {
        name: [without_age(zone) for zone in value] if name == "zones" else value
        for name, value in answer.items()
        if name != "age_s"
    }
