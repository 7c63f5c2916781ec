"""A typed request to rows: figures by store, zone, region or chain, from the coarsest rollups that answer.

Every report begins with the stores that its reader may see; filters only narrow them. Rollups are read in one
statement, whatever the number of stores; averages are made of merged totals, never of averages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from django.db import connection

from ingest.models import Measure
from reports import calendar, figures
from reports.calendar import Bucket, Window
from reports.expected import Expected
from reports.measures import SPECS, Figure, MeasureSpec
from reports.merging import MERGES
from reports.models import WHOLE_STORE
from reports.request import ReportRequest
from sites_app.access import Principal
from sites_app.models import Region, Store, Zone, counting_zones

ROW_LIMIT = 50_000
_GRAIN_OF = {"15m": "quarter", "hour": "hour", "day": "day", "week": "day", "month": "day"}


class TooManyRows(Exception):
    """The report would have more rows than one answer may hold."""

    def __init__(self, rows: int) -> None:
        super().__init__(f"The report would have {rows:,} rows; at most {ROW_LIMIT:,} fit into one answer.")


@dataclass(frozen=True, slots=True)
class Row:
    """A row: whose it is, its bucket, its figures and how much of the expected time they cover."""

    keys: Mapping[str, str]
    start: str
    end: str
    figures: Mapping[str, Figure]
    coverage: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """A report's answer."""

    request: ReportRequest
    spec: MeasureSpec
    as_of: datetime
    key_names: tuple[str, ...]
    rows: Sequence[Row]
    totals: Mapping[str, Figure]


@dataclass(slots=True)
class Cell:
    """Merged totals and expected time of one row, with what names the row's instants."""

    totals: Any
    expected_us: int = 0
    peak_store: str | None = None
    zones: set[str] = field(default_factory=set)

    def add(self, totals: Any, expected_us: int, store: Store, spec: MeasureSpec) -> None:
        """Take in a store's totals; the store of the highest peak is remembered."""
        before, peak = (spec.peak(self.totals), spec.peak(totals)) if spec.peak else (None, None)
        self.totals = self.totals + totals
        self.expected_us += expected_us
        self.zones.add(store.timezone)
        if peak is not None and (before is None or peak > before):
            self.peak_store = store.code


def stores_of(request: ReportRequest, principal: Principal) -> list[Store]:
    """The stores that a report is of: those its reader may see, narrowed by the request's filters."""
    stores = Store.objects.visible_to(principal)
    if request.stores:
        stores = stores.filter(code__in=request.stores)
    if request.regions:
        stores = stores.under(Region.objects.filter(code__in=request.regions).values_list("pk", flat=True))
    if request.tags:
        stores = stores.filter(tags__overlap=list(request.tags))
    return list(stores.select_related("region").with_hours().prefetch_related("zones"))


def run(request: ReportRequest, principal: Principal, *, now: datetime) -> Report:
    """Answer a report. Raises ``TooManyRows``."""
    spec = SPECS[request.measure]
    stores = stores_of(request, principal)
    sources = list(_Source.of(request, stores, now))
    _check_size(request, sources)
    merged = _fetch(request, spec, sources)
    cells: dict[tuple[tuple[str, ...], str, str], Cell] = {}
    total = Cell(spec.empty)
    places = _places(request, stores, principal)
    for source in sources:
        for bucket in source.buckets:
            totals = merged.get((source.store.pk, source.zone_id, bucket.start), spec.empty)
            expected = source.expected.within(bucket.start, bucket.end) * source.zone_count
            total.add(totals, expected, source.store, spec)
            for keys in places(source):
                label = _label(request, bucket, source.store)
                cells.setdefault((keys, *label), Cell(spec.empty)).add(totals, expected, source.store, spec)
    rows = [_row(request, spec, keys, start, end, cell, stores) for (keys, start, end), cell in cells.items()]
    key_names = _KEY_NAMES[request.by]
    return Report(request, spec, now, key_names, _ordered(request, rows), _show(spec, total, stores, by_store=False))


