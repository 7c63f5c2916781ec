"""A report from its request to its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Any

from ingest.models import Measure
from reports import replicas
from reports.comparing import shift_of
from reports.expected import Expectation
from reports.measures import SPECS, MeasureSpec
from reports.queries import grouped, likeness, placed, scope
from reports.queries.cells import Cells, Members
from reports.queries.ordering import ordered
from reports.queries.paths import Paths
from reports.queries.reading import Reader
from reports.queries.regions import members_of
from reports.queries.report import (
    ROW_LIMIT,
    Report,
    ReportColumn,
    Row,
    TooManyRows,
    columns_of,
    columns_of_paths,
    figures_of,
    share_column,
)
from reports.queries.scope import Scope
from reports.queries.showing import Showing, named
from reports.queries.slots import Slot
from reports.queries.windows import Period
from reports.request import PROFILES, ReportRequest
from sites_app.access import Principal

_PER_DAY = {"15m": 96, "hour": 24, "day": 1}
_OF_PROFILE = {"hour_of_day": 24, "day_of_week": 7, "hour_of_week": 168}


@dataclass(frozen=True, slots=True)
class _Run:
    """A report that is being made."""

    request: ReportRequest
    principal: Principal
    spec: MeasureSpec
    scope: Scope
    periods: Sequence[Period]
    expectation: Expectation
    showing: Showing

    def rows(self) -> Iterator[Row]:
        """The rows in the order of names and time."""
        if self.request.by_place:
            return chain.from_iterable(self._rows(part, None) for part in self._parts())
        return self._rows(self.scope, members_of(self.request, self.principal, self.scope, self.periods[0]))

    def _parts(self) -> Iterator[Scope]:
        """The stores in parts whose rows fit into memory: of what an answer can hold there is one."""
        stores = self.scope.stores
        per_store = max(1, _row_count(self.request, self.scope) // max(1, len(stores)))
        size = max(1, ROW_LIMIT // per_store)
        if len(stores) <= size:
            return iter([self.scope])
        firsts = range(0, len(stores), size)
        return (self.scope.only({store.pk for store in stores[first : first + size]}) for first in firsts)

    def _rows(self, part: Scope, grouping: tuple[Sequence[tuple[str, ...]], Members] | None) -> Iterator[Row]:
        names, members = grouping if grouping else ((), None)
        reader = Reader(self.spec, part, self.expectation, members)
        periods: list[tuple[Period, Cells]] = [(period, reader.read(period)) for period in self.periods]
        slots: Iterator[Slot]
        if members is None:
            slots = placed.slots(placed.lines_of(part, by_zone=self.request.by == "zone"), periods, self.expectation)
        else:
            slots = grouped.slots(grouped.Groups.of(names, members, part), periods, self.expectation)
        if self.request.measure != Measure.PATHS:
            return map(self.showing.row, slots)
        paths = Paths(reader, scope.zone_ids_of(self.request, part.stores))
        return paths.rows(slots, [paths.read(period) for period in self.periods], self.showing)


def run(request: ReportRequest, principal: Principal, *, now: datetime, row_limit: int | None = ROW_LIMIT) -> Report:
    """Answer a report. Raises ``TooManyRows`` where there would be more than ``row_limit``."""
    return replicas.read(lambda: _run(request, principal, now, row_limit))


def _run(request: ReportRequest, principal: Principal, now: datetime, row_limit: int | None) -> Report:
    made = _prepare(request, principal, scope.load(request, principal), now=now)
    if row_limit is not None and (count := _row_count(request, made.scope)) > row_limit:
        raise TooManyRows(count)
    rows: Iterable[Row] = made.rows()
    if row_limit is not None and (request.measure == Measure.PATHS or not request.by_place):
        rows = _at_most(rows, row_limit)  # how many there will be isn't known before
    columns = _columns(request)
    figures = [*figures_of(made.spec), *([share_column()] if request.measure == Measure.PATHS else [])]
    return Report(request, now, columns, ordered(request, columns, rows), _totals(made, now=now), figures)


def _at_most(all_rows: Iterable[Row], limit: int) -> list[Row]:
    rows = iter(all_rows)
    taken = list(islice(rows, limit))
    if more := sum(1 for _ in rows):
        raise TooManyRows(limit + more)
    return taken


def _prepare(request: ReportRequest, principal: Principal, of: Scope, *, now: datetime) -> _Run:
    if request.measure == Measure.PATHS and request.by == "zone":
        request = replace(request, by="store")  # a path has two zones, whose store the row is of
    expectation = Expectation(SPECS[request.measure], request.only_open, now)
    if request.like_for_like:
        of = of.only(likeness.comparable_stores(request, of, expectation))
    period = Period.asked(request, {store.trading.zone for store in of.stores})
    shift = shift_of(request)
    periods = [period, period.before(shift)] if shift else [period]
    showing = Showing(expectation.spec, request, {store.pk: store for store in of.stores})
    return _Run(request, principal, expectation.spec, of, periods, expectation, showing)


def _row_count(request: ReportRequest, of: Scope) -> int:
    """How many rows there will be; of regions and paths at least."""
    places = len(of.zones) if request.by == "zone" and of.zones is not None else len(of.stores)
    if not request.by_place:
        places = min(1, places)
    if request.granularity in PROFILES:
        return places * _OF_PROFILE[request.granularity]
    if request.granularity not in _PER_DAY:
        return places
    days = (request.end - request.start) / timedelta(days=1)  # type: ignore[operator]  # two of a kind
    return round(places * days * _PER_DAY[request.granularity])


def _totals(made: _Run, *, now: datetime) -> Mapping[str, Any]:
    """What all that is in sight has over the whole window: the one row of another report, of the chain."""
    request = replace(made.request, by="chain", granularity="total", order="", limit=None, like_for_like=False)
    of = made.scope
    if made.request.by == "zone" and not request.zones:
        of = of.whole_stores(request)
    total = _prepare(request, made.principal, of, now=now)
    columns = columns_of(total.spec, request)
    periods = len(total.periods)
    slot = next(_slots(total), None) or Slot((None, None), 0, [None] * periods, [0] * periods)
    return named(columns[2:], total.showing.row(slot)[2:])


def _slots(total: _Run) -> Iterator[Slot]:
    names, members = members_of(total.request, total.principal, total.scope, total.periods[0])
    reader = Reader(total.spec, total.scope, total.expectation, members)
    periods = [(period, reader.read(period)) for period in total.periods]
    return grouped.slots(grouped.Groups.of(names, members, total.scope), periods, total.expectation)


def _columns(request: ReportRequest) -> list[ReportColumn]:
    return (
        columns_of_paths(request) if request.measure == Measure.PATHS else columns_of(SPECS[request.measure], request)
    )


def order_names(request: ReportRequest) -> list[str]:
    """The columns that a report can be ordered by."""
    return [column.path for column in _columns(request)]
