"""League tables: rows by any column, and only so many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice

from reports.queries.report import ReportColumn, Row
from reports.request import HealthRequest, ReportRequest


def ordered(
    request: ReportRequest | HealthRequest, columns: Sequence[ReportColumn], rows: Iterable[Row]
) -> Iterable[Row]:
    """Rows by a column, nulls last either way; rows that are equal stay in the order of names and time."""
    if request.order:
        name, descending = request.order.removeprefix("-"), request.order.startswith("-")
        place = next(place for place, column in enumerate(columns) if column.path == name)
        known: list[Row] = []
        unknown: list[Row] = []
        for row in rows:
            (unknown if row[place] is None else known).append(row)
        in_time = columns[place].kind in ("instant", "clock")
        known.sort(key=lambda row: _instant(row[place]) if in_time else row[place], reverse=descending)
        rows = [*known, *unknown]
    return rows if request.limit is None else islice(rows, request.limit)


def _instant(text: str) -> datetime:
    """Text with different offsets isn't in the order of time."""
    return datetime.fromisoformat(text)
