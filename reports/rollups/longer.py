"""Hours from quarters, days from hours, months from days; and over a region's stores the sums of hours and days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from ingest.models import Measure
from reports.merging import MERGES
from reports.partitions import REGION_GRAINS
from reports.rollups.quarters import key_of, whole
from reports.rollups.replacing import Changed, replace, replacement, rows_of_places
from reports.rollups.spans import Span
from reports.rollups.wire import numbers

FINER = {"hour": "quarter", "day": "hour", "month": "day"}

Spans = Iterable[tuple[int, Span]]
"""Hours, days or months of stores, by their ids."""

_PLACES = """
    SELECT store_id, 0::bigint AS zone_id FROM (SELECT DISTINCT store_id FROM stretch) AS of_stretch
    UNION ALL
    SELECT store_id, id FROM sites_app_zone WHERE store_id IN (SELECT store_id FROM stretch)
"""
_REGION_KEY = ("region_id", "local", "is_open")


def write(cursor: Any, measure: Measure, grain: str, spans: Spans) -> Changed:
    """Make hours, days or months anew from what is finer, and the sums of regions where their stores' have changed."""
    ordered = sorted(set(spans))
    if not ordered:
        return set()
    merge = MERGES[measure]
    columns = [numbers(store_id for store_id, _ in ordered), numbers(_stretches(ordered))]
    columns += [numbers(span[place] for _, span in ordered) for place in range(3)]
    changed = replace(cursor, _statement(measure, grain), columns, merge.table, key_of(merge), grain)
    if grain in REGION_GRAINS:
        write_regions(cursor, measure, grain, changed)
    return changed


def _stretches(ordered: list[tuple[int, Span]]) -> Iterator[int]:
    """For each span the number of the stretch that it's a part of: of spans of a store that touch."""
    number = 0
    yield number
    for (store_id, span), (next_id, following) in pairwise(ordered):
        number += (store_id, span.end) != (next_id, following.start)
        yield number


@cache
def _statement(measure: Measure, grain: str) -> str:
    merge = MERGES[measure]
    keys = ", ".join(merge.keys)
    of_rollup = ", ".join(f"rollup.{name}" for name in (*merge.keys, "is_open", *merge.columns))
    figures = ", ".join(f"{how} AS {name}" for name, how in merge.expressions.items())
    standing = rows_of_places(merge, grain, "stretch")
    return f"""
        WITH stretch AS MATERIALIZED (
            SELECT store_id, to_timestamp(min(first) * 900) AS starts, to_timestamp(max(until) * 900) AS ends,
                   array_agg(to_timestamp(first * 900) ORDER BY first) AS buckets,
                   array_agg(to_timestamp(local_s) AT TIME ZONE 'UTC' ORDER BY first) AS locals
            FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
                 AS span (store_id, number, first, until, local_s)
            GROUP BY store_id, number
        ), place AS MATERIALIZED ({_PLACES}), finer AS MATERIALIZED (
            SELECT stretch.store_id, {of_rollup}, buckets[bucket] AS start, locals[bucket] AS local
            FROM {rows_of_places(merge, FINER[grain], "stretch")},
                 LATERAL (SELECT width_bucket(rollup.start, stretch.buckets) AS bucket) AS within
        ), fresh AS (
            SELECT store_id, {keys}, start, is_open, local, {figures}
            FROM finer GROUP BY store_id, {keys}, start, is_open, local
        )
        {replacement(merge.table, key_of(merge), merge.columns, grain, standing=standing, whole=whole(merge))}
    """


def write_regions(cursor: Any, measure: Measure, grain: str, changed: Changed) -> None:
    """Make the sums of regions anew for these stores and local times."""
    table = MERGES[measure].region_table
    if changed and table:
        columns = [numbers(column) for column in zip(*changed, strict=True)]
        replace(cursor, _regions(measure, grain), columns, table, _REGION_KEY, grain)


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
    standing = f"""
        bucket CROSS JOIN LATERAL (
            SELECT * FROM {merge.region_table} AS row
            WHERE row.region_id = bucket.region_id AND row.grain = '{grain}' AND row.local = bucket.local
            OFFSET 0
        ) AS rollup
    """
    return f"""
        WITH bucket AS MATERIALIZED (
            SELECT DISTINCT basis.region_id, to_timestamp(changed.local_s) AT TIME ZONE 'UTC' AS local
            FROM unnest(%s::bigint[], %s::bigint[]) AS changed (store_id, local_s)
            JOIN reports_storebasis basis USING (store_id)
        ), fresh AS (
            SELECT region_id, local, is_open, {figures}
            FROM (SELECT bucket.region_id, rollup.* FROM bucket
            JOIN reports_storebasis basis USING (region_id)
            CROSS JOIN LATERAL (
                SELECT * FROM {merge.table} AS row
                -- No clock is further from UTC: the instants bound what the primary key is searched for.
                WHERE row.store_id = basis.store_id AND row.zone_id = 0 AND row.grain = '{grain}'
                  AND row.local = bucket.local
                  AND row.start > bucket.local AT TIME ZONE 'UTC' - interval '15 hours'
                  AND row.start < bucket.local AT TIME ZONE 'UTC' + interval '15 hours'
                OFFSET 0
            ) AS rollup) AS of_stores
            GROUP BY region_id, local, is_open
        )
        {replacement(merge.region_table, _REGION_KEY, merge.region_expressions, grain, standing=standing)}
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
