"""A report as a table: its columns with their kinds, what was asked, and the name of its file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from reports.formats import Column, Format, Kind, Table
from reports.formats.table import Row as Cells
from reports.measures import Column as Figure
from reports.queries import Report, Row
from reports.request import ReportRequest

_KINDS = {
    "instant": Kind.INSTANT,
    "share": Kind.SHARE,
    "milliseconds": Kind.WHOLE,
    "visits": Kind.WHOLE,
    "breaches": Kind.WHOLE,
}
_WHOLE_PEOPLE = ("visitors_", "peak_")


def table_of(report: Report, rows: Iterable[Row] | None = None) -> Table:
    """The report as a table; with other rows of the same report, if they are given."""
    cells = map(_cells, report.rows if rows is None else rows)
    return Table(_head(report), columns_of(report), cells, _as_text(report.totals))


def columns_of(report: Report) -> Sequence[Column]:
    """Whose row it is, when, its figures, and how much is known of it."""
    edge = Kind.INSTANT if _has_offsets(report.request) else Kind.CLOCK
    owner = report.spec.peak and report.request.by in ("region", "chain")
    return (
        *(Column(name, Kind.TEXT) for name in report.key_names),
        *(Column(name, edge) for name in ("start", "end")),
        *(Column(figure.name, _kind(figure), figure.unit) for figure in report.spec.columns),
        *([Column("peak_store", Kind.TEXT)] if owner else []),
        Column("coverage", Kind.SHARE, "share"),
    )


def _has_offsets(request: ReportRequest) -> bool:
    """Whether rows begin and end at an instant, or at a time that several stores' clocks show."""
    return request.by in ("store", "zone") or (request.granularity == "total" and isinstance(request.start, datetime))


def _kind(figure: Figure) -> Kind:
    if figure.unit == "people" and figure.name.startswith(_WHOLE_PEOPLE):
        return Kind.WHOLE
    return _KINDS.get(figure.unit, Kind.NUMBER)


def _head(report: Report) -> dict[str, Any]:
    request = report.request
    return {
        "report": request.measure.value,
        "start": request.start.isoformat(),
        "end": request.end.isoformat(),
        "granularity": request.granularity,
        "by": request.by,
        "hours": request.hours,
        "as_of": report.as_of.isoformat(),
        "columns": [{"name": column.name, "unit": column.unit} for column in report.spec.columns],
    }


def _cells(row: Row) -> Cells:
    return (*row.keys.values(), row.start, row.end, *row.figures.values(), row.coverage)


def _as_text(totals: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in totals.items()}


def file_name(request: ReportRequest, format: Format) -> str:
    """What the file is called: report, window, by; of characters that every file system takes."""
    window = "_".join(re.sub(r"[^0-9T+-]", "", edge.isoformat()) for edge in (request.start, request.end))
    return f"{request.measure.value}_{window}_by-{request.by}.{format.name}"
