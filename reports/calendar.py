"""Days, weeks and changes of the clock: how time is cut into buckets. Pure.

Quarters of an hour are aligned to UTC, which fits every zone's offset. Hours and days are the store's own: on the day
when the clock is put back the repeated hour is two buckets, and a day has 92, 96 or 100 quarters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

QUARTER = timedelta(minutes=15)
QUARTER_S = 900
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open stretch of time in UTC."""

    start: datetime
    end: datetime


Bucket = Window
"""One bucket of a report: a half-open stretch of time in UTC."""


def quarter_of(instant: datetime) -> datetime:
    """The start of the quarter of an hour that the instant lies in."""
    seconds = QUARTER.total_seconds()
    return datetime.fromtimestamp(instant.timestamp() // seconds * seconds, UTC)


def quarters(start: datetime, end: datetime) -> list[datetime]:
    """The starts of the quarters that begin within ``[start, end)``."""
    return list(_steps(start if quarter_of(start) == start else quarter_of(start) + QUARTER, end))


def _steps(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += QUARTER


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day: midnight, or when the clock skips midnight the first time there is."""
    midnight = datetime.combine(day, time(0), zone)
    start = midnight.astimezone(UTC)
    if start.astimezone(zone).date() == day:
        return start
    return _first_instant(day, zone)


def _first_instant(day: date, zone: ZoneInfo) -> datetime:
    """The first quarter that lies on a local day."""
    candidate = datetime.combine(day, time(0), UTC) - _DAY
    while candidate.astimezone(zone).date() < day:
        candidate += QUARTER
    return candidate


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """The local day of an instant."""
    return instant.astimezone(zone).date()


def hour_start(instant: datetime, zone: ZoneInfo) -> datetime:
    """The start of the hour that the store's clock shows at this instant."""
    local = instant.astimezone(zone)
    start = instant.astimezone(UTC) - timedelta(
        minutes=local.minute, seconds=local.second, microseconds=local.microsecond
    )
    if start.astimezone(zone).utcoffset() == local.utcoffset():
        return start
    # The clock was changed within this hour (by half an hour, on Lord Howe): its bucket begins with the change.
    return _change_before(instant, zone)


def _change_before(instant: datetime, zone: ZoneInfo) -> datetime:
    """The last change of the clock at or before the instant, which lies less than an hour back."""
    offset = instant.astimezone(zone).utcoffset()
    quarter = quarter_of(instant)
    while (quarter - QUARTER).astimezone(zone).utcoffset() == offset:
        quarter -= QUARTER
    return quarter


def bucket_start(instant: datetime, granularity: str, zone: ZoneInfo) -> datetime:
    """The start of the bucket (``15m``, ``hour``, ``day``, ``week``, ``month``) that the instant lies in."""
    if granularity in ("15m", "quarter"):
        return quarter_of(instant)
    if granularity == "hour":
        return hour_start(instant, zone)
    return day_start(_first_day(local_day(instant, zone), granularity), zone)


def bucket_end(start: datetime, granularity: str, zone: ZoneInfo) -> datetime:
    """The end of the bucket that starts here."""
    if granularity in ("15m", "quarter"):
        return start + QUARTER
    if granularity == "hour":
        return _hour_end(start, zone)
    return day_start(_next_first_day(local_day(start, zone), granularity), zone)


def _hour_end(start: datetime, zone: ZoneInfo) -> datetime:
    end = start + QUARTER
    while hour_start(end, zone) == start:
        end += QUARTER
    return end


def _first_day(day: date, granularity: str) -> date:
    if granularity == "week":
        return day - timedelta(days=day.isoweekday() - 1)
    return day.replace(day=1) if granularity == "month" else day


def _next_first_day(day: date, granularity: str) -> date:
    lengths = {"day": 1, "week": 7, "month": 31}
    return _first_day(_first_day(day, granularity) + timedelta(days=lengths[granularity]), granularity)


def window_for(start: date | datetime, end: date | datetime, zone: ZoneInfo) -> Window:
    """A report's window for a store: dates are its own local days, instants (aware) are what they are."""
    return Window(_edge(start, zone), _edge(end, zone))


def _edge(edge: date | datetime, zone: ZoneInfo) -> datetime:
    return edge.astimezone(UTC) if isinstance(edge, datetime) else day_start(edge, zone)


def buckets(window: Window, granularity: str, zone: ZoneInfo) -> list[Bucket]:
    """The buckets of a window, clipped to it; for ``total`` the window itself. They partition it."""
    if granularity == "total":
        return [window] if window.start < window.end else []
    cut, start = [], window.start
    while start < window.end:
        end = bucket_end(bucket_start(start, granularity, zone), granularity, zone)
        cut.append(Bucket(start, min(end, window.end)))
        start = end
    return cut


def quarter_number(instant: datetime) -> int:
    """Which quarter of an hour since 1970 the instant lies in."""
    return int(instant.timestamp() // QUARTER_S)


def quarter_start(number: int) -> datetime:
    """Where a quarter begins, by its number."""
    return datetime.fromtimestamp(number * QUARTER_S, UTC)


@lru_cache(maxsize=65_536)
def day_quarters(day: int, zone: ZoneInfo) -> tuple[int, int]:
    """The numbers of the first quarter of a local day, given by its ordinal, and of the first one after it."""
    date_ = date.fromordinal(day)
    return quarter_number(day_start(date_, zone)), quarter_number(day_start(date_ + _DAY, zone))


def day_of_quarter(number: int, zone: ZoneInfo) -> int:
    """The ordinal of the local day that a quarter lies on."""
    return datetime.fromtimestamp(number * QUARTER_S, zone).toordinal()
