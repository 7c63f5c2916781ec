"""Where a report's figures come from: stores or their zones over their own windows, and the rollups read for them.

Rollups are read in one statement, whatever the number of stores, in the coarsest grain that answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from ingest.models import Measure
from reports import calendar, labels
from reports.calendar import Bucket, Window
from reports.expected import Expected
from reports.measures import MeasureSpec
from reports.merging import MERGES
from reports.models import WHOLE_STORE
from reports.request import ReportRequest
from sites_app.models import Store, Zone, counting_zones

ROW_LIMIT = 50_000


class TooManyRows(Exception):
    """The report would have more rows than one answer may hold."""

    def __init__(self, rows: int) -> None:
        super().__init__(f"The report would have {rows:,} rows; at most {ROW_LIMIT:,} fit into one answer.")


@dataclass(frozen=True, slots=True)
class Part:
    """What a source adds to a row: totals, and how much of the time in which they're expected is known."""

    totals: Any
    covered_us: int
    expected_us: int


Clocks = Mapping[str, tuple[Window, Sequence[Bucket]]]
"""The window and its buckets, by time zone."""


def clocks_of(request: ReportRequest, stores: Sequence[Store]) -> Clocks:
    """What the report's window is in each zone. Raises ``TooManyRows`` before it's all cut up."""
    zones = {store.timezone: store.zone_info for store in stores}
    windows = {name: calendar.window_for(request.start, request.end, zone) for name, zone in zones.items()}
    _check_size(request, stores, windows)
    return {
        name: (window, calendar.buckets(window, request.granularity, zones[name])) for name, window in windows.items()
    }


def _check_size(request: ReportRequest, stores: Sequence[Store], windows: Mapping[str, Window]) -> None:
    length = _AT_LEAST.get(request.granularity)
    if length is None:
        return
    rows = {name: math.ceil((window.end - window.start) / length) for name, window in windows.items()}
    by_store = request.by in ("store", "zone")
    count = sum(rows[store.timezone] for store in stores) if by_store else max(rows.values(), default=0)
    if count > ROW_LIMIT:
        raise TooManyRows(count)


_AT_LEAST = {"15m": timedelta(minutes=15), "hour": timedelta(hours=1), "day": timedelta(days=1)}


def labels_of(request: ReportRequest, clocks: Clocks) -> Callable[[Bucket, Store], labels.Label]:
    """How this report's rows name their buckets. A window of instants as a whole is the same for all stores."""
    zones = {name: ZoneInfo(name) for name in clocks}
    if request.by in ("store", "zone") or labels.agree((zones[name], clocks[name][1]) for name in clocks):
        return lambda bucket, store: labels.with_offset(bucket, store.zone_info)
    if request.granularity == "total" and isinstance(request.start, datetime):
        return lambda bucket, _: labels.with_offset(bucket, ZoneInfo("UTC"))
    return lambda bucket, store: labels.by_the_clock(bucket, request.granularity, store.zone_info)


@dataclass(frozen=True, slots=True)
class Source:
    """A store, or a zone of it, over its own window: whose rollups are read, in which buckets.

    ``expected`` is what is expected of each of its zones, and of how many that; of a store's occupancy just once.
    """

    store: Store
    zone: Zone | None
    window: Window
    buckets: Sequence[Bucket]
    expected_window: Window
    expected: Sequence[tuple[Expected, int]]

    @property
    def zone_id(self) -> int:
        return self.zone.pk if self.zone else WHOLE_STORE

    @classmethod
    def of(cls, request: ReportRequest, stores: Iterable[Store], clocks: Clocks, now: datetime) -> Iterator[Source]:
        for store in stores:
            window, buckets = clocks[store.timezone]
            whole = Expected.of(store, window, measure=request.measure, only_open=request.hours == "open", now=now)
            zones = _zones(store, request)
            if request.by == "zone":
                for zone in zones:
                    yield cls(store, zone, window, buckets, whole.window, [(whole.while_there(zone), 1)])
            elif request.measure == Measure.OCCUPANCY:
                yield cls(store, None, window, buckets, whole.window, [(whole, 1)])
            else:
                yield cls(store, None, window, buckets, whole.window, _of_zones(whole, zones))

    def part(self, merged: Mapping[tuple[int, int, datetime], Merged], spec: MeasureSpec, bucket: Bucket) -> Part:
        """What this source adds to the row of a bucket."""
        totals, covered = merged.get((self.store.pk, self.zone_id, bucket.start), (spec.empty, 0))
        expected = sum(count * each.within(bucket.start, bucket.end) for each, count in self.expected)
        return Part(totals, covered, expected)


