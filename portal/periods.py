"""Periods as people name them, and the days that they are. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reports.request import Granularity

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
LONGEST_DAYS = 366 * 2
_STEPS: tuple[tuple[int, Granularity], ...] = ((2, "15m"), (9, "hour"), (92, "day"), (LONGEST_DAYS, "week"))


@dataclass(frozen=True, slots=True)
class Period:
    """The days of ``[start, end)``."""

    name: str
    start: date
    end: date

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def last_day(self) -> date:
        return self.end - DAY

    @property
    def step(self) -> Granularity:
        """How fine a curve of it is."""
        return next((step for days, step in _STEPS if self.days <= days), "month")


def _month(day: date) -> tuple[date, date]:
    first = day.replace(day=1)
    return first, (first + 31 * DAY).replace(day=1)


_NAMED: dict[str, tuple[str | Promise, Callable[[date], tuple[date, date]]]] = {
    "today": (_("Today"), lambda today: (today, today + DAY)),
    "yesterday": (_("Yesterday"), lambda today: (today - DAY, today)),
    "last_7_days": (_("Last 7 days"), lambda today: (today - WEEK, today)),
    "this_week": (_("This week"), lambda today: (_monday(today), today + DAY)),
    "last_week": (_("Last week"), lambda today: (_monday(today) - WEEK, _monday(today))),
    "last_28_days": (_("Last 28 days"), lambda today: (today - 4 * WEEK, today)),
    "this_month": (_("This month"), lambda today: (today.replace(day=1), today + DAY)),
    "last_month": (_("Last month"), lambda today: _month(today.replace(day=1) - DAY)),
    "last_365_days": (_("Last 365 days"), lambda today: (today - 365 * DAY, today)),
}
CUSTOM = "custom"
CHOICES: list[tuple[str, str | Promise]] = [
    *((key, name) for key, (name, _days) in _NAMED.items()),
    (CUSTOM, _("These days:")),
]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def named(name: str, today: date) -> Period:
    """A period by its name."""
    return Period(name, *_NAMED[name][1](today))


def asked(name: str, start: str, last: str, today: date, otherwise: str) -> Period:
    """What a form asked for; where that is no period, the usual one."""
    if name == CUSTOM:
        days = _date(start), _date(last)
        if days[0] and days[1] and days[0] <= days[1] and (days[1] - days[0]).days < LONGEST_DAYS:
            return Period(CUSTOM, days[0], days[1] + DAY)
    return named(name if name in _NAMED else otherwise, today)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
