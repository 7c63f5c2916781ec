"""Live figures: the latest of each zone, as long as it holds. What is stale is unknown, never an old number.

A sample is as old as its controller says, but no younger than we have it: a clock that runs ahead keeps nothing fresh.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db.models import Prefetch

from ingest.models import ZoneState
from sites_app.models import Store, StoreQuerySet, Zone, counting_zones

Status = Literal["normal", "warning", "critical", "unknown"]

WARNING_AT = 0.8
"""Utilisation from which a store is in ``warning``."""
CRITICAL_AT = 0.95
"""Utilisation from which a store is ``critical``."""


@dataclass(frozen=True, slots=True)
class ZoneOccupancy:
    """A zone that counts toward its store's occupancy; ``people`` is None once its last sample no longer holds."""

    zone: Zone
    people: int | None
    capacity: int | None
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class StoreOccupancy:
    """A store's occupancy now; unknown (None) where any of its counting zones is.

    ``as_of`` is the oldest of the samples that it is made of: the sum is as fresh as its stalest part.
    """

    store: Store
    people: int | None
    capacity: int | None
    as_of: datetime | None
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
    def unknown_since(self) -> datetime | None:
        """When the sum lost its first part. None where it's known, or a part of it never was."""
        missing = [zone for zone in self.zones if zone.people is None]
        ends = [zone.as_of + zone.zone.controller.hold for zone in missing if zone.as_of]
        return min(ends) if ends and len(ends) == len(missing) else None


@dataclass(frozen=True, slots=True)
class QueueNow:
    """A queue now; its figures are None once its last sample no longer holds."""

    store: Store
    zone: Zone
    people_waiting: int | None
    average_wait_ms: int | None
    longest_wait_ms: int | None
    threshold: int | None
    as_of: datetime | None

    @property
    def status(self) -> Literal["normal", "exceeded", "unknown"]:
        """``exceeded`` over the threshold."""
        if self.people_waiting is None:
            return "unknown"
        return "exceeded" if self.threshold is not None and self.people_waiting > self.threshold else "normal"

    @property
    def unknown_since(self) -> datetime | None:
        """When the last sample stopped to hold. None where it still does, or there never was one."""
        return self.as_of + self.zone.controller.hold if self.people_waiting is None and self.as_of else None


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


def occupancy(stores: StoreQuerySet, *, now: datetime) -> list[StoreOccupancy]:
    """The occupancy of these stores now, in the order of the query; three queries for any number of stores."""
    zones = Zone.objects.select_related("controller", "state").order_by("code")
    loaded = stores.prefetch_related(Prefetch("zones", queryset=zones, to_attr="loaded_zones"))
    return [_store_occupancy(store, store.loaded_zones, now) for store in loaded]  # type: ignore[attr-defined]


def _store_occupancy(store: Store, zones: Iterable[Zone], now: datetime) -> StoreOccupancy:
    counting = [_zone_occupancy(zone, now) for zone in counting_zones(zones) if _is_there(zone, now)]
    known = bool(counting) and all(item.people is not None for item in counting)
    capacities = [item.capacity for item in counting]
    summed = sum(c for c in capacities if c) if capacities and all(capacities) else None
    seen = [item.as_of for item in counting]
    return StoreOccupancy(
        store=store,
        people=sum(item.people or 0 for item in counting) if known else None,
        capacity=store.capacity or summed,
        as_of=min(at for at in seen if at) if seen and all(seen) else None,
        zones=counting,
    )


def _zone_occupancy(zone: Zone, now: datetime) -> ZoneOccupancy:
    state = _state(zone)
    if state is None or state.occupancy_at is None:
        return ZoneOccupancy(zone, None, zone.capacity, None)
    capacity = zone.capacity if zone.capacity_by_hand else (state.capacity or zone.capacity)
    as_of = _as_of(state.occupancy_at, state.occupancy_received_at)
    holds = _holds(as_of, zone.controller.hold, now)
    return ZoneOccupancy(zone, state.people if holds else None, capacity, as_of)


def queues(stores: StoreQuerySet, *, now: datetime) -> list[QueueNow]:
    """The queues of these stores now, by store and zone; two queries."""
    zones = (
        Zone.objects.filter(store__in=stores, kind=Zone.Kind.QUEUE)
        .select_related("store", "controller", "state")
        .order_by("store__code", "code")
    )
    return [_queue_now(zone, now) for zone in zones if _is_there(zone, now)]


def _queue_now(zone: Zone, now: datetime) -> QueueNow:
    state = _state(zone)
    if state is None or state.queue_at is None:
        return QueueNow(zone.store, zone, None, None, None, None, None)
    as_of = _as_of(state.queue_at, state.queue_received_at)
    if not _holds(as_of, zone.controller.hold, now):
        return QueueNow(zone.store, zone, None, None, None, None, as_of)
    return QueueNow(
        zone.store,
        zone,
        state.people_waiting,
        state.average_wait_ms,
        state.longest_wait_ms,
        state.threshold,
        as_of,
    )


def by_store(queues: Iterable[QueueNow]) -> dict[int, StoreQueues]:
    """Queues by store id; a store that has none is left out."""
    grouped: dict[int, list[QueueNow]] = defaultdict(list)
    for queue in queues:
        grouped[queue.store.pk].append(queue)
    return {store_id: StoreQueues(group) for store_id, group in grouped.items()}


def age_s(as_of: datetime | None, now: datetime) -> int | None:
    """Whole seconds since a sample."""
    return None if as_of is None else max(0, int((now - as_of).total_seconds()))


def _as_of(observed_at: datetime, received_at: datetime | None) -> datetime:
    return min(observed_at, received_at or observed_at)


def _holds(at: datetime, hold: timedelta, now: datetime) -> bool:
    return now < at + hold


def _is_there(zone: Zone, now: datetime) -> bool:
    return (zone.appeared_at is None or zone.appeared_at <= now) and (zone.retired_at is None or now < zone.retired_at)


def _state(zone: Zone) -> ZoneState | None:
    return getattr(zone, "state", None)
