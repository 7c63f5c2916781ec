"""Every quarter of an hour of a chain, by the definitions alone: what reports must add up to."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from ingest.models import Measure
from reports import figures
from reports.calendar import QUARTER, Window, quarter_of
from reports.figures import OccupancySample, OccupancyTotals, PathTotals
from sites_app.models import Store, Zone, counting_zones
from tests.reports.verifying.chain import Chain

Quarters = dict[datetime, Any]
"""Totals by the start of the quarter; only where there are any."""


def of_zones(chain: Chain, measure: Measure, store_id: int) -> dict[int, Quarters]:
    """The quarters of each zone of a store."""
    told, zones = chain.told, chain.zones[store_id]
    if measure == Measure.OCCUPANCY:
        return {zone.pk: _stepwise(_with_capacity(zone, chain), zone, figures.zone_occupancy) for zone in zones}
    if measure == Measure.QUEUES:
        return {zone.pk: _stepwise(told.queues[zone.pk], zone, figures.queue) for zone in zones if zone.kind == "queue"}
    if measure == Measure.FOOTFALL:
        doors = [zone for zone in zones if zone.kind == "entrance"]
        return {zone.pk: _starting(told.footfall[zone.pk], figures.footfall) for zone in doors}
    if measure == Measure.DWELL:
        return {zone.pk: _starting(told.dwell[zone.pk], figures.dwell) for zone in zones}
    return {}


def of_store(chain: Chain, measure: Measure, store: Store, by_zone: dict[int, Quarters]) -> Quarters:
    """The quarters of a store: of occupancy those of the sum over its zones, else the sums of its zones'."""
    if measure == Measure.PATHS:
        return _any_path(chain, store.pk)
    if measure == Measure.OCCUPANCY:
        return dict(_of_sum(chain, store.pk, store.capacity))
    found: Quarters = {}
    for quarters in by_zone.values():
        for quarter, totals in quarters.items():
            known = found.get(quarter)
            found[quarter] = totals if known is None else known + totals
    return found


def pairs(chain: Chain, store_id: int) -> dict[datetime, dict[tuple[int, int], int]]:
    """How many took which path of a store, by quarter."""
    found: dict[datetime, dict[tuple[int, int], int]] = defaultdict(lambda: defaultdict(int))
    for start, end, at, count in chain.told.paths[store_id]:
        found[at][start, end] += count
    return found


def _any_path(chain: Chain, store_id: int) -> Quarters:
    return {at: PathTotals(sum(of_pairs.values()), 1) for at, of_pairs in pairs(chain, store_id).items()}


def _with_capacity(zone: Zone, chain: Chain) -> list[OccupancySample]:
    if not zone.capacity_by_hand:
        return chain.told.occupancy[zone.pk]
    return [OccupancySample(sample.at, sample.people, zone.capacity) for sample in chain.told.occupancy[zone.pk]]


def _touched(samples: Sequence[Any], hold: timedelta) -> list[datetime]:
    """The quarters that samples bear on."""
    found = set()
    for sample in samples:
        quarter = quarter_of(sample.at)
        while quarter < sample.at + hold:
            found.add(quarter)
            quarter += QUARTER
    return sorted(found)


def _near(samples: Sequence[Any], hold: timedelta, window: Window) -> Sequence[Any]:
    first = bisect_left(samples, window.start - hold, key=lambda sample: sample.at)
    return samples[max(0, first - 1) : bisect_left(samples, window.end, key=lambda sample: sample.at)]


def _stepwise(samples: Sequence[Any], zone: Zone, totals_of: Any) -> Quarters:
    hold = zone.controller.hold
    found = {}
    for quarter in _touched(samples, hold):
        window = Window(quarter, quarter + QUARTER)
        totals = totals_of(_near(samples, hold, window), hold, window)
        if totals.covered_us or getattr(totals, "breaches", 0):
            found[quarter] = totals
    return found


def _starting(intervals: Sequence[Any], totals_of: Any) -> Quarters:
    return {
        interval.start: totals_of([interval], Window(interval.start, interval.start + QUARTER))
        for interval in intervals
    }


def _of_sum(chain: Chain, store_id: int, capacity: int | None) -> Iterator[tuple[datetime, OccupancyTotals]]:
    """The sum over the counting zones; between two instants at which zones come or go, of those that are there."""
    counting = counting_zones(chain.zones[store_id])
    samples = {zone.pk: _with_capacity(zone, chain) for zone in counting}
    touched = {quarter for zone in counting for quarter in _touched(samples[zone.pk], zone.controller.hold)}
    edges = {edge for zone in counting for edge in (zone.appeared_at, zone.retired_at) if edge is not None}
    for quarter in sorted(touched):
        totals = OccupancyTotals()
        cut = sorted({quarter, quarter + QUARTER, *(edge for edge in edges if quarter < edge < quarter + QUARTER)})
        for start, end in pairwise(cut):
            window = Window(start, end)
            there = [zone for zone in counting if _is_there(zone, window)]
            near: dict[Hashable, Any] = {
                zone.pk: (_near(samples[zone.pk], zone.controller.hold, window), zone.controller.hold) for zone in there
            }
            if there:
                totals += figures.store_occupancy(near, window, capacity)
        if totals.covered_us:
            yield quarter, totals


def _is_there(zone: Zone, window: Window) -> bool:
    return (zone.appeared_at is None or zone.appeared_at <= window.start) and (
        zone.retired_at is None or window.end <= zone.retired_at
    )
