"""Quarters of an hour, from the facts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from ingest.models import Measure
from reports.calendar import quarter_start
from reports.merging import MERGES, Merge
from reports.models import WHOLE_STORE
from reports.rollups.replacing import replacement
from reports.rollups.stores import Run, Stores

_SQL = Path(__file__).parent.parent / "sql"
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

# What the statements in sql/ are given: stretches of quarters, and the zones that are measured.
_GIVEN = """
    WITH run AS MATERIALIZED (
        SELECT number, store_id, bits::varbit AS bits, store_capacity, ahead,
               first_quarter, first_quarter * 900000000 AS starts_us, end_quarter * 900000000 AS ends_us,
               to_timestamp(first_quarter * 900) AS starts, to_timestamp(end_quarter * 900) AS ends
        FROM unnest(
            %(run_store_ids)s::bigint[], %(run_starts)s::bigint[], %(run_ends)s::bigint[], %(run_bits)s::text[],
            %(run_ahead)s::interval[], %(run_capacities)s::int[]
        ) WITH ORDINALITY AS t (store_id, first_quarter, end_quarter, bits, ahead, store_capacity, number)
    ), zone AS MATERIALIZED (
        SELECT *
        FROM unnest(
            %(zone_store_ids)s::bigint[], %(zone_ids)s::bigint[], %(holds)s::interval[], %(alive_from)s::bigint[],
            %(alive_until)s::bigint[], %(zone_capacities)s::int[], %(counts)s::boolean[]
        ) AS t (store_id, zone_id, hold, alive_from, alive_until, zone_capacity, counts)
    ), place AS MATERIALIZED (
        SELECT store_id, zone_id
        FROM unnest(%(place_store_ids)s::bigint[], %(place_zone_ids)s::bigint[]) AS t (store_id, zone_id)
    )
"""


def write(cursor: Any, measure: Measure, stores: Stores, stretches: Sequence[Run]) -> None:
    """Compute these quarters and put them in place of what stands there."""
    cursor.execute(_statement(measure), _parameters(measure, stores, stretches))


def _parameters(measure: Measure, stores: Stores, stretches: Sequence[Run]) -> dict[str, Any]:
    wanted = {run.store_id for run in stretches}
    zones = stores.measured(measure, wanted)
    longest_hold = max((zone.hold for zone in zones), default=timedelta())
    places = [(pk, WHOLE_STORE) for pk in wanted] + [(z.store_id, z.pk) for z in stores.zones if z.store_id in wanted]
    # Paths begin in zones of any kind, and outside.
    outside = sorted(wanted) if measure == Measure.PATHS else []
    return {
        "run_store_ids": [run.store_id for run in stretches],
        "run_starts": [run.start for run in stretches],
        "run_ends": [run.end for run in stretches],
        "run_bits": [run.bits for run in stretches],
        "run_ahead": [timedelta(seconds=run.ahead_s) for run in stretches],
        "run_capacities": [stores.capacities[run.store_id] for run in stretches],
        "earliest": quarter_start(min(run.start for run in stretches)) - longest_hold,
        "latest": quarter_start(max(run.end for run in stretches)),
        "zone_store_ids": [zone.store_id for zone in zones] + outside,
        "zone_ids": [zone.pk for zone in zones] + [0 for _ in outside],
        "holds": [zone.hold for zone in zones] + [None for _ in outside],
        "alive_from": [_microseconds(zone.appeared_at) for zone in zones] + [None for _ in outside],
        "alive_until": [_microseconds(zone.retired_at) for zone in zones] + [None for _ in outside],
        "zone_capacities": [zone.capacity if zone.capacity_by_hand else None for zone in zones]
        + [None for _ in outside],
        "counts": [zone.pk in stores.counting for zone in zones] + [None for _ in outside],
        "place_store_ids": [store_id for store_id, _ in places],
        "place_zone_ids": [zone_id for _, zone_id in places],
    }


def _microseconds(instant: datetime | None) -> int | None:
    return None if instant is None else (instant - _EPOCH) // timedelta(microseconds=1)


@cache
def _statement(measure: Measure) -> str:
    merge = MERGES[measure]
    figures = (_SQL / f"{measure.value}.sql").read_text()
    keys, columns = ", ".join(f"figure.{key}" for key in merge.keys), ", ".join(merge.columns)
    return f"""
        {_GIVEN}, figure AS (
            {figures}
        ), fresh AS MATERIALIZED (
            SELECT figure.store_id, {keys}, 'quarter' AS grain, to_timestamp(figure.quarter * 900) AS start,
                   get_bit(run.bits, (figure.quarter - run.first_quarter)::int) = 1 AS is_open,
                   to_timestamp(figure.quarter * 900) AT TIME ZONE 'UTC' + run.ahead AS local, {columns}
            FROM figure JOIN run USING (number)
        )
        {replacement(merge.table, key_of(merge), merge.columns, stale=_stale(merge))}
    """


def _stale(merge: Merge) -> str:
    if "zone_id" not in merge.keys:
        return """
            USING run
            WHERE old.store_id = run.store_id AND old.grain = 'quarter'
              AND old.start >= run.starts AND old.start < run.ends
        """
    return """
        USING run JOIN place USING (store_id)
        WHERE old.store_id = place.store_id AND old.zone_id = place.zone_id AND old.grain = 'quarter'
          AND old.start >= run.starts AND old.start < run.ends
    """


def key_of(merge: Merge) -> tuple[str, ...]:
    """The key of a measure's rollups."""
    return ("store_id", *merge.keys, "grain", "start", "is_open")


def whole(merge: Merge) -> str:
    """A condition for the rows of stores as a whole."""
    return "zone_id = 0" if "zone_id" in merge.keys else "from_zone_id = -1"
