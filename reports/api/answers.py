"""Live figures as the API writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from reports.live import Place, QueueNow, StoreOccupancy
from reports.live.instants import SECOND_US

Told = Callable[[Place, int | None], tuple[str | None, int | None]]
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - what a store's own clock shows, its offset is written after it
_QUARTER_US = 900 * SECOND_US


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


def occupancy_answers(items: Iterable[StoreOccupancy], now_us: int) -> list[OccupancyAnswer]:
    """Stores' live occupancy; shares to four decimals."""
    told = _Clocks(now_us).told
    return [_occupancy_answer(item, told) for item in items]


def _occupancy_answer(item: StoreOccupancy, told: Told) -> OccupancyAnswer:
    store, utilisation = item.store, item.utilisation
    return OccupancyAnswer(
        store.code,
        store.name,
        item.people,
        item.capacity,
        None if utilisation is None else round(utilisation, 4),
        item.status,
        *told(store, item.at_us),
        [
            ZoneAnswer(f"{store.code}/{zone.code}", zone.name, zone.people, zone.capacity, *told(store, zone.at_us))
            for zone in item.zones
        ],
    )


def queue_answers(items: Iterable[QueueNow], now_us: int) -> list[QueueAnswer]:
    """Queues, live."""
    told = _Clocks(now_us).told
    return [
        QueueAnswer(
            item.store.code,
            f"{item.store.code}/{item.code}",
            item.name,
            item.people_waiting,
            item.average_wait_ms,
            item.longest_wait_ms,
            item.threshold,
            item.status,
            *told(item.store, item.at_us),
        )
        for item in items
    ]


class _Clocks:
    """How instants are told on stores' clocks. Those of a store are mostly one and the same, which is told once."""

    def __init__(self, now_us: int) -> None:
        self._now_us = now_us
        self._last: tuple[str, int] | None = None
        self._told: tuple[str | None, int | None] = (None, None)
        self._ahead: dict[tuple[str, int], tuple[int, str]] = {}

    def told(self, store: Place, at_us: int | None) -> tuple[str | None, int | None]:
        """The instant with the offset of the store's clock, and its age in whole seconds."""
        if at_us is None:
            return None, None
        if (store.timezone, at_us) != self._last:
            # A clock is changed where a quarter of an hour ends.
            key = store.timezone, at_us // _QUARTER_US
            ahead_us, offset = self._ahead.get(key) or self._ahead.setdefault(key, _ahead(store, at_us))
            text = (_EPOCH + timedelta(microseconds=at_us + ahead_us)).isoformat() + offset
            self._last = store.timezone, at_us
            self._told = text, max(0, (self._now_us - at_us) // SECOND_US)
        return self._told


def _ahead(store: Place, at_us: int) -> tuple[int, str]:
    """How far a store's clock is ahead of UTC, in microseconds, and as instants are written."""
    local = datetime.fromtimestamp(at_us // SECOND_US, store.zone_info)
    return (local.utcoffset() or timedelta()) // timedelta(microseconds=1), local.isoformat()[
        len("2026-11-02T00:00:00") :
    ]


def without_age(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer without its ages, which change each second though nothing else does."""
    return {
        name: [without_age(zone) for zone in value] if name == "zones" else value
        for name, value in answer.items()
        if name != "age_s"
    }
