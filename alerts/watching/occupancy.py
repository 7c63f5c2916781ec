"""Occupancy: how full each store is now, and since when it has been too full, or well again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import NamedTuple

from alerts.models import Alert
from alerts.rules import Key, Sample, Verdict, Watched, of_occupancy, steady_since
from alerts.watching.view import View, samples_of
from ingest.models import OccupancySample
from sites_app.models import Zone, counting_zones
from sites_app.models.controllers import HOLD_INTERVALS


class _Area(NamedTuple):
    """A zone that may count, with what its state says."""

    store_id: int
    zone_id: int
    kind: str
    has_occupancy: bool
    counts_by_hand: bool | None
    poll_interval_s: int
    appeared_at: datetime | None
    retired_at: datetime | None
    own_capacity: int | None
    capacity_by_hand: bool
    at: datetime | None
    received_at: datetime | None
    people: int | None
    told_capacity: int | None
    is_asked: bool

    @property
    def hold(self) -> timedelta:
        return timedelta(seconds=HOLD_INTERVALS * self.poll_interval_s)

    @property
    def capacity(self) -> int | None:
        return self.own_capacity if self.capacity_by_hand else self.told_capacity or self.own_capacity


_COLUMNS = (
    "store_id",
    "pk",
    "kind",
    "has_occupancy",
    "counts_by_hand",
    "controller__poll_interval_s",
    "appeared_at",
    "retired_at",
    "capacity",
    "capacity_by_hand",
    "state__occupancy_at",
    "state__occupancy_received_at",
    "state__people",
    "state__capacity",
    "controller__enabled",
)


class _Store(NamedTuple):
    """A store's counting zones, its people (None: unknown) and its capacity."""

    store_id: int
    areas: list[_Area]
    people: int | None
    capacity: int | None

    @property
    def key(self) -> Key:
        return self.store_id, Alert.Kind.OCCUPANCY, ""


def watch(view: View) -> list[Watched]:
    """All stores that have an occupancy."""
    judged = []
    for store in _stores(view):
        policy = view.policy(Alert.Kind.OCCUPANCY, store.store_id)
        judged.append((store, of_occupancy(store.people, store.capacity, policy)))
    since = _since(judged, view)
    return [
        Watched(*store.key, "", verdict, since.get(store.store_id), value=store.people, limit=store.capacity)
        for store, verdict in judged
    ]


def _stores(view: View) -> list[_Store]:
    zones: dict[int, list[_Area]] = defaultdict(list)
    for area in map(_Area._make, Zone.objects.order_by().values_list(*_COLUMNS)):
        if area.store_id in view.stores:
            zones[area.store_id].append(area)
    found = []
    for store_id, areas in zones.items():
        counting = [a for a in counting_zones(areas) if view.is_there(a.appeared_at, a.retired_at)]
        if counting and all(area.is_asked for area in counting):
            found.append(_store(store_id, counting, view))
    return found


def _store(store_id: int, areas: list[_Area], view: View) -> _Store:
    known = all(view.holds(area.at, area.received_at, area.hold) for area in areas)
    capacities = [area.capacity for area in areas]
    summed = sum(capacity or 0 for capacity in capacities) if all(capacities) else None
    return _Store(
        store_id,
        areas,
        people=sum(area.people or 0 for area in areas) if known else None,
        capacity=view.stores[store_id][1] or summed,
    )


def _since(judged: list[tuple[_Store, Verdict]], view: View) -> dict[int, datetime | None]:
    """Since when what is judged has been so; only where an alert may follow."""
    wanted = [
        (store, verdict, past)
        for store, verdict in judged
        if (past := view.past_needed(store.key, verdict)) is not None
    ]
    if not wanted:
        return {}
    earliest = min(view.now - past - max(area.hold for area in store.areas) for store, _, past in wanted)
    zones = [(area.store_id, area.zone_id) for store, _, _ in wanted for area in store.areas]
    samples = samples_of(OccupancySample, zones, earliest, "people")
    return {store.store_id: _steady(store, verdict, view.now - past, samples, view) for store, verdict, past in wanted}


def _steady(
    store: _Store,
    verdict: Verdict,
    start: datetime,
    samples: dict[Hashable, list[tuple[datetime, int]]],
    view: View,
) -> datetime | None:
    policy = view.policy(Alert.Kind.OCCUPANCY, store.store_id)
    parts: dict[Hashable, tuple[list[Sample], timedelta]] = {
        area.zone_id: ([Sample(*row) for row in samples.get(area.zone_id, [])], area.hold) for area in store.areas
    }
    return steady_since(
        parts, lambda people, _: of_occupancy(people, store.capacity, policy) is verdict, start, view.now
    )
