"""The people in each store now: the sum of its counting zones, known only where all of them are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Literal

import msgspec

from reports.live.instants import SECOND_US, instant_of, us_of
from reports.live.places import Place, Scope
from sites_app.models.controllers import HOLD_INTERVALS

Status = Literal["normal", "warning", "critical", "unknown"]

WARNING_AT = 0.8
"""Utilisation from which a store is in ``warning``."""
CRITICAL_AT = 0.95
"""Utilisation from which a store is ``critical``."""


class ZoneOccupancy(msgspec.Struct, frozen=True, gc=False):
    """A zone that counts toward its store's occupancy: a row of ``sql/live_occupancy.sql``.

    ``people`` is None once its last sample no longer holds, which it does until ``until_us``.
    """

    store_id: int
    pk: int
    code: str
    name: str
    people: int | None
    capacity: int | None
    at_us: int | None
    until_us: int | None


class StoreOccupancy(msgspec.Struct, frozen=True, gc=False):
    """A store's occupancy now; unknown (None) where any of its counting zones is.

    ``at_us`` is the oldest of the samples that it is made of: the sum is as fresh as its stalest part.
    """

    store: Place
    people: int | None
    capacity: int | None
    at_us: int | None
    zones: Sequence[ZoneOccupancy]

    @property
    def utilisation(self) -> float | None:
        """People by capacity, 0–1 and beyond; None where either is unknown."""
        return self.people / self.capacity if self.people is not None and self.capacity else None

    @property
    def status(self) -> Status:
        """``normal``, ``warning`` from 0.8, ``critical`` from 0.95 of the capacity; ``unknown`` without a figure."""
        if self.people is None:
            return "unknown"
        share = self.utilisation or 0.0
        return "critical" if share >= CRITICAL_AT else "warning" if share >= WARNING_AT else "normal"

    @property
    def as_of(self) -> datetime | None:
        return instant_of(self.at_us)

    @property
    def unknown_since(self) -> datetime | None:
        """When the sum lost its first part. None where it's known, or a part of it never was."""
        missing = [zone for zone in self.zones if zone.people is None]
        ends = [zone.until_us for zone in missing if zone.until_us is not None]
        return instant_of(min(ends)) if ends and len(ends) == len(missing) else None


def occupancy(scope: Scope, *, now: datetime) -> list[StoreOccupancy]:
    """The occupancy of these stores now, by code; two queries for any number of stores."""
    now_us, hold_us_per_s = us_of(now), HOLD_INTERVALS * SECOND_US
    by_store: dict[int, list[ZoneOccupancy]] = defaultdict(list)
    for row in scope.rows("live_occupancy", now=now, now_us=now_us, hold_us_per_s=hold_us_per_s):
        by_store[row[0]].append(ZoneOccupancy(*row))
    return [_sum(place, by_store.get(place.pk, [])) for place in scope.places()]


def occupancy_until_us(items: Iterable[StoreOccupancy]) -> int | None:
    """When the first of their zones that are known becomes unknown."""
    ends = (zone.until_us for item in items for zone in item.zones if zone.people is not None)
    return min((end for end in ends if end is not None), default=None)


_CODE = attrgetter("code")


def _sum(place: Place, zones: list[ZoneOccupancy]) -> StoreOccupancy:
    if not zones:
        return StoreOccupancy(place, None, place.capacity, None, zones)
    if len(zones) > 1:
        zones.sort(key=_CODE)
    people: int | None = 0
    capacity: int | None = 0
    at_us = zones[0].at_us
    # One pass, for thousands of stores; of each, a part that isn't known leaves the whole unknown.
    for zone in zones:
        people = None if people is None or zone.people is None else people + zone.people
        capacity = capacity + zone.capacity if capacity is not None and zone.capacity else None
        at_us = None if at_us is None or zone.at_us is None else min(at_us, zone.at_us)
    return StoreOccupancy(place, people, place.capacity or capacity, at_us, zones)
