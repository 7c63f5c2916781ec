"""How many come, and when: the crests of a day, the days of a week, the months of a year, for each kind of store."""

from __future__ import annotations

import math
from functools import lru_cache

from simulator.hours import Hours, parse

QUARTER_S = 900

# People by hour of the local day: (hour of a crest, its width in hours, its height).
_CRESTS: dict[str, list[tuple[float, float, float]]] = {
    "city": [(10.8, 1.6, 0.7), (13.0, 1.2, 1.0), (17.6, 1.5, 1.25)],
    "mall": [(12.5, 1.8, 0.8), (16.0, 2.2, 1.1), (18.8, 1.4, 0.9)],
    "station": [(7.9, 0.9, 1.3), (12.6, 1.2, 0.8), (17.7, 1.3, 1.4)],
    "south": [(11.8, 1.2, 1.0), (18.9, 1.3, 1.3)],
    "late": [(13.5, 1.5, 0.8), (18.5, 1.6, 1.0), (22.8, 1.8, 1.0)],
    "always": [(12.5, 2.5, 0.8), (19.0, 2.4, 1.2), (23.5, 2.2, 0.9), (-0.5, 2.2, 0.9)],
}
_LULL = 0.3
# Monday to Sunday.
_WEEK: dict[str, tuple[float, ...]] = {
    "city": (0.86, 0.88, 0.93, 1.02, 1.16, 1.42, 0.95),
    "mall": (0.80, 0.82, 0.88, 0.98, 1.18, 1.48, 1.30),
    "station": (1.05, 1.04, 1.03, 1.06, 1.15, 0.80, 0.70),
    "south": (0.90, 0.90, 0.95, 1.00, 1.15, 1.30, 1.00),
    "late": (0.80, 0.82, 0.90, 1.05, 1.35, 1.45, 0.95),
    "always": (0.85, 0.85, 0.90, 1.00, 1.25, 1.40, 1.10),
}
YEAR = (0.88, 0.84, 0.93, 0.97, 0.99, 1.00, 1.04, 0.96, 0.98, 1.02, 1.12, 1.38)
_LATE_SHOPPING = 1.12


@lru_cache(maxsize=8192)
def crowd(kind: str, since_midnight_s: int, to_close_s: int | None) -> float:
    """The crowd at a time of the local day; ``to_close_s`` where it's the late shopping day, whose last hours are busy."""
    hour = since_midnight_s / 3600
    crests = _CRESTS[kind]
    usual = _LULL + sum(height * math.exp(-(((hour - at) / width) ** 2)) for at, width, height in crests)
    return usual if to_close_s is None else usual + 0.7 * math.exp(-(((to_close_s / 3600 - 1.75) / 1.2) ** 2))


def open_part(spans: list[tuple[int, int]], quarter: int) -> float:
    """Few come as the doors open, and hardly any before they close. ``spans`` in seconds on the quarter's clock."""
    for opens, closes in spans:
        if opens < quarter + QUARTER_S and quarter < closes:
            always = closes - opens >= 23 * 3600
            return 1.0 if always else 0.15 if quarter + QUARTER_S >= closes else 0.5 if quarter <= opens else 1.0
    return 0.0


def is_late(hours: Hours, weekday: int) -> bool:
    """Whether it's the week's late shopping day: it closes later than the day before (Tuesday to Friday)."""
    today, before = hours.week[weekday], hours.week[weekday - 1]
    return bool(today and before and 0 < weekday < 5 and today[-1][1] > before[-1][1])


def day_factor(kind: str, hours: Hours, weekday: int, length_s: int) -> float:
    """A weekday's visitors, as a factor of the store's ordinary day; short days have fewer."""
    late = _LATE_SHOPPING if is_late(hours, weekday) else 1.0
    return _WEEK[kind][weekday] * late * min(1.0, length_s / (8 * 3600))


@lru_cache(maxsize=256)
def usual_peak(kind: str, opening_hours: str, stay_s: int) -> float:
    """The most people inside at once in a usual week, as a part of an ordinary day's visitors."""
    hours = parse(opening_hours)
    return max(_peak_of(kind, hours, weekday, stay_s) for weekday in range(7) if hours.week[weekday])


def _peak_of(kind: str, hours: Hours, weekday: int, stay_s: int) -> float:
    spans = [(opens * 60, closes * 60) for opens, closes in hours.week[weekday]]
    close, late = spans[-1][1], is_late(hours, weekday)
    weights = [
        open_part(spans, quarter) * crowd(kind, quarter, close - quarter if late else None)
        for quarter in range(spans[0][0], close, QUARTER_S)
    ]
    factor = day_factor(kind, hours, weekday, sum(closes - opens for opens, closes in spans))
    return factor * max(weights) / sum(weights) * stay_s / QUARTER_S
