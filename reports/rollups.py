"""Rollups: whole buckets recomputed from the facts, many stores in one statement.

Quarters come from the facts, hours and days from the quarters. What is to be recomputed stands in the dirty table, left
there by whoever wrote facts; it's taken and worked off in one transaction, so that nothing is lost with the worker.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from ingest.models import Measure
from reports import calendar
from reports.merging import MERGES, Merge
from sites_app.models import Store, Zone, counting_zones

DRAIN_MARKS = 20_000
BATCH_QUARTERS = 4_000
_LOCKS = {measure: 7_302_000 + number for number, measure in enumerate(Measure)}

# By a range, not by `id IN (...)`: of a table that grew since its statistics were made, that was taken for a few rows, and
# each mark compared with each of 20,000 ids, for minutes.
_DRAIN = """
    DELETE FROM ingest_dirty
    WHERE measure = %(measure)s AND id <= (
        SELECT max(id) FROM (
            SELECT id FROM ingest_dirty WHERE measure = %(measure)s ORDER BY id LIMIT %(limit)s
        ) AS first
    ) RETURNING store_id, quarter
"""

Quarters = Mapping[int, set[datetime]]
"""Quarters to recompute, by store id."""


def drain(measure: Measure) -> int:
    """Recompute what is dirty of a measure, a bounded batch of it; how many quarters. 0 also while another drains it."""
    with transaction.atomic(), connection.cursor() as cursor:
        # One at a time: two that recompute the same hour from different moments could leave the older of both.
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCKS[measure]])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_DRAIN, {"measure": measure.value, "limit": DRAIN_MARKS})
        quarters: dict[int, set[datetime]] = defaultdict(set)
        for store_id, quarter in cursor.fetchall():
            quarters[store_id].add(quarter)
        return recompute(measure, quarters)


def recompute(measure: Measure, quarters: Quarters) -> int:
    """Recompute these quarters of a measure, and the hours and days that they lie in; how many quarters."""
    stores = Stores.load(quarters)
    pairs = [
        (store_id, start)
        for store_id in sorted(quarters)
        if store_id in stores.by_id
        for start in sorted(quarters[store_id])
    ]
    merge = MERGES[measure]
    with transaction.atomic(), connection.cursor() as cursor:
        for first in range(0, len(pairs), BATCH_QUARTERS):
            _quarters(cursor, measure, merge, stores, pairs[first : first + BATCH_QUARTERS])
        for grain, span in (("hour", stores.hour_of), ("day", stores.day_of)):
            spans = {(store_id, *span(store_id, start)) for store_id, start in pairs}
            _merge(cursor, merge, grain, sorted(spans))
    return len(pairs)


@dataclass(slots=True)
class Stores:
    """The stores of a batch, with what their rollups hang on."""

    by_id: dict[int, Store]
    zones: list[Zone]
    counting: set[int]

    @classmethod
    def load(cls, store_ids: Iterable[int]) -> Stores:
        """Stores with their hours and zones, in four queries for any number of them."""
        by_id = {store.pk: store for store in Store.objects.filter(pk__in=list(store_ids)).with_hours()}
        zones = list(Zone.objects.filter(store__in=by_id).select_related("controller").order_by("store", "pk"))
        by_store: dict[int, list[Zone]] = defaultdict(list)
        for zone in zones:
            by_store[zone.store_id].append(zone)
        counting = {zone.pk for group in by_store.values() for zone in counting_zones(group)}
        return cls(by_id, zones, counting)

    def hour_of(self, store_id: int, quarter: datetime) -> tuple[datetime, datetime]:
        """The store's own hour that the quarter lies in, half-open."""
        zone = self.by_id[store_id].zone_info
        start = calendar.hour_start(quarter, zone)
        return start, calendar.bucket_end(start, "hour", zone)

    def day_of(self, store_id: int, quarter: datetime) -> tuple[datetime, datetime]:
        """The store's own day that the quarter lies in, half-open."""
        zone = self.by_id[store_id].zone_info
        day = calendar.local_day(quarter, zone)
        return calendar.day_start(day, zone), calendar.day_start(day + timedelta(days=1), zone)

    def opens(self, pairs: Iterable[tuple[int, datetime]]) -> list[bool]:
        """Whether each store trades in each quarter."""
        hours = {store_id: store.trading_hours() for store_id, store in self.by_id.items()}
        return [hours[store_id].is_open(start) for store_id, start in pairs]


def _quarters(cursor: Any, measure: Measure, merge: Merge, stores: Stores, pairs: list[tuple[int, datetime]]) -> None:
    store_ids, starts = [store_id for store_id, _ in pairs], [start for _, start in pairs]
    cursor.execute(
        f"DELETE FROM {merge.table} rollup "
        "USING unnest(%s::bigint[], %s::timestamptz[]) AS bucket (store_id, start) "
        "WHERE rollup.store_id = bucket.store_id AND rollup.grain = 'quarter' AND rollup.start = bucket.start",
        [store_ids, starts],
    )
    wanted = set(store_ids)
    zones = [zone for zone in stores.zones if zone.store_id in wanted and _measured(zone, measure)]
    longest_hold = max((zone.controller.hold for zone in zones), default=timedelta())
    parameters = {
        "store_ids": store_ids,
        "starts": starts,
        "opens": stores.opens(pairs),
        "earliest": min(starts) - longest_hold,
        "latest": max(starts) + calendar.QUARTER,
        "zone_store_ids": [zone.store_id for zone in zones],
        "zone_ids": [zone.pk for zone in zones],
        "holds": [zone.controller.hold for zone in zones],
        "alive_from": [zone.appeared_at for zone in zones],
        "alive_until": [zone.retired_at for zone in zones],
        "zone_capacities": [zone.capacity if zone.capacity_by_hand else None for zone in zones],
        "counts": [zone.pk in stores.counting for zone in zones],
        "store_capacities": [stores.by_id[zone.store_id].capacity for zone in zones],
    }
    cursor.execute(_sql(measure), parameters)


def _measured(zone: Zone, measure: Measure) -> bool:
    """Whether a zone's facts count for a measure."""
    kinds = {Measure.QUEUES: Zone.Kind.QUEUE, Measure.FOOTFALL: Zone.Kind.ENTRANCE}
    return measure not in kinds or zone.kind == kinds[measure]


def _merge(cursor: Any, merge: Merge, grain: str, spans: list[tuple[int, datetime, datetime]]) -> None:
    """Make hours or days anew from their quarters."""
    if not spans:
        return
    columns = [list(column) for column in zip(*spans, strict=True)]
    cursor.execute(
        f"DELETE FROM {merge.table} rollup "
        "USING unnest(%s::bigint[], %s::timestamptz[]) AS bucket (store_id, start) "
        f"WHERE rollup.store_id = bucket.store_id AND rollup.grain = '{grain}' AND rollup.start = bucket.start",
        columns[:2],
    )
    cursor.execute(merge.from_quarters(grain), columns)


@cache
def _sql(measure: Measure) -> str:
    return (Path(__file__).parent / "sql" / f"{measure.value}.sql").read_text()