@dataclass(frozen=True, slots=True)
class _Source:
    """A store, or a zone of it, over its own window: whose rollups are read, in which buckets."""

    store: Store
    zone: Zone | None
    window: Window
    buckets: Sequence[Bucket]
    expected: Expected
    zone_count: int

    @property
    def zone_id(self) -> int:
        return self.zone.pk if self.zone else WHOLE_STORE

    @classmethod
    def of(cls, request: ReportRequest, stores: Iterable[Store], now: datetime) -> Iterator[_Source]:
        windows: dict[str, tuple[Window, Sequence[Bucket]]] = {}
        for store in stores:
            if store.timezone not in windows:
                window = calendar.window_for(request.start, request.end, store.zone_info)
                windows[store.timezone] = window, calendar.buckets(window, request.granularity, store.zone_info)
            window, buckets = windows[store.timezone]
            expected = Expected.of(store, window, measure=request.measure, only_open=request.hours == "open", now=now)
            zones = _zones(store, request.measure)
            if request.by == "zone":
                for zone in zones:
                    yield cls(store, zone, window, buckets, expected, 1)
            else:
                count = 1 if request.measure == Measure.OCCUPANCY else len(zones)
                yield cls(store, None, window, buckets, expected, count)


def _zones(store: Store, measure: Measure) -> list[Zone]:
    """The zones of a store that a measure is expected of."""
    zones = list(store.zones.all())
    if measure == Measure.OCCUPANCY:
        return counting_zones(zones)
    if measure == Measure.DWELL:
        return [zone for zone in zones if zone.has_dwell]
    kind = {Measure.QUEUES: Zone.Kind.QUEUE, Measure.FOOTFALL: Zone.Kind.ENTRANCE}[measure]
    return [zone for zone in zones if zone.kind == kind]


def _grain(request: ReportRequest, sources: Sequence[_Source]) -> str:
    """The coarsest grain that answers: whole days where all windows begin and end with one, else hours, else quarters."""
    if request.granularity in ("15m", "hour"):
        return _GRAIN_OF[request.granularity]
    for grain in ("day", "hour"):
        if all(
            calendar.bucket_start(edge, grain, source.store.zone_info) == edge
            for source in sources
            for edge in (source.window.start, source.window.end)
        ):
            return grain
    return "quarter"


def _fetch(
    request: ReportRequest, spec: MeasureSpec, sources: Sequence[_Source]
) -> dict[tuple[int, int, datetime], Any]:
    """Merged totals by store, zone (0: the store) and start of bucket."""
    if not sources:
        return {}
    merge = MERGES[request.measure]
    grain = _grain(request, sources)
    whole = request.granularity == "total"
    by_zone = request.by == "zone"
    statement = f"""
        SELECT rollup.store_id, rollup.zone_id, {"wanted.starts" if whole else "rollup.start"},
               {", ".join(merge.expressions().values())}
        FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS wanted (store_id, starts, ends)
        JOIN {merge.table} rollup
          ON rollup.store_id = wanted.store_id AND rollup.start >= wanted.starts AND rollup.start < wanted.ends
        WHERE rollup.grain = %s AND {"rollup.zone_id <> 0" if by_zone else "rollup.zone_id = 0"}
          {"AND rollup.is_open" if request.hours == "open" else ""}
        GROUP BY 1, 2, 3
    """
    wanted = {source.store.pk: source.window for source in sources}
    columns: list[Any] = [list(wanted), [w.start for w in wanted.values()], [w.end for w in wanted.values()]]
    merged: dict[tuple[int, int, datetime], Any] = defaultdict(lambda: spec.empty)
    zones_of = {source.store.pk: source.store.zone_info for source in sources}
    with connection.cursor() as cursor:
        cursor.execute(statement, (*columns, grain))
        for store_id, zone_id, start, *values in cursor.fetchall():
            bucket = start
            if request.granularity in ("week", "month"):
                first = calendar.bucket_start(start, request.granularity, zones_of[store_id])
                bucket = max(first, wanted[store_id].start)
            merged[store_id, zone_id, bucket] += spec.from_row(values)
    return merged


def _check_size(request: ReportRequest, sources: Sequence[_Source]) -> None:
    rows = sum(len(source.buckets) for source in sources)
    if rows > ROW_LIMIT and request.by in ("store", "zone"):
        raise TooManyRows(rows)


