"""Reports for pages: asked for by what a page shows, as rows with names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ingest.models import Measure
from reports import queries
from reports.request import ReportRequest
from sites_app.access import Principal

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure that stores are compared by. ``adds_up``: it makes sense per square metre and per hour."""

    name: str
    title: str | Promise
    measure: Measure
    unit: str
    adds_up: bool = False
    less_is_better: bool = False


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("visitors_in", _("Visitors"), Measure.FOOTFALL, "number", adds_up=True),
        Metric("average_occupancy", _("Average occupancy"), Measure.OCCUPANCY, "number"),
        Metric("peak_occupancy", _("Peak occupancy"), Measure.OCCUPANCY, "number"),
        Metric("average_utilisation", _("Utilisation of the capacity"), Measure.OCCUPANCY, "share"),
        Metric("person_hours", _("Hours spent in the store"), Measure.OCCUPANCY, "number", adds_up=True),
        Metric("service_level", _("Queues within their threshold"), Measure.QUEUES, "share"),
        Metric("average_wait_ms", _("Average wait"), Measure.QUEUES, "duration", less_is_better=True),
        Metric("average_dwell_ms", _("Average stay"), Measure.DWELL, "duration"),
    )
}


def rows_of(request: ReportRequest, principal: Principal, now: datetime) -> list[Row]:
    """A report's rows."""
    report = queries.run(request, principal, now=now)
    return [queries.named(report.columns, row) for row in report.rows]


def clock_of(row: Row) -> str:
    """When a row's bucket begins, as its clock shows it: ``09:15``."""
    return str(row["start"])[11:16]


def known(values: Sequence[Any]) -> list[Any]:
    """Those that are known."""
    return [value for value in values if value is not None]
