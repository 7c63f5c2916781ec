"""Opening hours as OpenStreetMap writes them: ``Mo-Sa 09:00-20:00; Su 11:00-17:00; Dec 25 off``.

The part of the form that trading hours need: days, ranges and lists of them, several stretches a day, ``off``, ``24/7``,
and dates with or without a year. A later rule replaces an earlier one for its days.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise

from sites_app.hours import YEARS, Opening, Special

YEARS_AHEAD = 3
"""A date without a year is taken for this year and so many after it."""

_DAYS = {"Mo": 1, "Tu": 2, "We": 3, "Th": 4, "Fr": 5, "Sa": 6, "Su": 7}
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1
    )
}
_SPAN = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)-([01]?\d|2[0-9]):([0-5]\d)")
_DATE = re.compile(r"(?:(\d{4}) )?(" + "|".join(_MONTHS) + r") (\d{1,2})")
_EXAMPLE = "Write it as 'Mo-Sa 09:00-20:00; Su 11:00-17:00; Dec 25 off'."


class HoursError(ValueError):
    """Opening hours that can't be read; says which part and how it would be right."""


@dataclass(frozen=True, slots=True)
class ParsedHours:
    """Weekly hours and those of special dates."""

    weekly: tuple[Opening, ...]
    special: tuple[Special, ...]


def parse(text: str, *, today: date) -> ParsedHours:
    """Read opening hours; an empty text is always open. Raises ``HoursError``."""
    weekly: dict[int, list[tuple[time, time]]] = {}
    special: dict[date, list[tuple[time, time]]] = {}
    for rule in filter(None, (part.strip() for part in text.split(";"))):
        selector, spans = _split(rule)
        dates = _dates(selector, today)
        if dates:
            special.update(dict.fromkeys(dates, spans))
        else:
            weekly.update(dict.fromkeys(_weekdays(selector, rule), spans))
    if weekly and not any(weekly.values()):
        raise HoursError("All days are off. Leave the field empty for a store that is always open.")
    return ParsedHours(
        tuple(Opening(day, opens, closes) for day in sorted(weekly) for opens, closes in weekly[day]),
        tuple(item for day in sorted(special) for item in _specials(day, special[day])),
    )


def _specials(day: date, spans: list[tuple[time, time]]) -> list[Special]:
    return [Special(day, opens, closes) for opens, closes in spans] or [Special(day, None, None)]


def _split(rule: str) -> tuple[str, list[tuple[time, time]]]:
    """A rule's days, and its stretches: none where it's off."""
    if rule == "24/7":
        return "", [(time(0), time(0))]
    if rule.startswith("PH") or " PH" in rule or "SH" in rule.split():
        raise HoursError(
            f"'{rule}': public and school holidays aren't known here; write their dates, as in 'Dec 25 off'."
        )
    if rule.endswith((" off", " closed")):
        return rule.rsplit(" ", 1)[0], []
    first = _SPAN.search(rule)
    if first is None:
        raise HoursError(f"'{rule}' has no times such as 09:00-20:00, nor 'off'. {_EXAMPLE}")
    selector, times = rule[: first.start()].strip(), rule[first.start() :]
    spans = [_span(part.strip(), rule) for part in times.split(",")]
    for (_, closes), (opens, _) in pairwise(spans):
        if opens < closes:
            raise HoursError(f"'{rule}': the stretches overlap or aren't in order.")
    return selector, spans


def _span(text: str, rule: str) -> tuple[time, time]:
    match = _SPAN.fullmatch(text)
    if match is None:
        raise HoursError(f"'{text}' in '{rule}' is no stretch such as 09:00-20:00.")
    hours = [int(group) for group in match.groups()]
    if hours[0] > 23 or hours[2] > 28:
        raise HoursError(f"'{text}' in '{rule}': hours go from 00 to 24, or past midnight up to 28.")
    return time(hours[0], hours[1]), time(hours[2] % 24, hours[3])


def _weekdays(selector: str, rule: str) -> list[int]:
    if not selector:
        return list(_DAYS.values())
    days: list[int] = []
    for part in selector.split(","):
        first, _, last = part.strip().partition("-")
        if first not in _DAYS or (last and last not in _DAYS):
            raise HoursError(f"'{part.strip()}' in '{rule}' is no day: they are Mo Tu We Th Fr Sa Su. {_EXAMPLE}")
        start, end = _DAYS[first], _DAYS[last or first]
        days += range(start, end + 1) if start <= end else [*range(start, 8), *range(1, end + 1)]
    return days


def _dates(selector: str, today: date) -> list[date]:
    """The dates that a selector names; none where it names weekdays."""
    parts = [part.strip() for part in selector.split(",")]
    matches = [_DATE.fullmatch(part) for part in parts]
    if not any(matches):
        return []
    dates: list[date] = []
    for part, match in zip(parts, matches, strict=True):
        if match is None:
            raise HoursError(f"'{part}' is no date such as 'Dec 25'.")
        years = [int(match[1])] if match[1] else range(today.year, today.year + YEARS_AHEAD + 1)
        dates += [_date(year, match[2], int(match[3]), part) for year in years if not _is_missing_leap_day(year, match)]
    return dates


def _is_missing_leap_day(year: int, match: re.Match[str]) -> bool:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return match[1] is None and match[2] == "Feb" and match[3] == "29" and not leap


def _date(year: int, month: str, day: int, text: str) -> date:
    if year not in YEARS:
        raise HoursError(f"'{text}': write a year from {YEARS[0]} to {YEARS[-1]}, or none.")
    try:
        return date(year, _MONTHS[month], day)
    except ValueError as error:
        raise HoursError(f"'{text}' is no date of {year}.") from error
