"""A store's days as bits: which of a day's quarters of an hour are open.

Many stores share their hours, so days are computed once for each clock and set of hours and kept by the process. They are
what tells open quarters from closed ones as rollups are made, and what coverage is measured against. Pure.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from reports.calendar import QUARTER_S, day_of_quarter, day_quarters
from sites_app.hours import Opening, Special, TradingHours, clock_of

_DAY = timedelta(days=1)
_KEPT_DAYS = 2_000
"""More than five years, as long as facts are kept: a report of two centuries isn't remembered whole."""
_EACH_FOURTH = sum(1 << bit for bit in range(0, 128, 4))


class Day(NamedTuple):
    """A local day: the numbers of its first quarter and of the first one after it, and its quarters as bits from 0 on."""

    start: int
    end: int
    open: int

    @property
    def all(self) -> int:
        """All of its quarters."""
        return (1 << (self.end - self.start)) - 1

    def hours(self, quarters: int) -> int:
        """Those of the quarters with which an hour of UTC begins."""
        return quarters & (_EACH_FOURTH << (-self.start % 4))


class Trading:
    """When a store trades, day by day. Days are given by their ordinals."""

    __slots__ = ("_days", "_hours", "zone")

    def __init__(self, hours: TradingHours) -> None:
        self.zone = clock_of(hours.timezone)
        self._hours = hours
        self._days: dict[int, Day] = {}

    def day(self, ordinal: int) -> Day:
        """A local day."""
        found = self._days.get(ordinal)
        if found is None:
            if len(self._days) >= _KEPT_DAYS:
                self._days.clear()
            found = self._days[ordinal] = self._make(ordinal)
        return found

    def days(self, first: int, last: int) -> list[Day]:
        """The local days in ``[first, last)``."""
        known = self._days
        return [known.get(ordinal) or self.day(ordinal) for ordinal in range(first, last)]

    def days_between(self, start: int, end: int) -> list[Day]:
        """The local days that quarters in ``[start, end)`` lie on, by their numbers."""
        if start >= end:
            return []
        return self.days(day_of_quarter(start, self.zone), day_of_quarter(end - 1, self.zone) + 1)

    def is_open(self, number: int) -> bool:
        """Whether the quarter of this number is open."""
        day = self.day(datetime.fromtimestamp(number * QUARTER_S, self.zone).toordinal())
        return bool(day.open >> (number - day.start) & 1)

    def open_between(self, start: int, end: int) -> int:
        """How many of the quarters in ``[start, end)`` are open."""
        days = self.days_between(start, end)
        if not days:
            return 0
        before, after = max(0, start - days[0].start), max(0, days[-1].end - end)
        cut = (days[0].open & ((1 << before) - 1)).bit_count()
        cut += (days[-1].open >> (days[-1].end - days[-1].start - after)).bit_count()
        return sum(day.open.bit_count() for day in days) - cut

    def _make(self, ordinal: int) -> Day:
        start, end = day_quarters(ordinal, self.zone)
        if not self._hours.weekly and not self._hours.special:
            return Day(start, end, (1 << (end - start)) - 1)
        day, bits = date.fromordinal(ordinal), 0
        # What opened the day before can close after midnight.
        for opens, closes in [*self._hours.open_spans(day - _DAY), *self._hours.open_spans(day)]:
            first = max(start, int(opens.timestamp() // QUARTER_S))
            last = min(end, int(-(-closes.timestamp() // QUARTER_S)))
            if first < last:
                bits |= (1 << (last - start)) - (1 << (first - start))
        return Day(start, end, bits)


@lru_cache(maxsize=16_384)
def trading(hours: TradingHours) -> Trading:
    """The days of these hours; the same hours share them."""
    return Trading(hours)


@lru_cache(maxsize=16_384)
def trading_as_written(text: str) -> Trading:
    """The days of hours as they are written by ``sql/settings.sql``."""
    timezone, weekly, special = text.split("|")
    return trading(
        TradingHours(
            timezone,
            tuple(sorted(_opening(part) for part in weekly.split(";") if part)),
            tuple(_special(part) for part in special.split(";") if part),
        )
    )


def _opening(text: str) -> Opening:
    weekday, _, times = text.partition(" ")
    opens, closes = times.split("-")
    return Opening(int(weekday), time.fromisoformat(opens), time.fromisoformat(closes))


def _special(text: str) -> Special:
    day, _, times = text.partition(" ")
    if times == "off":
        return Special(date.fromisoformat(day), None, None)
    opens, closes = times.split("-")
    return Special(date.fromisoformat(day), time.fromisoformat(opens), time.fromisoformat(closes))


@lru_cache(maxsize=8_192)
def changed_days(before: str, after: str, first: int, last: int) -> tuple[int, ...]:
    """The local days in ``[first, last]`` whose quarters differ, by ordinal; with another clock all of them."""
    old, new = trading_as_written(before), trading_as_written(after)
    if old.zone.key != new.zone.key:
        return tuple(range(first - 1, last + 2))
    return tuple(day for day in range(first, last + 1) if old.day(day) != new.day(day))
