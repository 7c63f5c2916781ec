"""Hours, days and months of stores' own clocks that quarters lie in."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from reports import calendar
from reports.calendar import day_start, quarter_start


class Span(NamedTuple):
    """An hour, a day or a month: two instants, half-open, and what the store's clock shows at its start."""

    start: datetime
    end: datetime
    local: datetime


@lru_cache(maxsize=65_536)
def hour_of(quarter: int, zone: ZoneInfo) -> Span:
    """The hour that a quarter lies in."""
    start = calendar.hour_start(quarter_start(quarter), zone)
    local = start.astimezone(zone).replace(minute=0, tzinfo=None, fold=0)
    return Span(start, calendar.bucket_end(start, "hour", zone).astimezone(UTC), local)


@lru_cache(maxsize=65_536)
def day_of(quarter: int, zone: ZoneInfo) -> Span:
    """The day that a quarter lies in."""
    return day_span(calendar.day_of_quarter(quarter, zone), zone)


@lru_cache(maxsize=65_536)
def day_span(ordinal: int, zone: ZoneInfo) -> Span:
    """A local day, by its ordinal."""
    day = date.fromordinal(ordinal)
    return Span(day_start(day, zone), day_start(day + timedelta(days=1), zone), datetime.combine(day, time(0)))


@lru_cache(maxsize=65_536)
def month_of(day: datetime, zone: ZoneInfo) -> Span:
    """The month that a local day lies in."""
    first = day.date().replace(day=1)
    next_first = (first + timedelta(days=31)).replace(day=1)
    return Span(day_start(first, zone), day_start(next_first, zone), datetime.combine(first, time(0)))
