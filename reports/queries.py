"""A typed request to rows: figures by store, zone, region or chain, from the coarsest rollups that answer.

Every report begins with the stores that its reader may see; filters only narrow them. Rollups are read in one
statement, whatever the number of stores; averages are made of merged totals, never of averages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

from reports import figures, labels
from reports.measures import SPECS, Figure, MeasureSpec
from reports.request import ReportRequest
from reports.sources import ROW_LIMIT, Part, Source, TooManyRows, clocks_of, fetch, labels_of
from sites_app.access import Principal
from sites_app.models import Region, Store


@dataclass(frozen=True, slots=True)
class Row:
    """A row: whose it is, its bucket, its figures and how much of the expected time they cover."""

    keys: Mapping[str, str]
    start: datetime
    end: datetime
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
    """Merged totals of one row, how much of its expected time they cover, and whose the highest peak is."""

    totals: Any
    covered_us: int = 0
    expected_us: int = 0
    peak_store: str | None = None
    ends: set[datetime] = field(default_factory=set)

    def add(self, part: Part, store: Store) -> None:
        """Take in a store's totals. What one store has too much of doesn't make up for what another one lacks."""
        before = self.totals
        self.totals = before + part.totals
        self.expected_us += part.expected_us
        self.covered_us += min(part.covered_us, part.expected_us)
        peak = getattr(part.totals, "peak", None)
        if peak is not None and _peak(self.totals) == _peak(part.totals) != _peak(before):
            self.peak_store = store.code


def _peak(totals: Any) -> tuple[int | None, datetime | None]:
    return totals.peak, totals.peak_at


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
    clocks = clocks_of(request, stores)
    sources = list(Source.of(request, stores, clocks, now))
    merged = fetch(request, spec, sources)
    cells: dict[tuple[tuple[str, ...], datetime], Cell] = {}
    total = Cell(spec.empty)
    places, label = _places(request, principal), labels_of(request, clocks)
    for source in sources:
        for bucket in source.buckets:
            part = source.part(merged, spec, bucket)
            total.add(part, source.store)
            start, end = label(bucket, source.store)
            for keys in places(source):
                cell = cells.setdefault((keys, start), Cell(spec.empty))
                cell.add(part, source.store)
                cell.ends.add(end)
    if len(cells) > ROW_LIMIT:
        raise TooManyRows(len(cells))
    rows = [_row(request, spec, keys, start, cell, stores) for (keys, start), cell in cells.items()]
    totals: Mapping[str, Figure] = _show(spec, total, stores, by_store=False)
    if request.by == "zone":  # what stores have together isn't what their zones have: a store's peak is that of the sum
        totals = run(replace(request, by="chain", granularity="total", order=""), principal, now=now).totals
    return Report(request, spec, now, _KEY_NAMES[request.by], _ordered(request, rows), totals)


_KEY_NAMES: dict[str, tuple[str, ...]] = {
    "store": ("store",),
    "zone": ("store", "zone"),
    "region": ("region",),
    "chain": (),
}


def _places(request: ReportRequest, principal: Principal) -> Callable[[Source], list[tuple[str, ...]]]:
    """Which rows a source counts in: its own, its regions', or the chain's."""
    if request.by == "store":
        return lambda source: [(source.store.code,)]
    if request.by == "zone":
        return lambda source: [(source.store.code, f"{source.store.code}/{source.zone.code if source.zone else ''}")]
    if request.by == "chain":
        return lambda _: [()]
    above = _regions_above(request, principal)
    return lambda source: [(code,) for code in above[source.store.region_id]]


def _regions_above(request: ReportRequest, principal: Principal) -> dict[int, list[str]]:
    """For each region its own code and those above it, as far up as the report is of whole regions."""
    regions = {region.pk: region for region in Region.objects.all()}
    seen = set(regions)
    if not principal.sees_all:
        seen &= set(Region.objects.under(principal.region_ids).values_list("pk", flat=True))
    if request.regions:
        asked = [pk for pk, region in regions.items() if region.code in request.regions]
        seen &= set(Region.objects.under(asked).values_list("pk", flat=True))
    above: dict[int, list[str]] = {}
    for pk in regions:
        codes, node = [], regions.get(pk)
        while node is not None and node.pk in seen:
            codes.append(node.code)
            node = regions.get(node.parent_id or 0)
        above[pk] = codes
    return above


def _row(
    request: ReportRequest,
    spec: MeasureSpec,
    keys: tuple[str, ...],
    start: datetime,
    cell: Cell,
    stores: Sequence[Store],
) -> Row:
    shown = _show(spec, cell, stores, by_store=request.by in ("store", "zone"))
    coverage = cast("float | None", shown.pop("coverage"))
    named = dict(zip(_KEY_NAMES[request.by], keys, strict=True))
    return Row(named, start, labels.end_of(start, cell.ends), shown, coverage)


def _show(spec: MeasureSpec, cell: Cell, stores: Sequence[Store], *, by_store: bool) -> dict[str, Figure]:
    shown: dict[str, Any] = dict(spec.show(cell.totals))
    if spec.peaks:
        owner = next((store for store in stores if store.code == cell.peak_store), None)
        if isinstance(shown.get("peak_at"), datetime) and owner:
            shown["peak_at"] = owner.local(shown["peak_at"])
        if not by_store:
            shown["peak_store"] = cell.peak_store
    shown["coverage"] = figures.share(figures.coverage(cell.covered_us, cell.expected_us))
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
