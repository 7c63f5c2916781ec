"""What is asked of a controller: windows and intervals, read as strictly as a controller reads them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from reports.facade.refusals import Refused

MAX_WINDOW = timedelta(days=7)
QUARTER, HOUR, DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = range(2000, 2200)
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_DURATION = re.compile(
    r"P(?=[0-9]|T[0-9])(?:([0-9]{1,4})D)?(?:T(?=[0-9])(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,9})S)?)?"
)

Params = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Intervals:
    """The intervals of a length, aligned to UTC, that start in a window: ``start`` and ``end`` are their outer edges."""

    step: timedelta
    start: datetime
    end: datetime

    def __len__(self) -> int:
        return max(0, (self.end - self.start) // self.step)

    def before(self, instant: datetime) -> Intervals:
        """Those that have begun by then."""
        begun = _floor(instant, self.step) + self.step
        return Intervals(self.step, self.start, max(self.start, min(self.end, begun)))

    def over_at(self, instant: datetime) -> Intervals:
        """Those that are over by then."""
        return Intervals(self.step, self.start, max(self.start, min(self.end, _floor(instant, self.step))))


def window(params: Params, finest: timedelta) -> Intervals:
    """The intervals of ``start``, ``end`` and ``interval``, which is ``finest`` where it isn't given. Raises ``Refused``."""
    step = interval(params, finest)
    start, end = _instant(params, "start"), _instant(params, "end")
    if end <= start:
        raise Refused(400, "end doesn't lie after start.")
    if end - start > MAX_WINDOW:
        raise Refused(400, "start and end lie more than 7 days apart.")
    return Intervals(step, _ceiling(start, step), _ceiling(end, step))


def interval(params: Params, finest: timedelta) -> timedelta:
    """The length of an interval: a part of a day, of whole ``finest`` ones. Raises ``Refused``."""
    text = params.get("interval")
    if text is None:
        return finest
    match = _DURATION.fullmatch(text)
    if match is None:
        raise Refused(400, f"interval isn't an ISO 8601 duration: {text!r}.")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    step = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not finest <= step <= DAY or DAY % step or step % finest:
        raise Refused(
            400,
            f"interval must cut a day evenly and be a multiple of {finest // timedelta(minutes=1)} minutes: {text!r}.",
        )
    return step


def last_over(now: datetime, step: timedelta, count: int) -> Intervals:
    """The last so many intervals that are over."""
    end = _floor(now, step)
    return Intervals(step, end - count * step, end)


def _instant(params: Params, name: str) -> datetime:
    text = params.get(name)
    if text is None:
        raise Refused(400, f"{name} is missing.")
    try:
        if not _INSTANT.fullmatch(text):
            raise ValueError(text)
        instant = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused(400, f"{name} isn't an RFC 3339 time with an offset: {text!r}.") from None
    if instant.year not in _YEARS:
        raise Refused(400, f"{name} lies outside of the years {_YEARS[0]} to {_YEARS[-1]}.")
    return instant


def _floor(instant: datetime, step: timedelta) -> datetime:
    return instant - (instant - _EPOCH) % step


def _ceiling(instant: datetime, step: timedelta) -> datetime:
    return instant + (_EPOCH - instant) % step
