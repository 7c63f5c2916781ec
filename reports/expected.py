"""Expected time: what coverage is measured against. Never in the future, never before a store opened. Pure.

What is expected of one zone is the same for all stores that share their hours, so it's computed once for each of these.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from weakref import ref

from reports.calendar import QUARTER_S, quarter_number, quarter_start
from reports.cuts import Cut
from reports.measures import MeasureSpec
from reports.remembered import remembered
from reports.trading import Day, Trading

_MICROSECOND = timedelta(microseconds=1)
_QUARTER_US = QUARTER_S * 1_000_000
_HOUR_US = 4 * _QUARTER_US
_HOUR_S = 4 * QUARTER_S
_FEW = 500
"""Buckets of a window for which it's kept, store by store, what is expected in them: those of 13 months by days."""


class Life(NamedTuple):
    """Since and until which quarter (by its number) a store or a zone is there; None: since ever, for ever."""

    since: int | None = None
    until: int | None = None

    def within(self, other: Life) -> Life:
        """The part that lies in another one."""
        if other == EVER:
            return self
        starts = [edge for edge in (self.since, other.since) if edge is not None]
        ends = [edge for edge in (self.until, other.until) if edge is not None]
        return Life(max(starts, default=None), min(ends, default=None))

    def holds(self, quarter: int) -> bool:
        """Whether it's there in a quarter."""
        return (self.since is None or self.since <= quarter) and (self.until is None or quarter < self.until)


def life_of(appeared_at: datetime | None, retired_at: datetime | None) -> Life:
    """A zone's: quarters that begin while it's there."""
    return Life(_first_after(appeared_at), _first_after(retired_at))


def _first_after(instant: datetime | None) -> int | None:
    return None if instant is None else -(-int(instant.timestamp()) // QUARTER_S)


EVER = Life()

Kinds = tuple[tuple[tuple[Trading, Life], int], ...]
"""How many zones there are of each kind: with such hours and such a life."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a report expects: samples up to this moment, intervals once they are over, hourly ones at hours of UTC.

    ``until`` is the first quarter of which nothing can be expected yet.
    """

    spec: MeasureSpec
    only_open: bool
    now: datetime
    until: int = field(init=False)

    def __post_init__(self) -> None:
        until = quarter_number(self.now)
        if self.spec.hourly:
            until = (int(self.now.timestamp()) - _HOUR_S) // QUARTER_S + 1
        elif self.spec.covered_unit_us == 1 and self._is_running(until):
            until += 1
        object.__setattr__(self, "until", until)

    def _is_running(self, quarter: int) -> bool:
        return quarter_start(quarter) < self.now

    def microseconds(self, trading: Trading, cut: Cut, life: Life) -> Sequence[int]:
        """Expected of one zone in each of the buckets."""
        since = life.since if life.since is not None and life.since > cut.start else None
        until = min(self.until, self.until if life.until is None else life.until)
        counts = _counted(trading, cut, since, until if until < cut.end else None, self.only_open, self.spec.hourly)
        if self.spec.hourly:
            return [count * _HOUR_US for count in counts]
        found = [count * _QUARTER_US for count in counts]
        self._shorten(found, trading, cut, Life(since, until))
        return found

    def together(self, kinds: Kinds, cut: Cut) -> Sequence[int]:
        """Expected of all these zones in each of the buckets. Of a window that's over it's kept: that never changes."""
        if cut.end <= min(self.until, quarter_number(self.now)):
            return _together(kinds, ref(cut), self.only_open, self.spec.hourly)
        sums = [0] * len(cut)
        for (trading, life), count in kinds:
            of_one = self.microseconds(trading, cut, life)
            sums = [a + count * b for a, b in zip(sums, of_one, strict=True)]
        return sums

    def _shorten(self, found: list[int], trading: Trading, cut: Cut, life: Life) -> None:
        """Of samples the running quarter is expected up to this moment."""
        running = quarter_number(self.now)
        if self.spec.covered_unit_us != 1 or not self._is_running(running) or not cut.start <= running < cut.end:
            return
        if (life.since is not None and running < life.since) or (life.until is not None and running >= life.until):
            return
        if self.only_open and not trading.is_open(running):
            return
        place = bisect_right(cut.starts, running) - 1
        if running < cut.edges[place][1]:
            found[place] -= _QUARTER_US - (self.now - quarter_start(running)) // _MICROSECOND


# What is kept here doesn't keep the windows that it's of.
@remembered(buckets=100_000)
def _together(kinds: Kinds, of: ref[Cut], only_open: bool, hourly: bool) -> Sequence[int]:
    cut = _held(of)
    sums = [0] * len(cut)
    for (trading, life), count in kinds:
        since = life.since if life.since is not None and life.since > cut.start else None
        until = life.until if life.until is not None and life.until < cut.end else None
        of_one = _counted(trading, cut, since, until, only_open, hourly)
        sums = [a + count * b for a, b in zip(sums, of_one, strict=True)]
    unit_us = _HOUR_US if hourly else _QUARTER_US
    return [quarters * unit_us for quarters in sums]


def _counted(
    trading: Trading, cut: Cut, since: int | None, until: int | None, only_open: bool, hourly: bool
) -> tuple[int, ...]:
    counts = _kept_counts if len(cut) <= _FEW else _counts
    return counts(trading, ref(cut), since, until, only_open, hourly)


def _counts(
    trading: Trading, of: ref[Cut], since: int | None, until: int | None, only_open: bool, hourly: bool
) -> tuple[int, ...]:
    """How many quarters are expected in each bucket, or of hourly intervals how many hours."""
    cut = _held(of)
    if not cut.edges:
        return ()
    if cut.days:
        first, last = cut.days[0][0], cut.days[-1][1]
        per_day = [
            _kept(_bits(day, only_open, hourly), day, since, until).bit_count() for day in trading.days(first, last)
        ]
        return tuple(sum(per_day[a - first : b - first]) for a, b in cut.days)
    bits = _stretch(trading, cut, only_open, hourly, since, until)
    base = cut.start
    return tuple(((bits >> (a - base)) & ((1 << (b - a)) - 1)).bit_count() for a, b in cut.edges)


_kept_counts = lru_cache(maxsize=32_768)(_counts)


def _held(of: ref[Cut]) -> Cut:
    cut = of()
    assert cut is not None
    return cut


def _bits(day: Day, only_open: bool, hourly: bool) -> int:
    bits = day.open if only_open else day.all
    return day.hours(bits) if hourly else bits


def _kept(bits: int, day: Day, since: int | None, until: int | None) -> int:
    """Of a day's quarters those from ``since`` on and before ``until``."""
    if until is not None and until < day.end:
        bits &= (1 << max(0, until - day.start)) - 1
    if since is not None and since > day.start:
        bits &= ~((1 << (since - day.start)) - 1)
    return bits


def _stretch(trading: Trading, cut: Cut, only_open: bool, hourly: bool, since: int | None, until: int | None) -> int:
    """The quarters of the whole cut as bits, from its first one on."""
    stretch = 0
    for day in trading.days_between(cut.start, cut.end):
        bits = _kept(_bits(day, only_open, hourly), day, since, until)
        ahead = day.start - cut.start
        stretch |= bits << ahead if ahead >= 0 else bits >> -ahead
    return stretch
