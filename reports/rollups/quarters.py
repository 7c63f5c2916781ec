"""Quarters of an hour, from the facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from ingest.models import Measure
from reports.calendar import quarter_start
from reports.merging import MERGES, Merge
from reports.models import WHOLE_STORE
from reports.rollups import occupancy, queues
from reports.rollups.replacing import replace, replacement, rows_of_places
from reports.rollups.stores import Run, Stores, ZoneBasis

_SQL = Path(__file__).parent.parent / "sql"
GRAIN = "quarter"
# Of samples the quarters are worked out here, and given to the statement as columns; of intervals it does that itself.
_COLUMNS = {Measure.OCCUPANCY: occupancy.columns, Measure.QUEUES: queues.columns}

# What statements are given: stretches of quarters, and the places whose rollups they have.
_STRETCHES = """
    WITH run AS MATERIALIZED (
        SELECT number, store_id, bits::varbit AS bits, ahead, first_quarter,
               to_timestamp(first_quarter * 900) AS starts, to_timestamp(end_quarter * 900) AS ends
        FROM unnest(
            %(run_store_ids)s::bigint[], %(run_starts)s::bigint[], %(run_ends)s::bigint[], %(run_bits)s::text[],
            %(run_ahead)s::interval[]
        ) WITH ORDINALITY AS t (store_id, first_quarter, end_quarter, bits, ahead, number)
    ), place AS MATERIALIZED (
        SELECT store_id, zone_id
        FROM unnest(%(place_store_ids)s::bigint[], %(place_zone_ids)s::bigint[]) AS t (store_id, zone_id)
    )
"""
# And those in sql/ that read facts: the zones that are measured.
_ZONES = """
    , zone AS MATERIALIZED (
        SELECT * FROM unnest(%(zone_store_ids)s::bigint[], %(zone_ids)s::bigint[]) AS t (store_id, zone_id)
    )
"""


def write(cursor: Any, measure: Measure, stores: Stores, stretches: Sequence[Run]) -> None:
    """Compute these quarters and put them in place of what stands there."""
    merge, wanted = MERGES[measure], {run.store_id for run in stretches}
    zones = stores.measured(measure, wanted)
    given = {**_stretches(stretches), **_places(stores, wanted)}
    if measure in _COLUMNS:
        given |= _COLUMNS[measure](cursor.connection, stores, stretches, zones)
    else:
        # Paths begin in zones of any kind, and outside.
        given |= _zones(stretches, zones, sorted(wanted) if measure == Measure.PATHS else [])
    replace(cursor, _statement(measure), given, merge.table, key_of(merge), GRAIN)


def _stretches(stretches: Sequence[Run]) -> dict[str, Any]:
    return {
        "run_store_ids": [run.store_id for run in stretches],
        "run_starts": [run.start for run in stretches],
        "run_ends": [run.end for run in stretches],
        "run_bits": [run.bits for run in stretches],
        "run_ahead": [timedelta(seconds=run.ahead_s) for run in stretches],
    }


def _places(stores: Stores, wanted: set[int]) -> dict[str, Any]:
    places = [(pk, WHOLE_STORE) for pk in wanted] + [(z.store_id, z.pk) for z in stores.zones if z.store_id in wanted]
    return {
        "place_store_ids": [store_id for store_id, _ in places],
        "place_zone_ids": [zone_id for _, zone_id in places],
    }


def _zones(stretches: Sequence[Run], zones: Iterable[ZoneBasis], outside: Sequence[int]) -> dict[str, Any]:
    measured = [(zone.store_id, zone.pk) for zone in zones] + [(pk, 0) for pk in outside]
    return {
        "zone_store_ids": [store_id for store_id, _ in measured],
        "zone_ids": [zone_id for _, zone_id in measured],
        "earliest": quarter_start(min(run.start for run in stretches)),
        "latest": quarter_start(max(run.end for run in stretches)),
    }


@cache
def _statement(measure: Measure) -> str:
    merge = MERGES[measure]
    figures = (_SQL / f"{measure.value}.sql").read_text()
    fresh = figures if measure in _COLUMNS else _of_facts(merge)
    zones = "" if measure in _COLUMNS else f"{_ZONES}, figure AS ({figures})"
    standing = rows_of_places(merge, GRAIN, "run")
    end = replacement(merge.table, key_of(merge), merge.columns, GRAIN, standing=standing)
    return f"{_STRETCHES}{zones}, fresh AS ({fresh}) {end}"


def _of_facts(merge: Merge) -> str:
    keys, columns = ", ".join(f"figure.{key}" for key in merge.keys), ", ".join(merge.columns)
    return f"""
        SELECT figure.store_id, {keys}, to_timestamp(figure.quarter * 900) AS start,
               get_bit(run.bits, (figure.quarter - run.first_quarter)::int) = 1 AS is_open,
               to_timestamp(figure.quarter * 900) AT TIME ZONE 'UTC' + run.ahead AS local, {columns}
        FROM figure JOIN run USING (number)
    """


def key_of(merge: Merge) -> tuple[str, ...]:
    """The key of a measure's rollups within a grain."""
    return ("store_id", *merge.keys, "start", "is_open")


def whole(merge: Merge) -> str:
    """A condition for the rows of stores as a whole."""
    return "zone_id = 0" if "zone_id" in merge.keys else "from_zone_id = -1"
