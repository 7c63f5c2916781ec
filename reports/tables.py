"""A report as a table: what was asked, its columns, and the name of its file."""

from __future__ import annotations

import re
from typing import Any

from reports.formats import Column, Format, Kind, Table
from reports.queries import Report
from reports.request import ReportRequest


def table_of(report: Report) -> Table:
    """The report as a table; its rows are passed through once, as the report's own are."""
    head = {
        **asked(report.request),
        "as_of": report.as_of.isoformat(),
        "columns": [{"name": column.name, "unit": column.unit} for column in report.figures],
    }
    columns = [Column(column.name, Kind(column.kind), column.unit, column.under) for column in report.columns]
    return Table(head, columns, report.rows, report.totals)


def asked(request: ReportRequest) -> dict[str, Any]:
    """A report's request, in full, by the names that it's asked for with."""
    return {
        "report": request.measure.value,
        "start": request.start.isoformat(),
        "end": request.end.isoformat(),
        "granularity": request.granularity,
        "by": request.by,
        "hours": request.hours,
        "store": list(request.stores),
        "region": list(request.regions),
        "tag": list(request.tags),
        "zone": list(request.zones),
        "compare": request.compare or None,
        "like_for_like": request.like_for_like,
        "order": request.order or None,
        "limit": request.limit,
    }


def file_name(request: ReportRequest, format: Format) -> str:
    """What the file is called: report, window, by; of characters that every file system takes."""
    window = "_".join(re.sub(r"[^0-9T+-]", "", edge.isoformat()) for edge in (request.start, request.end))
    return f"{request.measure.value}_{window}_by-{request.by}.{format.name}"
