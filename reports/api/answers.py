"""Live figures as the API writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from reports.live import Place, QueueNow, StoreOccupancy
from reports.live.instants import SECOND_US

Told = Callable[[Place, int | None], tuple[str | None, int | None]]
_MINUTE_US = 60 * SECOND_US


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
    store, utilisation, at_us = item.store, item.utilisation, item.at_us
    code, when = store.code, told(store, at_us)
    return OccupancyAnswer(
        code,
        store.name,
        item.people,
        item.capacity,
        None if utilisation is None else round(utilisation, 4),
        item.status,
        *when,
        [
            ZoneAnswer(
                f"{code}/{zone.code}",
                zone.name,
                zone.people,
                zone.capacity,
                # Zones of one controller are mostly told of at once.
                *(when if zone.at_us == at_us else told(store, zone.at_us)),
            )
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
    """How instants are told on stores' clocks: those of a minute alike but for their seconds."""

    def __init__(self, now_us: int) -> None:
        self._now_us = now_us
        self._minutes: dict[tuple[str, int], tuple[str, str]] = {}

    def told(self, store: Place, at_us: int | None) -> tuple[str | None, int | None]:
        """The instant with the offset of the store's clock, and its age in whole seconds."""
        if at_us is None:
            return None, None
        minute, rest_us = divmod(at_us, _MINUTE_US)
        key = store.timezone, minute
        shown, offset = self._minutes.get(key) or self._minutes.setdefault(key, _minute(store, minute))
        second, us = divmod(rest_us, SECOND_US)
        text = f"{shown}{second:02}.{us:06}{offset}" if us else f"{shown}{second:02}{offset}"
        return text, max(0, (self._now_us - at_us) // SECOND_US)


def _minute(store: Place, minute: int) -> tuple[str, str]:
    """A minute up to its seconds and the offset of the store's clock, as instants are written."""
    text = datetime.fromtimestamp(minute * 60, store.zone_info).isoformat()
    return text[: len("2026-11-02T00:00:")], text[len("2026-11-02T00:00:00") :]


def without_age(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer without its ages, which change each second though nothing else does."""
    return {
        name: [without_age(zone) for zone in value] if name == "zones" else value
        for name, value in answer.items()
        if name != "age_s"
    }
