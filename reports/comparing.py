"""The period that a report is compared with, and how its buckets answer to those of the report. Pure.

Days answer to days: those as many before, or of the same date a year before (of 29 February none does). Longer buckets
answer to what lies between the days that their edges answer to, hours to what a clock showed as the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from reports.request import Compare, Edge, ReportRequest

_WEEKDAY_YEAR = timedelta(days=364)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Shift:
    """How far back the other period lies: a length of time, or (None) the same date a year before."""

    length: timedelta | None

    def edge(self, day: date) -> date:
        """The day that the other period's bucket begins or ends with."""
        if self.length is not None:
            return day - self.length
        return day.replace(year=day.year - 1) if _is_in_last_year(day) else date(day.year - 1, 3, 1)

    def day(self, day: date) -> date | None:
        """The day of the other period that answers to a day."""
        return self.edge(day) if self.length is not None or _is_in_last_year(day) else None

    def forward(self, day: date) -> date | None:
        """The day that a day of the other period answers to."""
        if self.length is not None:
            return day + self.length
        try:
            return day.replace(year=day.year + 1)
        except ValueError:
            return None


def _is_in_last_year(day: date) -> bool:
    return (day.month, day.day) != (2, 29)


def shift_of(request: ReportRequest) -> Shift | None:
    """How the report is compared."""
    if not request.compare:
        return None
    return Shift(_length(request.compare, request.start, request.end))


def _length(compare: Compare, start: Edge, end: Edge) -> timedelta | None:
    if compare == "previous_period":
        return end - start  # type: ignore[operator]  # two of a kind
    if compare == "previous_year_weekday":
        return _WEEKDAY_YEAR
    # Instants have no clock whose dates would answer to each other: they all lie as far back as the first.
    return start - _year_before(start) if isinstance(start, datetime) else None


def _year_before(instant: datetime) -> datetime:
    if _is_in_last_year(instant.date()):
        return instant.replace(year=instant.year - 1)
    return (instant + _DAY).replace(year=instant.year - 1)


def previous_window(request: ReportRequest, shift: Shift) -> tuple[Edge, Edge]:
    """The other period's edges."""
    start, end = request.start, request.end
    if isinstance(start, datetime) and isinstance(end, datetime):
        assert shift.length is not None
        return start - shift.length, end - shift.length
    return shift.edge(start), shift.edge(end)
