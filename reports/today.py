"""Today so far: visitors up to the last complete quarter of an hour, beside the same weekday last week up to then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from reports import figures
from reports.calendar import QUARTER, day_start, local_day
from sites_app.models import Store

_WEEK = timedelta(days=7)
_COMPARABLE = 0.95
"""The share of today's quarters that last week must have, too, for the two to be compared."""

# Quarters of whose intervals all are complete; a quarter that is still filling isn't compared.
_SUMS = """
    SELECT rollup.store_id, sum(rollup.visitors_in), sum(rollup.complete_quarters), max(rollup.start)
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS wanted (store_id, starts, ends)
    JOIN reports_footfallrollup rollup
      ON rollup.store_id = wanted.store_id AND rollup.zone_id = 0 AND rollup.grain = 'quarter'
     AND rollup.start >= wanted.starts AND rollup.start < wanted.ends
    WHERE rollup.complete_quarters = rollup.intervals
    GROUP BY rollup.store_id
"""
_HOURS = """
    SELECT rollup.store_id, rollup.start, sum(rollup.visitors_in)
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS wanted (store_id, starts, ends)
    JOIN reports_footfallrollup rollup
      ON rollup.store_id = wanted.store_id AND rollup.zone_id = 0 AND rollup.grain = 'hour'
     AND rollup.start >= wanted.starts AND rollup.start < wanted.ends
    GROUP BY rollup.store_id, rollup.start
    ORDER BY rollup.start
"""

Windows = list[tuple[int, datetime, datetime]]


@dataclass(frozen=True, slots=True)
class Today:
    """A store's day so far. ``until`` is the end of the last complete quarter; None where there is none yet."""

    visitors: int | None = None
    until: datetime | None = None
    last_week: int | None = None
    by_hour: Sequence[int] = field(default_factory=tuple)

    @property
    def change(self) -> float | None:
        """Against the same weekday last week up to the same time of day."""
        return figures.change(self.visitors, self.last_week)


def visitors_today(stores: Sequence[Store], *, now: datetime) -> dict[int, Today]:
    """Each store's day so far, by store id: three queries for any number of stores."""
    zones = {store.pk: store.zone_info for store in stores}
    days = {store.pk: local_day(now, store.zone_info) for store in stores}
    today = [(pk, day_start(days[pk], zones[pk]), now) for pk in zones]
    sums = _sums(today)
    before = [
        (pk, day_start(days[pk] - _WEEK, zones[pk]), _week_before(sums[pk][2], days[pk], zones[pk])) for pk in sums
    ]
    last_week = _sums(before)
    hours: dict[int, list[int]] = defaultdict(list)
    for store_id, _, visitors in _run(_HOURS, today):
        hours[store_id].append(int(visitors))
    return {pk: _today(sums.get(pk), last_week.get(pk), hours.get(pk, [])) for pk in zones}


def _today(
    sums: tuple[int, int, datetime] | None, before: tuple[int, int, datetime] | None, by_hour: Sequence[int]
) -> Today:
    if sums is None:
        return Today(by_hour=tuple(by_hour))
    visitors, quarters, until = sums
    comparable = before is not None and before[1] >= quarters * _COMPARABLE
    return Today(visitors, until, before[0] if before and comparable else None, tuple(by_hour))


def _week_before(instant: datetime, day: date, zone: ZoneInfo) -> datetime:
    """The same time of the store's clock, a week earlier; the end of the day for its own end."""
    local = instant.astimezone(zone)
    days_on = (local.date() - day).days
    clock = datetime.combine(day - _WEEK + timedelta(days=days_on), time(local.hour, local.minute), zone)
    return clock.astimezone(instant.tzinfo)


def _sums(windows: Windows) -> dict[int, tuple[int, int, datetime]]:
    """Visitors, complete quarters, and the end of the last of them, by store."""
    return {pk: (int(visitors), int(quarters), last + QUARTER) for pk, visitors, quarters, last in _run(_SUMS, windows)}


def _run(statement: str, windows: Windows) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(column) for column in zip(*windows, strict=True)] or [[], [], []])
        return list(cursor.fetchall())
