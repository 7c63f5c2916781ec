"""Quarters that are told open from closed anew, without their facts: of old ones only the rollups may be left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from ingest.models import Measure
from reports.merging import MERGES
from reports.rollups.stores import Run


def write(cursor: Any, measure: Measure, stretches: Sequence[Run]) -> None:
    """Bring quarters in line with when their store is open, and with its clock."""
    columns: list[list[Any]] = [
        [run.store_id for run in stretches],
        [run.start for run in stretches],
        [run.end for run in stretches],
        [run.bits for run in stretches],
        [timedelta(seconds=run.ahead_s) for run in stretches],
    ]
    cursor.execute(_statement(measure), columns)


@cache
def _statement(measure: Measure) -> str:
    merge = MERGES[measure]
    zoned = "zone_id" in merge.keys
    return f"""
        WITH run AS MATERIALIZED (
            SELECT store_id, first_quarter, bits::varbit AS bits, ahead,
                   to_timestamp(first_quarter * 900) AS starts, to_timestamp(end_quarter * 900) AS ends
            FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::interval[])
                 AS t (store_id, first_quarter, end_quarter, bits, ahead)
        ), place AS MATERIALIZED (
            SELECT DISTINCT store_id, 0::bigint AS zone_id FROM run
            UNION ALL
            SELECT store_id, id FROM sites_app_zone WHERE store_id IN (SELECT store_id FROM run)
        ), cut AS MATERIALIZED (
            SELECT run.store_id, {", ".join(f"rollup.{key}" for key in merge.keys)}, rollup.start,
                   get_bit(run.bits, (date_part('epoch', rollup.start) / 900)::int - run.first_quarter::int) = 1 AS is_open,
                   rollup.start AT TIME ZONE 'UTC' + run.ahead AS local
            FROM run {"JOIN place USING (store_id)" if zoned else ""}
            JOIN {merge.table} rollup
              ON rollup.store_id = run.store_id {"AND rollup.zone_id = place.zone_id" if zoned else ""}
             AND rollup.grain = 'quarter' AND rollup.start >= run.starts AND rollup.start < run.ends
        )
        UPDATE {merge.table} AS rollup SET is_open = cut.is_open, local = cut.local
        FROM cut
        WHERE rollup.store_id = cut.store_id AND rollup.grain = 'quarter' AND rollup.start = cut.start
          AND {" AND ".join(f"rollup.{key} = cut.{key}" for key in merge.keys)}
          AND (rollup.is_open, rollup.local) IS DISTINCT FROM (cut.is_open, cut.local)
    """