_KEY_NAMES: dict[str, tuple[str, ...]] = {
    "store": ("store",),
    "zone": ("store", "zone"),
    "region": ("region",),
    "chain": (),
}


def _places(request: ReportRequest, stores: Sequence[Store], principal: Principal) -> Any:
    """Which rows a source counts in: its own, its regions', or the chain's."""
    if request.by == "store":
        return lambda source: [(source.store.code,)]
    if request.by == "zone":
        return lambda source: [(source.store.code, f"{source.store.code}/{source.zone.code}")]
    if request.by == "chain":
        return lambda _: [()]
    above = _regions_above(principal)
    return lambda source: [(code,) for code in above[source.store.region_id]]


def _regions_above(principal: Principal) -> dict[int, list[str]]:
    """For each region its own code and those above it, as far up as the reader sees whole regions."""
    regions = {region.pk: region for region in Region.objects.all()}
    seen = set(regions)
    if not principal.sees_all:
        seen = set(Region.objects.under(principal.region_ids).values_list("pk", flat=True))
    above: dict[int, list[str]] = {}
    for pk in regions:
        codes, node = [], regions.get(pk)
        while node is not None and node.pk in seen:
            codes.append(node.code)
            node = regions.get(node.parent_id or 0)
        above[pk] = codes
    return above


def _label(request: ReportRequest, bucket: Bucket, store: Store) -> tuple[str, str]:
    """A bucket's start and end as the row shows them: the store's own time, with its offset.

    Rows of several stores meet at the same hour of their own clocks, so those carry no offset. Only a window of
    instants as a whole is the same for all; it's given in UTC.
    """
    if request.by in ("store", "zone"):
        return store.local(bucket.start).isoformat(), store.local(bucket.end).isoformat()
    if request.granularity == "total" and isinstance(request.start, datetime):
        return bucket.start.isoformat(), bucket.end.isoformat()
    start, end = (store.local(edge).replace(tzinfo=None).isoformat() for edge in (bucket.start, bucket.end))
    return start, end


def _row(
    request: ReportRequest,
    spec: MeasureSpec,
    keys: tuple[str, ...],
    start: str,
    end: str,
    cell: Cell,
    stores: Sequence[Store],
) -> Row:
    by_store = request.by in ("store", "zone")
    shown = _show(spec, cell, stores, by_store=by_store)
    coverage = shown.pop("coverage")
    return Row(dict(zip(_KEY_NAMES[request.by], keys, strict=True)), start, end, shown, cast("float | None", coverage))


def _show(spec: MeasureSpec, cell: Cell, stores: Sequence[Store], *, by_store: bool) -> dict[str, Figure]:
    shown: dict[str, Any] = dict(spec.show(cell.totals))
    if spec.peak:
        owner = next((store for store in stores if store.code == cell.peak_store), None)
        if isinstance(shown.get("peak_at"), datetime) and owner:
            shown["peak_at"] = owner.local(shown["peak_at"])
        if not by_store:
            shown["peak_store"] = cell.peak_store
    covered = min(spec.covered_us(cell.totals), cell.expected_us)
    shown["coverage"] = figures.share(figures.coverage(covered, cell.expected_us))
    return shown


def _ordered(request: ReportRequest, rows: list[Row]) -> list[Row]:
    """Rows by key and time, or as a league table by any column; nulls come last either way."""
    rows.sort(key=lambda row: (tuple(row.keys.values()), row.start))
    if request.order:
        name, descending = request.order.removeprefix("-"), request.order.startswith("-")
        known = [row for row in rows if _value(row, name) is not None]
        unknown = [row for row in rows if _value(row, name) is None]
        known.sort(key=lambda row: _value(row, name), reverse=descending)
        rows = known + unknown
    return rows if request.limit is None else rows[: request.limit]


def _value(row: Row, name: str) -> Any:
    if name == "coverage":
        return row.coverage
    if name in ("start", "end"):
        return getattr(row, name)
    return row.keys.get(name, row.figures.get(name))


def order_names(spec: MeasureSpec, by: str) -> list[str]:
    """The columns that a report can be ordered by."""
    return [*_KEY_NAMES[by], "start", "end", *(column.name for column in spec.columns), "coverage"]
