"""The report on the data itself as a table: what was asked, its columns, and the name of its file."""

from __future__ import annotations

from typing import Any

from reports.formats import Column, Format, Kind, Table
from reports.health.report import HealthReport
from reports.request import HealthRequest


def table_of(report: HealthReport) -> Table:
    """The report as a table; its rows are passed through once."""
    head = {
        **asked(report.request),
        "as_of": report.as_of.isoformat(),
        "columns": [{"name": column.path, "unit": column.unit} for column in report.figures],
    }
    columns = [Column(column.name, Kind(column.kind), column.unit, column.under) for column in report.columns]
    return Table(head, columns, report.rows, report.totals)


def asked(request: HealthRequest) -> dict[str, Any]:
    """Its request, in full, by the names that it's asked for with."""
    return {
        "report": "health",
        "start": request.start.isoformat(),
        "end": request.end.isoformat(),
        "granularity": "day",
        "by": "store",
        "hours": request.hours,
        "store": list(request.stores),
        "region": list(request.regions),
        "tag": list(request.tags),
        "order": request.order or None,
        "limit": request.limit,
    }


def file_name(request: HealthRequest, format: Format) -> str:
    """What the file is called."""
    return f"health_{request.start}_{request.end}_by-store.{format.name}"
