"""Today so far: visitors up to the last quarter of an hour that is whole, beside the same weekday last week up to then.

A quarter is whole when every entrance of the store has told all of it. Quarters missing before that are gaps: they lower
``coverage``, and a day with too many of them isn't compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection

from reports import figures
from reports.calendar import QUARTER, Window, day_start, local_day
from sites_app.models import Store, Zone

COMPARABLE = 0.95
"""The share of a day's quarters that must be known, today and last week, for the two to be compared."""
_WEEK, _DAY, _HOUR = timedelta(weeks=1), timedelta(days=1), timedelta(hours=1)
_TODAY, _LAST_WEEK = 0, 1

Hours = Sequence[int | None]
"""Visitors by hour from the day's first on; None where an hour isn't known whole (or not over)."""


@dataclass(frozen=True, slots=True)
class Today:
    """A store's day so far. ``until`` is the end of the last whole quarter; None where there is none yet.

    ``coverage`` is the known share of the time up to ``until``. ``last_week`` is up to the same time of the store's clock,
    and None where too little of it is known. ``doors`` is the number of entrances.
    """

    doors: int
    visitors: int | None = None
    until: datetime | None = None
    coverage: float | None = None
    last_week: int | None = None
    by_hour: Hours = ()
    last_week_by_hour: Hours = ()

    @property
    def has_gaps(self) -> bool:
        """Whether visitors are missing from the sum."""
        return self.coverage is not None and self.coverage < COMPARABLE

    @property
    def change(self) -> float | None:
        """Against the same weekday last week up to the same time of day; None where either has gaps."""
        return None if self.has_gaps else figures.change(self.visitors, self.last_week)


class _Sum(NamedTuple):
    visitors: int
    quarters: int


_Key = tuple[int, int]
"""A store's id, and how many weeks ago."""


def visitors_today(stores: Sequence[Store], *, now: datetime) -> dict[int, Today]:
    """Each store's day so far, by store id: four queries for any number of stores."""
    entrances = _entrances(stores)
    doors = {store.pk: len(_there(entrances[store.pk], now)) for store in stores}
    days = {(store.pk, ago): _day(store, now, ago) for store in stores for ago in (_TODAY, _LAST_WEEK)}
    until = _until({store.pk: Window(days[store.pk, _TODAY].start, now) for store in stores if doors[store.pk]}, doors)
    windows: dict[_Key, Window] = {}
    for store in stores:
        if store.pk in until:
            end = until[store.pk]
            windows[store.pk, _TODAY] = Window(days[store.pk, _TODAY].start, end)
            windows[store.pk, _LAST_WEEK] = Window(days[store.pk, _LAST_WEEK].start, _week_before(end, store))
    sums, hours = _sums(windows), _hours(days, doors)
    covered = {key: _coverage(sums[key], windows[key], entrances[key[0]]) for key in sums}
    return {store.pk: _today(store.pk, doors[store.pk], until.get(store.pk), sums, covered, hours) for store in stores}


def _today(
    pk: int,
    doors: int,
    until: datetime | None,
    sums: Mapping[_Key, _Sum],
    covered: Mapping[_Key, float | None],
    hours: Mapping[_Key, Hours],
) -> Today:
    today, before = sums.get((pk, _TODAY)), sums.get((pk, _LAST_WEEK))
    by_hour, before_by_hour = hours.get((pk, _TODAY), ()), hours.get((pk, _LAST_WEEK), ())
    comparable = (covered.get((pk, _LAST_WEEK)) or 0) >= COMPARABLE
    return Today(
        doors=doors,
        visitors=today.visitors if today else None,
        until=until if today else None,
        coverage=covered.get((pk, _TODAY)),
        last_week=before.visitors if before and comparable else None,
        by_hour=by_hour,
        # On the days when the clock is changed the two don't lie beside each other.
        last_week_by_hour=before_by_hour if len(before_by_hour) == len(by_hour) else (),
    )


def _entrances(stores: Iterable[Store]) -> dict[int, list[Zone]]:
    by_store: dict[int, list[Zone]] = defaultdict(list)
    for zone in Zone.objects.filter(store__in=[store.pk for store in stores], kind=Zone.Kind.ENTRANCE):
        by_store[zone.store_id].append(zone)
    return by_store


def _there(zones: Iterable[Zone], instant: datetime) -> list[Zone]:
    return [
        zone
        for zone in zones
        if (zone.appeared_at is None or zone.appeared_at <= instant)
        and (zone.retired_at is None or instant < zone.retired_at)
    ]


def _coverage(found: _Sum, window: Window, entrances: Iterable[Zone]) -> float | None:
    """The share of the quarters of these entrances that is known; while one wasn't there, none is expected of it."""
    expected = 0
    for zone in entrances:
        start, end = max(window.start, zone.appeared_at or window.start), min(window.end, zone.retired_at or window.end)
        expected += max(0, (end - start) // QUARTER)
    return min(1.0, found.quarters / expected) if expected else None


def _day(store: Store, now: datetime, weeks_ago: int) -> Window:
    zone = store.zone_info
    day = local_day(now, zone) - weeks_ago * _WEEK
    return Window(day_start(day, zone), day_start(day + _DAY, zone))


def _week_before(instant: datetime, store: Store) -> datetime:
    """The same time of the store's clock, a week earlier."""
    return (store.local(instant) - _WEEK).astimezone(UTC)


def _until(days: Mapping[int, Window], doors: Mapping[int, int]) -> dict[int, datetime]:
    columns: dict[str, list[Any]] = {
        "store_ids": list(days),
        "starts": [day.start for day in days.values()],
        "ends": [day.end for day in days.values()],
        "doors": [doors[pk] for pk in days],
    }
    return dict(_rows("today_until", columns))


def _sums(windows: Mapping[_Key, Window]) -> dict[_Key, _Sum]:
    return {
        (pk, ago): _Sum(int(visitors), int(quarters))
        for pk, ago, visitors, quarters in _rows("today_sums", _columns(windows))
    }


def _hours(days: Mapping[_Key, Window], doors: Mapping[int, int]) -> dict[_Key, Hours]:
    found: dict[_Key, Hours] = {}
    for pk, ago, starts, visitors, quarters in _rows("today_hours", _columns(days)):
        day = days[pk, ago]
        hours: list[int | None] = [None] * round((day.end - day.start) / _HOUR)
        for start, count, whole in zip(starts, visitors, quarters, strict=True):
            if doors[pk] and whole >= doors[pk] * (_HOUR // QUARTER):
                hours[(start - day.start) // _HOUR] = count
        found[pk, ago] = tuple(hours)
    return found


def _columns(windows: Mapping[_Key, Window]) -> dict[str, list[Any]]:
    return {
        "store_ids": [pk for pk, _ in windows],
        "weeks_ago": [ago for _, ago in windows],
        "starts": [window.start for window in windows.values()],
        "ends": [window.end for window in windows.values()],
    }


def _rows(name: str, columns: dict[str, list[Any]]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(_statement(name), columns)
        return list(cursor.fetchall())


@cache
def _statement(name: str) -> str:
    return (Path(__file__).parent / "sql" / f"{name}.sql").read_text()
