"""A report as it leaves the engine: what was asked, named and typed columns, rows that can be passed through once, totals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from reports.measures import Column, MeasureSpec
from reports.request import ReportRequest

ROW_LIMIT = 50_000
Kind = Literal["text", "instant", "clock", "whole", "number", "share"]
Row = Sequence[Any]
"""A cell for each column; instants are text as RFC 3339 writes them. None where nothing is known."""

KEYS: dict[str, tuple[str, ...]] = {
    "store": ("store",),
    "zone": ("store", "zone"),
    "region": ("region",),
    "chain": (),
}
PROFILE_COLUMNS: dict[str, tuple[str, ...]] = {
    "hour_of_day": ("hour_of_day",),
    "day_of_week": ("day_of_week",),
    "hour_of_week": ("hour_of_week", "day_of_week", "hour_of_day"),
}
_KINDS: dict[str, Kind] = {"share": "share", "instant": "instant", "milliseconds": "whole", "breaches": "whole", "visits": "whole"}  # fmt: skip
_WHOLE = frozenset({"visitors_in", "visitors_out", "peak_occupancy", "peak_length", "longest_wait_ms", "count"})


class TooManyRows(Exception):
    """The report would have more rows than one answer may hold."""

    def __init__(self, rows: int) -> None:
        super().__init__(f"The report would have {rows:,} rows; at most {ROW_LIMIT:,} fit into one answer.")


@dataclass(frozen=True, slots=True)
class ReportColumn:
    """A column of a report. Those ``under`` a name are an object of that name in JSON."""

    name: str
    kind: Kind
    unit: str = ""
    under: str = ""

    @property
    def path(self) -> str:
        """What it's ordered by: ``visitors_in``, ``change.visitors_in``."""
        return f"{self.under}.{self.name}" if self.under else self.name


COVERAGE = ReportColumn("coverage", "share", "share")


@dataclass(frozen=True, slots=True)
class Report:
    """A report's answer. ``rows`` is passed through once; totals are there at once."""

    request: ReportRequest
    as_of: datetime
    columns: Sequence[ReportColumn]
    rows: Iterable[Row]
    totals: Mapping[str, Any]
    figures: Sequence[ReportColumn] = field(default_factory=tuple)
    """The columns that are figures of the measure, without what they're compared with."""


def columns_of(spec: MeasureSpec, request: ReportRequest) -> list[ReportColumn]:
    """The columns of a report of samples or intervals, in their order."""
    figures = [figure_column(column, per_occurrence=request.is_profile) for column in spec.columns]
    peak = [ReportColumn("peak_store", "text")] if spec.peaks and not request.by_place else []
    return [*_names_of(request), *figures, *peak, COVERAGE, *_compared(request, figures)]


def columns_of_paths(request: ReportRequest) -> list[ReportColumn]:
    """The columns of the report on paths."""
    count = ReportColumn("count", "number" if request.is_profile else "whole", "people")
    figures = [count, share_column()]
    pair = [ReportColumn("from_zone", "text"), ReportColumn("to_zone", "text")]
    by = replace(request, by="store") if request.by == "zone" else request
    return [*_names_of(by), *pair, *figures, COVERAGE, *_compared(request, figures)]


def share_column() -> ReportColumn:
    """Of all who went on from a zone, the share of a path."""
    return ReportColumn("share", "share", "share")


def _names_of(request: ReportRequest) -> list[ReportColumn]:
    edge: Kind = "instant" if request.by_place else "clock"
    columns = [ReportColumn(name, "text") for name in KEYS[request.by]]
    columns += [ReportColumn("start", edge), ReportColumn("end", edge)]
    if request.is_profile:
        columns += [ReportColumn(name, "whole") for name in (*PROFILE_COLUMNS[request.granularity], "occurrences")]
    return columns


def _compared(request: ReportRequest, figures: Sequence[ReportColumn]) -> list[ReportColumn]:
    if not request.compare:
        return []
    before = [replace(column, under="previous") for column in (*figures, COVERAGE)]
    return [*before, *(ReportColumn(item.name, "share", "share", "change") for item in comparable(figures))]


def figures_of(spec: MeasureSpec) -> list[ReportColumn]:
    """The figures of a measure."""
    return [figure_column(column) for column in spec.columns]


def figure_column(column: Column, *, per_occurrence: bool = False) -> ReportColumn:
    """A figure's column; the mean of whole numbers is none."""
    kind = _KINDS.get(column.unit, "whole" if column.name in _WHOLE else "number")
    if per_occurrence and column.additive:
        kind = "number"
    return ReportColumn(column.name, kind, column.unit)


def comparable(columns: Sequence[ReportColumn]) -> list[ReportColumn]:
    """Those of which it can be said by how much they changed."""
    return [column for column in columns if column.kind in ("whole", "number", "share")]
