"""The report's rows and totals, from what is known of coverage, nights, gaps and clocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from typing import Any

from ingest.models import Measure
from reports import figures, replicas
from reports.calendar import quarter_start
from reports.health import coverage, gaps
from reports.health.clocks import clocks
from reports.health.coverage import STREAMS, Coverage, Known
from reports.health.gaps import Gaps
from reports.health.nights import Night, nights
from reports.queries import ROW_LIMIT, ReportColumn, TooManyRows, named
from reports.queries.ordering import ordered
from reports.queries.report import Row
from reports.queries.scope import Scope
from reports.queries.windows import Period
from reports.request import HealthRequest
from sites_app.access import Principal

FIGURES = (
    ReportColumn("night_occupancy", "whole", "people"),
    ReportColumn("night_coverage", "share", "share"),
    ReportColumn("clock_skew_ms", "whole", "milliseconds"),
    ReportColumn("gaps_healed", "whole", "gaps"),
    ReportColumn("gaps_healed_s", "whole", "seconds"),
    ReportColumn("gaps_open", "whole", "gaps"),
    ReportColumn("gaps_open_s", "whole", "seconds"),
    *(ReportColumn(measure.value, "share", "share", "coverage") for measure in STREAMS),
)
COLUMNS = (
    ReportColumn("store", "text"),
    ReportColumn("start", "instant"),
    ReportColumn("end", "instant"),
    *FIGURES,
)
ORDER_NAMES = [column.path for column in COLUMNS]


@dataclass(frozen=True, slots=True)
class HealthReport:
    """The answer. ``rows`` is passed through once."""

    request: HealthRequest
    as_of: datetime
    rows: Iterable[Row]
    totals: Mapping[str, Any]
    columns: Sequence[ReportColumn] = field(default=COLUMNS)
    figures: Sequence[ReportColumn] = field(default=FIGURES)


def run(
    request: HealthRequest, principal: Principal, *, now: datetime, row_limit: int | None = ROW_LIMIT
) -> HealthReport:
    """Answer it. Raises ``TooManyRows`` where there would be more than ``row_limit``."""

    def made() -> HealthReport:
        made = _Run.of(request, principal, now=now, row_limit=row_limit)
        return HealthReport(request, now, ordered(request, COLUMNS, made.rows()), made.sums().totals())

    return replicas.read(made)


def sums(request: HealthRequest, principal: Principal, *, now: datetime) -> Sums:
    """What its totals are made of, where it's made in parts."""
    return replicas.read(lambda: _Run.of(request, principal, now=now, row_limit=None).sums())


@dataclass(frozen=True, slots=True)
class _Run:
    """All that the report is made of."""

    scope: Scope
    period: Period
    known: Mapping[Measure, Coverage]
    nights: Mapping[tuple[int, int], Night]
    clocks: Mapping[tuple[int, int], int]
    gaps: Mapping[tuple[int, int], Gaps]
    gaps_together: Gaps

    @classmethod
    def of(cls, request: HealthRequest, principal: Principal, *, now: datetime, row_limit: int | None) -> _Run:
        scope, known = coverage.of_stream(request, principal, STREAMS[0], now)
        count = len(scope.stores) * (request.end - request.start).days
        if row_limit is not None and count > row_limit:
            raise TooManyRows(count)
        others = {measure: coverage.of_stream(request, principal, measure, now)[1] for measure in STREAMS[1:]}
        period = Period.asked(request.of(STREAMS[0]), {store.trading.zone for store in scope.stores})
        found = gaps.within(scope, *_window(request, period), now) if scope.stores else []
        by_day, together = gaps.by_day(found, {store.pk: store for store in scope.stores}, period.cuts)
        all_known = {STREAMS[0]: known, **others}
        return cls(scope, period, all_known, nights(request, scope, now), clocks(request, scope), by_day, together)

    def rows(self) -> Iterator[Row]:
        """The rows, in the order of stores and days."""
        for store in self.scope.stores:
            cut = self.period.cuts[store.trading.zone]
            for (day, _), texts in zip(cut.days, cut.texts, strict=True):
                at = store.pk, day
                known = [self.known[measure].get(at, Known()) for measure in STREAMS]
                night = self.nights.get(at)
                yield [store.code, *texts, *_cells(night, self.clocks.get(at), self.gaps.get(at, Gaps()), known)]

    def sums(self) -> Sums:
        """Of all its stores together."""
        there = {store.pk for store in self.scope.stores}
        known = [sum(self.known[measure].values(), Known()) for measure in STREAMS]
        skews = [skew for (store_id, _), skew in self.clocks.items() if store_id in there]
        night = reduce(_both, self.nights.values()) if self.nights else None
        return Sums(night, _furthest(skews), self.gaps_together, known)


@dataclass(frozen=True, slots=True)
class Sums:
    """What stores and days have together: shares of all time, the highest of what is highest."""

    night: Night | None
    skew_ms: int | None
    gaps: Gaps
    known: Sequence[Known]

    def __add__(self, other: Sums) -> Sums:
        nights = [night for night in (self.night, other.night) if night]
        skews = [skew for skew in (self.skew_ms, other.skew_ms) if skew is not None]
        known = [a + b for a, b in zip(self.known, other.known, strict=True)]
        return Sums(reduce(_both, nights) if nights else None, _furthest(skews), self.gaps + other.gaps, known)

    def totals(self) -> Mapping[str, Any]:
        """As the report shows them."""
        return named(FIGURES, _cells(self.night, self.skew_ms, self.gaps, self.known))


def _both(one: Night, other: Night) -> Night:
    lowest = [night.lowest for night in (one, other) if night.lowest is not None]
    return Night(max(lowest, default=None), one.known + other.known)


def _furthest(skews_ms: Iterable[int]) -> int | None:
    return max(skews_ms, key=lambda ms: (abs(ms), ms), default=None)


def _window(request: HealthRequest, period: Period) -> tuple[datetime, datetime]:
    """Between which instants the days of all stores lie."""
    edges = [(quarter_start(cut.start), quarter_start(cut.end)) for cut in period.cuts.values()]
    return min(start for start, _ in edges), max(end for _, end in edges)


def _cells(night: Night | None, skew_ms: int | None, gaps_: Gaps, known: Sequence[Known]) -> Row:
    return [
        night.lowest if night else None,
        _share(night.known) if night else None,
        skew_ms,
        gaps_.healed,
        gaps_.healed_s,
        gaps_.open,
        gaps_.open_s,
        *(_share(of_stream) for of_stream in known),
    ]


def _share(known: Known) -> float | None:
    return figures.share(figures.coverage(known.covered_us, known.expected_us))
