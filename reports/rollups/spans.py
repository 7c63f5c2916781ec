"""Hours, days and months of stores' own clocks that quarters lie in."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from reports import calendar
from reports.calendar import day_quarters, quarter_number, quarter_start


class Span(NamedTuple):
    """An hour, a day or a month: its first quarter and the first after it, and what the store's clock shows at its start,
    in seconds since that showed 1970."""

    start: int
    end: int
    local: int


@lru_cache(maxsize=65_536)
def hour_of(quarter: int, zone: ZoneInfo) -> Span:
    """The hour that a quarter lies in."""
    start = calendar.hour_start(quarter_start(quarter), zone)
    end = calendar.bucket_end(start, "hour", zone)
    return Span(quarter_number(start), quarter_number(end), _shown(start.astimezone(zone).replace(minute=0)))


@lru_cache(maxsize=65_536)
def day_of(quarter: int, zone: ZoneInfo) -> int:
    """The day that a quarter lies in, as its ordinal."""
    return calendar.day_of_quarter(quarter, zone)


@lru_cache(maxsize=65_536)
def day_span(ordinal: int, zone: ZoneInfo) -> Span:
    """A local day."""
    return Span(*day_quarters(ordinal, zone), _midnight(date.fromordinal(ordinal)))


@lru_cache(maxsize=65_536)
def month_of(ordinal: int, zone: ZoneInfo) -> Span:
    """The month that a local day lies in."""
    first = date.fromordinal(ordinal).replace(day=1)
    next_first = (first + timedelta(days=31)).replace(day=1)
    starts, ends = (day_quarters(day.toordinal(), zone)[0] for day in (first, next_first))
    return Span(starts, ends, _midnight(first))


def _midnight(day: date) -> int:
    return _shown(datetime.combine(day, time(0)))


def _shown(local: datetime) -> int:
    return int(local.replace(tzinfo=UTC, fold=0).timestamp())
