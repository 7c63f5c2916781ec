"""What is to be recomputed, taken in bounded batches and worked off: quarters whose facts changed, days whose hours did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import chain
from typing import Any

from django.db import connection, transaction

from ingest.models import Measure
from reports.rollups import cutting, longer, quarters
from reports.rollups.spans import Span, day_of, day_span, hour_of, month_of
from reports.rollups.stores import Run, Stores, runs

DRAIN_MARKS = 100_000
DRAIN_DAYS = 400
DRAIN_STORES = 2_000
BATCH_QUARTERS = 4_000
_LOCKS = {measure: 7_302_000 + number for number, measure in enumerate(Measure)}

# By a range, not by `id IN (...)`: of a table that grew since its statistics were made, that was taken for a few rows, and
# each mark compared with each of the ids, for minutes.
_DRAIN = """
    DELETE FROM {table}
    WHERE measure = %(measure)s AND id <= (
        SELECT max(id) FROM (SELECT id FROM {table} WHERE measure = %(measure)s ORDER BY id LIMIT %(limit)s) AS first
    ) RETURNING store_id, {column}
"""
# A quarter as its number: what is to be recomputed is reckoned with as such.
_NUMBER = "(date_part('epoch', quarter) / 900)::bigint"

_DRAIN_PAST = f"""
    DELETE FROM ingest_dirty
    WHERE measure = %(measure)s AND quarter < %(present)s AND id <= (
        SELECT max(id) FROM (
            SELECT id FROM ingest_dirty WHERE measure = %(measure)s AND quarter < %(present)s ORDER BY id LIMIT %(limit)s
        ) AS first
    ) RETURNING store_id, {_NUMBER}
"""
# Store by store: a quarter that is still being measured has been marked many times, and is to be recomputed once.
_DRAIN_PRESENT = f"""
    DELETE FROM ingest_dirty
    WHERE measure = %(measure)s AND quarter >= %(present)s AND id <= %(newest)s AND store_id <= (
        SELECT max(store_id) FROM (
            SELECT DISTINCT store_id FROM ingest_dirty
            WHERE measure = %(measure)s AND quarter >= %(present)s AND id <= %(newest)s ORDER BY store_id LIMIT %(limit)s
        ) AS first
    ) RETURNING store_id, {_NUMBER}
"""

# A batch's facts are grouped in memory.
_ROOM = "SET LOCAL work_mem = '128MB'"

Quarters = Mapping[int, Iterable[int]]
"""Quarters to recompute, by their numbers, of stores by their ids."""
Days = Mapping[int, Iterable[int]]
"""Local days to cut anew, as ordinals, by store id."""


def drain(measure: Measure) -> int:
    """Work off what is dirty of a measure, a bounded batch of it; how many quarters and days that were.

    0 also while another process drains it.
    """
    return _drain(measure, _DRAIN.format(table="ingest_dirty", column=_NUMBER), limit=DRAIN_MARKS)


def drain_past(measure: Measure, present: datetime) -> int:
    """Likewise, but no quarters from ``present`` on."""
    return _drain(measure, _DRAIN_PAST, present=present, limit=DRAIN_MARKS)


def drain_present(measure: Measure, present: datetime, newest: int) -> int:
    """Likewise, but only quarters from ``present`` on, those of some stores whole, by the marks up to the id ``newest``."""
    return _drain(measure, _DRAIN_PRESENT, present=present, newest=newest, limit=DRAIN_STORES)


def newest_mark() -> int:
    """The id of the newest mark, 0 if there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM ingest_dirty")
        return int(cursor.fetchone()[0])


def _drain(measure: Measure, statement: str, **limits: Any) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        # One at a time: two that recompute the same hour from different moments could leave the older of both.
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCKS[measure]])
        if not cursor.fetchone()[0]:
            return 0
        marked: dict[int, set[int]] = defaultdict(set)
        for store_id, quarter in _take(cursor, statement, measure, **limits):
            marked[store_id].add(quarter)
        days: dict[int, set[int]] = defaultdict(set)
        recuts = _DRAIN.format(table="reports_recut", column="day")
        for store_id, day in _take(cursor, recuts, measure, limit=DRAIN_DAYS):
            days[store_id].add(day.toordinal())
        return recompute(measure, marked) + recut(measure, days)


def lock(cursor: Any, measure: Measure) -> None:
    """Wait until nobody drains a measure, and keep it so until the transaction ends."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCKS[measure]])


def _take(cursor: Any, statement: str, measure: Measure, **limits: Any) -> list[Any]:
    cursor.execute(statement, {"measure": measure.value, **limits})
    return list(cursor.fetchall())


def recompute(measure: Measure, marked: Quarters) -> int:
    """Recompute these quarters of a measure, and all that they are a part of; how many quarters."""
    stores = Stores.load(marked)
    numbers = {pk: set(marked[pk]) for pk in sorted(marked) if pk in stores.trading}
    stretches = [run for pk in numbers for run in runs(pk, numbers[pk], stores.trading[pk])]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ROOM)
        for batch in _batches(stretches):
            quarters.write(cursor, measure, stores, batch)
        _write_longer(cursor, measure, stores, numbers)
    return sum(map(len, numbers.values()))


def recut(measure: Measure, days: Days) -> int:
    """Tell open from closed in the quarters of these days as it is now, and merge them anew; how many days."""
    stores = Stores.load(days)
    numbers: dict[int, set[int]] = {}
    for pk in sorted(set(days) & set(stores.trading)):
        of_days = (stores.trading[pk].day(day) for day in days[pk])
        numbers[pk] = set(chain.from_iterable(range(day.start, day.end) for day in of_days))
    stretches = [run for pk in numbers for run in runs(pk, numbers[pk], stores.trading[pk])]
    with transaction.atomic(), connection.cursor() as cursor:
        for batch in _batches(stretches):
            cutting.write(cursor, measure, batch)
        _write_longer(cursor, measure, stores, numbers)
    return sum(len(set(of_store)) for of_store in days.values())


def _batches(stretches: Iterable[Run]) -> Iterable[list[Run]]:
    batch: list[Run] = []
    size = 0
    for run in stretches:
        batch.append(run)
        size += run.end - run.start
        if size >= BATCH_QUARTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _write_longer(cursor: Any, measure: Measure, stores: Stores, numbers: Mapping[int, set[int]]) -> None:
    hours: set[tuple[int, Span]] = set()
    days: set[tuple[int, Span]] = set()
    months: set[tuple[int, Span]] = set()
    for pk, of_store in numbers.items():
        zone = stores.trading[pk].zone
        hours.update((pk, hour_of(number, zone)) for number in of_store)
        ordinals = {day_of(number, zone) for number in of_store}
        days.update((pk, day_span(ordinal, zone)) for ordinal in ordinals)
        months.update((pk, month_of(ordinal, zone)) for ordinal in ordinals)
    longer.write(cursor, measure, "hour", hours)
    longer.write(cursor, measure, "day", days)
    longer.write(cursor, measure, "month", months)
