"""Hours from quarters, days from hours, months from days; and over a region's stores the sums of hours and days."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from ingest.models import Measure
from reports.merging import MERGES, Merge
from reports.partitions import REGION_GRAINS
from reports.rollups.quarters import key_of, whole
from reports.rollups.replacing import Changed, replacement
from reports.rollups.spans import Span

FINER = {"hour": "quarter", "day": "hour", "month": "day"}

Spans = Iterable[tuple[int, Span]]
"""Hours, days or months of stores, by their ids."""

_PLACES = """
    SELECT store_id, 0::bigint AS zone_id FROM (SELECT DISTINCT store_id FROM bucket) AS of_bucket
    UNION ALL
    SELECT store_id, id FROM sites_app_zone WHERE store_id IN (SELECT store_id FROM bucket)
"""


def write(cursor: Any, measure: Measure, grain: str, spans: Spans) -> Changed:
    """Make hours, days or months anew from what is finer, and the sums of regions where their stores' have changed."""
    ordered = sorted(set(spans))
    if not ordered:
        return set()
    columns: list[list[Any]] = [[store_id for store_id, _ in ordered]]
    columns += [list(column) for column in zip(*(span for _, span in ordered), strict=True)]
    cursor.execute(_statement(measure, grain), columns)
    changed = set(cursor.fetchall())
    if grain in REGION_GRAINS:
        write_regions(cursor, measure, grain, changed)
    return changed


@cache
def _statement(measure: Measure, grain: str) -> str:
    merge = MERGES[measure]
    keys = ", ".join(f"rollup.{key}" for key in merge.keys)
    figures = ", ".join(f"{how} AS {name}" for name, how in merge.expressions.items())
    return f"""
        WITH bucket AS MATERIALIZED (
            SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamp[])
                          AS t (store_id, starts, ends, local_start)
        ), place AS MATERIALIZED ({_PLACES}), fresh AS MATERIALIZED (
            SELECT bucket.store_id, {keys}, '{grain}' AS grain, bucket.starts AS start, rollup.is_open,
                   bucket.local_start AS local, {figures}
            FROM bucket {_join(merge, "rollup", FINER[grain])}
            GROUP BY bucket.store_id, bucket.starts, bucket.local_start, rollup.is_open, {keys}
        )
        {replacement(merge.table, key_of(merge), merge.columns, stale=_stale(merge, grain), whole=whole(merge))}
    """


def _join(merge: Merge, alias: str, grain: str) -> str:
    place = "JOIN place USING (store_id)" if "zone_id" in merge.keys else ""
    return f"{place} JOIN {merge.table} {alias} ON {_within(merge, alias, grain)}"


def _stale(merge: Merge, grain: str) -> str:
    place = "JOIN place USING (store_id)" if "zone_id" in merge.keys else ""
    return f"USING bucket {place} WHERE {_within(merge, 'old', grain)}"


def _within(merge: Merge, alias: str, grain: str) -> str:
    zone = f"AND {alias}.zone_id = place.zone_id" if "zone_id" in merge.keys else ""
    return f"""
        {alias}.store_id = bucket.store_id {zone} AND {alias}.grain = '{grain}'
        AND {alias}.start >= bucket.starts AND {alias}.start < bucket.ends
    """


def write_regions(cursor: Any, measure: Measure, grain: str, changed: Changed) -> None:
    """Make the sums of regions anew for these stores and local times."""
    if changed and MERGES[measure].region_table:
        cursor.execute(_regions(measure, grain), [list(column) for column in zip(*changed, strict=True)])


def rewrite_regions(cursor: Any, measure: Measure, region_ids: Iterable[int]) -> None:
    """Make all sums of these regions anew: stores came to them, or left."""
    merge = MERGES[measure]
    if not merge.region_table:
        return
    for grain in REGION_GRAINS:
        cursor.execute(
            f"DELETE FROM {merge.region_table} WHERE grain = '{grain}' AND region_id = ANY(%s)", [[*region_ids]]
        )
        cursor.execute(_all_of_regions(measure, grain), [[*region_ids]])


@cache
def _regions(measure: Measure, grain: str) -> str:
    merge = MERGES[measure]
    figures = ", ".join(f"{how} AS {name}" for name, how in merge.region_expressions.items())
    return f"""
        WITH bucket AS MATERIALIZED (
            SELECT DISTINCT basis.region_id, changed.local_start
            FROM unnest(%s::bigint[], %s::timestamp[]) AS changed (store_id, local_start)
            JOIN reports_storebasis basis USING (store_id)
        ), fresh AS MATERIALIZED (
            SELECT bucket.region_id, '{grain}' AS grain, bucket.local_start AS local, rollup.is_open, {figures}
            FROM bucket
            JOIN reports_storebasis basis USING (region_id)
            JOIN {merge.table} rollup USING (store_id)
            -- No clock is further from UTC: the instants bound what the primary key is searched for.
            WHERE rollup.zone_id = 0 AND rollup.grain = '{grain}' AND rollup.local = bucket.local_start
              AND rollup.start > bucket.local_start AT TIME ZONE 'UTC' - interval '15 hours'
              AND rollup.start < bucket.local_start AT TIME ZONE 'UTC' + interval '15 hours'
            GROUP BY bucket.region_id, bucket.local_start, rollup.is_open
        )
        {
        replacement(
            merge.region_table,
            ("region_id", "grain", "local", "is_open"),
            merge.region_expressions,
            stale=f"USING bucket WHERE old.region_id = bucket.region_id AND old.grain = '{grain}' AND old.local = bucket.local_start",
        )
    }
    """


@cache
def _all_of_regions(measure: Measure, grain: str) -> str:
    merge = MERGES[measure]
    names, figures = ", ".join(merge.region_expressions), ", ".join(merge.region_expressions.values())
    return f"""
        INSERT INTO {merge.region_table} (region_id, grain, local, is_open, {names})
        SELECT basis.region_id, '{grain}', rollup.local, rollup.is_open, {figures}
        FROM reports_storebasis basis JOIN {merge.table} rollup USING (store_id)
        WHERE basis.region_id = ANY(%s) AND rollup.zone_id = 0 AND rollup.grain = '{grain}'
        GROUP BY basis.region_id, rollup.local, rollup.is_open
    """
