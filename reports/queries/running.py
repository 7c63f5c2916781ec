"""A report from its request to its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from reports.comparing import shift_of
from reports.expected import Expectation
from reports.measures import SPECS, MeasureSpec
from reports.queries import grouped, likeness, placed, scope
from reports.queries.cells import Cells, Members, Reader
from reports.queries.ordering import ordered
from reports.queries.regions import members_of
from reports.queries.report import ROW_LIMIT, Report, ReportColumn, Row, TooManyRows, columns_of, figures_of
from reports.queries.scope import Scope
from reports.queries.showing import Showing, named
from reports.queries.windows import Period
from reports.request import PROFILES, ReportRequest
from sites_app.access import Principal

_PER_DAY = {"15m": 96, "hour": 24, "day": 1, "hour_of_day": 0, "day_of_week": 0, "hour_of_week": 0}
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

    def columns(self) -> list[ReportColumn]:
        return columns_of(self.spec, self.request)

    def rows(self) -> Iterable[Row]:
        """The rows in the order of names and time."""
        if self.request.by_place:
            return chain.from_iterable(self._placed(part) for part in self._parts())
        names, members = members_of(self.request, self.principal, self.scope, whole=not self.periods[0].keyed_by_start)
        groups = grouped.Groups.of(names, members, self.scope)
        return grouped.rows(groups, self._read(self.scope, members), self.expectation, self.showing)

    def _placed(self, part: Scope) -> Iterator[Row]:
        lines = placed.lines_of(part, by_zone=self.request.by == "zone")
        return placed.rows(lines, self._read(part, None), self.expectation, self.showing)

    def _parts(self) -> Iterator[Scope]:
        """The stores in parts whose rows fit into memory: of what an answer can hold there is one."""
        per_store = max(1, _row_count(self.request, self.scope) // max(1, len(self.scope.stores)))
        size = max(1, ROW_LIMIT // per_store)
        if len(self.scope.stores) <= size:
            yield self.scope
            return
        for first in range(0, len(self.scope.stores), size):
            yield self.scope.only({store.pk for store in self.scope.stores[first : first + size]})

    def _read(self, part: Scope, members: Members | None) -> list[tuple[Period, Cells]]:
        reader = Reader(self.spec, part, self.expectation, members)
        return [(period, reader.read(period)) for period in self.periods]


def run(request: ReportRequest, principal: Principal, *, now: datetime, row_limit: int | None = ROW_LIMIT) -> Report:
    """Answer a report. Raises ``TooManyRows`` where there would be more than ``row_limit``."""
    made = _prepare(request, principal, scope.load(request, principal), now=now)
    if row_limit is not None and (count := _row_count(request, made.scope)) > row_limit:
        raise TooManyRows(count)
    columns = made.columns()
    rows = ordered(request, columns, made.rows())
    return Report(request, now, columns, rows, _totals(made, now=now), figures_of(made.spec))


def _prepare(request: ReportRequest, principal: Principal, of: Scope, *, now: datetime) -> _Run:
    spec = SPECS[request.measure]
    expectation = Expectation(spec, request.only_open, now)
    if request.like_for_like:
        of = of.only(likeness.comparable_stores(request, of, expectation))
    period = Period.asked(request, {store.trading.zone for store in of.stores})
    shift = shift_of(request)
    periods = [period, period.before(shift)] if shift else [period]
    showing = Showing(spec, request, {store.pk: store for store in of.stores})
    return _Run(request, principal, spec, of, periods, expectation, showing)


def _row_count(request: ReportRequest, of: Scope) -> int:
    """How many rows there will be; of regions at least."""
    places = len(of.zones) if request.by == "zone" and of.zones is not None else len(of.stores)
    if not request.by_place:
        places = min(1, places)
    if request.granularity in PROFILES:
        return places * _OF_PROFILE[request.granularity]
    per_day = _PER_DAY.get(request.granularity)
    if per_day is None:
        return places
    days = (request.end - request.start) / timedelta(days=1)  # type: ignore[operator]  # two of a kind
    return round(places * days * per_day)


def _totals(made: _Run, *, now: datetime) -> Mapping[str, Any]:
    """What the whole chain that is in sight has over the whole window: the one row of another report."""
    request = replace(made.request, by="chain", granularity="total", order="", limit=None, like_for_like=False)
    of = made.scope
    if made.request.by == "zone" and not request.zones:
        of = of.whole_stores(request)
    total = _prepare(request, made.principal, of, now=now)
    columns = total.columns()
    nothing = [*total.showing.row(None, 0, None)[0]]
    row = next(iter(total.rows()), None)
    if row is None:
        compared = total.showing.comparison(total.showing.figures(None), None, 0, None) if request.compare else []
        row = [None, None, *nothing, *compared]
    return named(columns[2:], row[2:])


def order_names(request: ReportRequest) -> list[str]:
    """The columns that a report can be ordered by."""
    return [column.path for column in columns_of(SPECS[request.measure], request)]
