"""Trading hours as quarters of an hour: a quarter that overlaps the hours is open.

Hours are written on the store's own clock. Where it's put back a time can come twice: an opening then means the first,
a closing the last of them. Where it's put forward a time can be missing: it then means the moment of the change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

QUARTER = timedelta(minutes=15)
_DAY = timedelta(days=1)
YEARS = range(1800, 2201)
"""Those that a store's dates may lie in. Some programs write 9999 for never, and beyond it there is no calendar."""

Span = tuple[datetime, datetime]
"""A half-open stretch of time in UTC."""


@cache
def clock_of(timezone: str) -> ZoneInfo:
    """The clock of a time zone. It's kept: of itself ``ZoneInfo`` keeps eight, and a chain in more reads files all the time."""
    return ZoneInfo(timezone)


@dataclass(frozen=True, slots=True, order=True)
class Opening:
    """A stretch of a weekday (1 Monday – 7 Sunday); closing at or before opening is past midnight."""

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Special:
    """The hours of one date, in place of the weekly ones; without times the store is closed that day."""

    date: date
    opens: time | None
    closes: time | None


@dataclass(frozen=True, slots=True)
class TradingHours:
    """When a store trades. Without any weekly hours it always does, but for special dates."""

    timezone: str
    weekly: tuple[Opening, ...] = ()
    special: tuple[Special, ...] = ()
    _days: dict[date, frozenset[datetime]] = field(default_factory=dict, compare=False, repr=False)

    def open_spans(self, day: date) -> list[Span]:
        """The stretches that begin on this local day, in order."""
        return sorted(self._span(day, opens, closes) for opens, closes in self._times(day))

    def is_open(self, quarter: datetime) -> bool:
        """Whether the quarter that starts at this instant overlaps the trading hours."""
        if not self.weekly and not self.special:
            return True
        return quarter in self._quarters(self._local_day(quarter))

    def is_trading(self, instant: datetime) -> bool:
        """Whether the store is open at this very moment; quarters round that up."""
        day = self._local_day(instant)
        spans = [*self.open_spans(day - _DAY), *self.open_spans(day)]
        return any(start <= instant < end for start, end in spans)

    def open_quarters(self, start: datetime, end: datetime) -> list[datetime]:
        """The starts of the open quarters within ``[start, end)``, in order."""
        return [quarter for quarter in _quarters_between(start, end) if self.is_open(quarter)]

    def _times(self, day: date) -> list[tuple[time, time]]:
        special = [item for item in self.special if item.date == day]
        if special:
            return [(item.opens, item.closes) for item in special if item.opens is not None and item.closes is not None]
        if not self.weekly:
            return [(time(0), time(0))]
        return [(item.opens, item.closes) for item in self.weekly if item.weekday == day.isoweekday()]

    def _span(self, day: date, opens: time, closes: time) -> Span:
        zone = clock_of(self.timezone)
        last_day = day if closes > opens else day + _DAY
        return _readings(day, opens, zone)[0], _readings(last_day, closes, zone)[-1]

    def _quarters(self, day: date) -> frozenset[datetime]:
        """The open quarters of a local day, those of hours that began the day before included."""
        if day not in self._days:
            spans = [*self.open_spans(day - _DAY), *self.open_spans(day)]
            quarters = (quarter for start, end in spans for quarter in _quarters_between(_floor(start), end))
            self._days[day] = frozenset(quarter for quarter in quarters if self._local_day(quarter) == day)
        return self._days[day]

    def _local_day(self, instant: datetime) -> date:
        return instant.astimezone(clock_of(self.timezone)).date()


def _readings(day: date, clock: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When the store's clock shows this time, first and last; for a time that is skipped when it's changed."""
    first, last = (datetime.combine(day, clock.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1))
    if first <= last:
        return first, last
    change, later = _floor(last), first.astimezone(zone).utcoffset()
    while change.astimezone(zone).utcoffset() != later:
        change += QUARTER
    return change, change


def _floor(instant: datetime) -> datetime:
    seconds = QUARTER.total_seconds()
    return datetime.fromtimestamp(instant.timestamp() // seconds * seconds, UTC)


def _quarters_between(start: datetime, end: datetime) -> Iterator[datetime]:
    """The quarters that start within ``[start, end)``, in UTC."""
    quarter = _floor(start)
    if quarter < start:
        quarter += QUARTER
    while quarter < end:
        yield quarter
        quarter += QUARTER
