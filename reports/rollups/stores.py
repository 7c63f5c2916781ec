"""The stores of a batch, with what their rollups hang on, loaded slim: a batch can hold a whole chain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ingest.models import Measure
from reports.calendar import QUARTER_S
from reports.trading import Trading, trading
from sites_app.models import Store, Zone, counting_zones
from sites_app.models.controllers import HOLD_INTERVALS


class ZoneBasis(NamedTuple):
    """What of a zone bears on rollups."""

    pk: int
    store_id: int
    kind: str
    counts_by_hand: bool | None
    has_occupancy: bool
    capacity: int | None
    capacity_by_hand: bool
    appeared_at: datetime | None
    retired_at: datetime | None
    poll_interval_s: int

    @property
    def hold(self) -> timedelta:
        """How long a sample holds."""
        return timedelta(seconds=HOLD_INTERVALS * self.poll_interval_s)


@dataclass(slots=True)
class Stores:
    """Stores by id: when they trade, their own capacities, their zones, and which of those count toward occupancy."""

    trading: dict[int, Trading]
    capacities: dict[int, int | None]
    zones: list[ZoneBasis]
    counting: set[int]

    @classmethod
    def load(cls, store_ids: Iterable[int]) -> Stores:
        """Those of the stores that there are, in four queries for any number of them."""
        stores = list(Store.objects.filter(pk__in=list(store_ids)).only("timezone", "capacity").with_hours())
        days = {store.pk: trading(store.trading_hours()) for store in stores}
        fields = (*ZoneBasis._fields[:-1], "controller__poll_interval_s")
        zones = [ZoneBasis(*row) for row in Zone.objects.filter(store__in=days).order_by("pk").values_list(*fields)]
        by_store: dict[int, list[ZoneBasis]] = defaultdict(list)
        for zone in zones:
            by_store[zone.store_id].append(zone)
        counting = {zone.pk for group in by_store.values() for zone in counting_zones(group)}
        return cls(days, {store.pk: store.capacity for store in stores}, zones, counting)

    def measured(self, measure: Measure, store_ids: set[int]) -> list[ZoneBasis]:
        """The zones of these stores whose facts count for a measure."""
        kind = {Measure.QUEUES: Zone.Kind.QUEUE, Measure.FOOTFALL: Zone.Kind.ENTRANCE}.get(measure)
        return [zone for zone in self.zones if zone.store_id in store_ids and kind in (None, zone.kind)]


class Run(NamedTuple):
    """A stretch of quarters of a store, by their numbers, over which its clock isn't changed."""

    store_id: int
    start: int
    end: int
    ahead_s: int
    """How far the store's clock is ahead of UTC."""
    bits: str
    """A 1 for each quarter that is open, a 0 for each that isn't."""


def runs(store_id: int, quarters: Iterable[int], days: Trading) -> Iterator[Run]:
    """The stretches that these quarters form."""
    numbered = enumerate(sorted(quarters))
    for (_, ahead), group in groupby(numbered, lambda item: (item[1] - item[0], _ahead_s(item[1], days.zone))):
        stretch = [quarter for _, quarter in group]
        bits = "".join("1" if days.is_open(quarter) else "0" for quarter in stretch)
        yield Run(store_id, stretch[0], stretch[-1] + 1, ahead, bits)


@lru_cache(maxsize=65_536)
def _ahead_s(quarter: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(quarter * QUARTER_S, zone).utcoffset()
    return int((offset or timedelta()).total_seconds())