def _of_zones(whole: Expected, zones: Sequence[Zone]) -> list[tuple[Expected, int]]:
    """What is expected of some zones: of most of them the same, as they have always been there."""
    apart = [zone for zone in zones if zone.appeared_at or zone.retired_at]
    return [(whole, len(zones) - len(apart)), *((whole.while_there(zone), 1) for zone in apart)]


Merged = tuple[Any, int]
"""Totals, and the microseconds of expected time that they cover."""


def _zones(store: Store, request: ReportRequest) -> list[Zone]:
    """The zones of a store that a report is of."""
    zones = list(store.zones.all())
    if request.measure == Measure.OCCUPANCY:
        counting = {zone.pk for zone in counting_zones(zones)}
        return [zone for zone in zones if zone.has_occupancy or zone.pk in counting]
    if request.measure == Measure.DWELL:
        return [zone for zone in zones if zone.has_dwell]
    kind = {Measure.QUEUES: Zone.Kind.QUEUE, Measure.FOOTFALL: Zone.Kind.ENTRANCE}[request.measure]
    return [zone for zone in zones if zone.kind == kind]


def _grain(request: ReportRequest, sources: Sequence[Source]) -> str:
    """The coarsest grain that answers: no coarser than the rows, and all windows begin and end with one of it."""
    if request.granularity == "15m":
        return "quarter"
    clocks = {source.store.timezone: source for source in sources}.values()
    for grain in ("hour",) if request.granularity == "hour" else ("day", "hour"):
        if all(
            calendar.bucket_start(edge, grain, source.store.zone_info) == edge
            for source in clocks
            for edge in (source.window.start, source.window.end)
        ):
            return grain
    return "quarter"


def fetch(
    request: ReportRequest, spec: MeasureSpec, sources: Sequence[Source]
) -> dict[tuple[int, int, datetime], Merged]:
    """Merged totals by store, zone (0: the store) and start of bucket, and how much of the expected time they cover."""
    if not sources:
        return {}
    merge = MERGES[request.measure]
    grain = _grain(request, sources)
    whole = request.granularity == "total"
    by_zone = request.by == "zone"
    statement = f"""
        SELECT rollup.store_id, rollup.zone_id, {"wanted.starts" if whole else "rollup.start"},
               coalesce(sum(rollup.{spec.covered}) FILTER (
                   WHERE rollup.start >= wanted.expected_from AND rollup.start < wanted.expected_until), 0),
               {", ".join(merge.expressions().values())}
        FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])
             AS wanted (store_id, starts, ends, expected_from, expected_until)
        JOIN {merge.table} rollup
          ON rollup.store_id = wanted.store_id AND rollup.start >= wanted.starts AND rollup.start < wanted.ends
        WHERE rollup.grain = %s AND {"rollup.zone_id <> 0" if by_zone else "rollup.zone_id = 0"}
          {"AND rollup.is_open" if request.hours == "open" else ""}
        GROUP BY 1, 2, 3
    """
    of_store = {source.store.pk: source for source in sources}
    rows = [
        (pk, source.window.start, source.window.end, source.expected_window.start, source.expected_window.end)
        for pk, source in of_store.items()
    ]
    merged: dict[tuple[int, int, datetime], Merged] = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, (*(list(column) for column in zip(*rows, strict=True)), grain))
        for store_id, zone_id, start, covered, *values in cursor.fetchall():
            key = store_id, zone_id, _bucket(request, of_store[store_id], start)
            totals, covered_us = merged.get(key, (spec.empty, 0))
            merged[key] = totals + spec.from_row(values), covered_us + int(covered) * spec.covered_unit_us
    return merged


def _bucket(request: ReportRequest, source: Source, start: datetime) -> datetime:
    """The start of the row's bucket that a rollup falls into."""
    if request.granularity == "total":
        return start
    first = calendar.bucket_start(start, request.granularity, source.store.zone_info)
    return max(first, source.window.start)
