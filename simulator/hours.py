"""Opening hours in OpenStreetMap's form, as far as the fleet uses it: ``Mo-Fr 09:00-20:00; Su 11:00-17:00; Dec 25 off``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_RULE = re.compile(r"(?P<when>[A-Z][a-z]{2} \d{1,2}|[A-Z][a-z](?:[-,][A-Z][a-z])*) (?P<what>off|[\d:,-]+)")
_DAY_MINUTES = 24 * 60

Minutes = tuple[int, int]
"""Opening and closing in minutes since local midnight; a closing past midnight is over 1440."""


@dataclass(frozen=True, slots=True)
class Hours:
    """A week of opening hours, and the days of the year that differ."""

    week: tuple[tuple[Minutes, ...], ...]
    dates: dict[tuple[int, int], tuple[Minutes, ...]]

    def on(self, day: date) -> tuple[Minutes, ...]:
        """The stretches that begin on this local day."""
        return self.dates.get((day.month, day.day), self.week[day.weekday()])


@lru_cache(maxsize=256)
def parse(text: str) -> Hours:
    """Raises ``ValueError`` for a rule that it doesn't know."""
    week: list[tuple[Minutes, ...]] = [()] * 7
    dates: dict[tuple[int, int], tuple[Minutes, ...]] = {}
    if text == "24/7":
        return Hours((((0, _DAY_MINUTES),),) * 7, dates)
    for rule in text.split("; "):
        match = _RULE.fullmatch(rule)
        if match is None:
            raise ValueError(f"The opening hours' rule {rule!r} isn't known.")
        when, spans = match["when"], _spans(match["what"])
        if " " in when:
            month, number = when.split(" ")
            dates[_MONTHS.index(month) + 1, int(number)] = spans
            continue
        for weekday in _weekdays(when):
            week[weekday] = spans
    return Hours(tuple(week), dates)


def _weekdays(text: str) -> list[int]:
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found.extend(range(_WEEKDAYS.index(first), _WEEKDAYS.index(last or first) + 1))
    return found


def _spans(text: str) -> tuple[Minutes, ...]:
    if text == "off":
        return ()
    return tuple(_span(part) for part in text.split(","))


def _span(text: str) -> Minutes:
    opens, closes = (int(clock[:2]) * 60 + int(clock[3:]) for clock in text.split("-"))
    return opens, closes if closes > opens else closes + _DAY_MINUTES


def instants(hours: Hours, day: date, zone: ZoneInfo) -> list[tuple[int, int]]:
    """The stretches that begin on this local day, in seconds since 1970."""
    return [(min(_instants(day, opens, zone)), max(_instants(day, closes, zone))) for opens, closes in hours.on(day)]


def _instants(day: date, minutes: int, zone: ZoneInfo) -> tuple[int, int]:
    """Both readings of a time that comes twice or never as the clock is changed; alike on all other days."""
    days, rest = divmod(minutes, _DAY_MINUTES)
    clock = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), tzinfo=zone)
    return int(clock.timestamp()), int(clock.replace(fold=1).timestamp())


@lru_cache(maxsize=4096)
def midnight(zone: ZoneInfo, day: int) -> int:
    """When a local day begins, by its ordinal, in seconds since 1970."""
    return int(datetime.combine(date.fromordinal(day), time(), tzinfo=zone).timestamp())


@lru_cache(maxsize=16_384)
def local_day(zone: ZoneInfo, quarter: int) -> int:
    """The ordinal of the local day of a quarter of an hour (counted since 1970); every zone's midnight is at a quarter."""
    return datetime.fromtimestamp(quarter * 900, zone).toordinal()


@lru_cache(maxsize=16_384)
def _offset(zone: ZoneInfo, quarter: int) -> int:
    offset = datetime.fromtimestamp(quarter * 900, zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def on_the_wall(zone: ZoneInfo, day: int, quarter: int) -> int:
    """What clocks show in a quarter, in seconds since a local day's midnight; past 24 hours on the next day."""
    start = midnight(zone, day)
    return quarter * 900 - start + _offset(zone, quarter) - _offset(zone, start // 900)
