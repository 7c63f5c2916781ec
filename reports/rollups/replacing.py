"""Writing rollups: what is fresh is put in place of what stands there, and only what differs is written.

Rows that haven't changed stay as they are, others are updated in their place, and those that there should no longer be are
deleted. What is told back is at which local times the sums of which stores have changed, for what is made of them.

Nobody else writes a measure's rollups meanwhile: whoever does holds its lock (`draining.lock`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from reports.merging import Merge
from reports.rollups import wire

Changed = set[tuple[int, int]]
"""Store (or region) ids, and local times, in seconds, at which their sums are not what they were."""


def rows_of_places(merge: Merge, grain: str, stretch: str) -> str:
    """A FROM for the rows of a grain, as ``rollup``, of the stores and times of ``stretch`` and of all zones of ``place``.

    Looked up in the primary key place by place: left to choose (that is what OFFSET 0 is against), the planner reads a whole
    partition for a few rows of it.
    """
    place = "JOIN place USING (store_id)" if "zone_id" in merge.keys else ""
    zone = "AND row.zone_id = place.zone_id" if place else ""
    return f"""
        {stretch} {place} CROSS JOIN LATERAL (
            SELECT * FROM {merge.table} AS row
            WHERE row.store_id = {stretch}.store_id {zone} AND row.grain = '{grain}'
              AND row.start >= {stretch}.starts AND row.start < {stretch}.ends
            OFFSET 0
        ) AS rollup
    """


def replacement(
    table: str, key: Sequence[str], columns: Iterable[str], grain: str, *, standing: str, whole: str = "false"
) -> str:
    """The end of a statement whose CTE ``fresh`` has all columns of the table but ``grain``, which is no part of the ``key``.

    ``standing`` is a FROM for the rows, as ``rollup``, that stand where fresh ones belong. ``whole`` is a condition for rows
    of stores as a whole, of which the statement tells where they have changed. To be executed by ``replace``.
    """
    keys, rest = ", ".join(key), [*(() if "local" in key else ("local",)), *columns]
    names = ", ".join((*key, *rest))
    fresh, old = (", ".join((f"{row}.is_there", *(f"{row}.{name}" for name in rest))) for row in ("fresh", "standing"))
    values = ", ".join(
        f"coalesce(fresh.{name}, standing.{name}) AS {name}" if name == "local" else f"fresh.{name}" for name in rest
    )
    return f"""
        , standing AS MATERIALIZED (
            SELECT {", ".join(f"rollup.{name}" for name in (*key, *rest))}, true AS is_there FROM {standing}
        ), compared AS MATERIALIZED (
            SELECT {keys}, {values}, fresh.is_there IS NULL AS is_gone, standing.is_there IS NULL AS is_new
            -- A full join is made by hash or by merging, whatever the planner thinks of how many rows there are.
            FROM (SELECT *, true AS is_there FROM fresh) AS fresh FULL JOIN standing USING ({keys})
            WHERE ({fresh}) IS DISTINCT FROM ({old})
        ), added AS (
            INSERT INTO {table} (grain, {names}) SELECT '{grain}', {names} FROM compared WHERE is_new
        ), written AS (
            INSERT INTO {table} (grain, {names}) SELECT '{grain}', {names} FROM compared WHERE NOT is_new AND NOT is_gone
            ON CONFLICT (grain, {keys}) DO UPDATE SET {", ".join(f"{name} = EXCLUDED.{name}" for name in rest)}
        )
        SELECT is_gone, {whole}, date_part('epoch', local)::bigint, {keys} FROM compared WHERE is_gone OR {whole}
    """


def replace(cursor: Any, statement: str, given: Any, table: str, key: Sequence[str], grain: str) -> Changed:
    """Execute a statement that ends in a ``replacement``; where the sums of which stores have changed."""
    with wire.cursor(cursor.connection) as columns:
        rows = columns.execute(statement, given).fetchall()
        # One by one, since they are few: how many they are the planner can't know.
        if gone := [row[3:] for row in rows if row[0]]:
            is_it = " AND ".join(f"{name} = %s" for name in key)
            columns.executemany(f"DELETE FROM {table} WHERE grain = '{grain}' AND {is_it}", gone)
    return {(row[3], row[2]) for row in rows if row[1]}
