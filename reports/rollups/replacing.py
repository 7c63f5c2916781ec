"""Writing rollups: what is fresh is put in place of what stands there, and only what differs is written.

Rows that haven't changed stay as they are, others are updated in their place, and those that there should no longer be are
deleted. What is told back is at which local times the sums of which stores have changed, for what is made of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Changed = set[tuple[int, object]]
"""Store (or region) ids, and local times at which their sums are not what they were."""


def replacement(table: str, key: Sequence[str], columns: Iterable[str], *, stale: str, whole: str = "") -> str:
    """The end of a statement whose CTE ``fresh`` has all columns of the table.

    ``stale`` is a FROM and WHERE that pick, as ``old``, the rows that stand where fresh ones belong. With ``whole``, a
    condition for rows of stores as a whole, the statement tells where those have changed.
    """
    columns = ["local", *columns] if "local" not in key else list(columns)
    names = ", ".join((*key, *columns))
    gone = f"""
        , gone AS (
            DELETE FROM {table} AS old {stale}
              -- NOT IN is looked up in a hash, whatever the planner thinks of how many there are.
              AND ({", ".join(f"old.{name}" for name in key)}) NOT IN (SELECT {", ".join(key)} FROM fresh)
            RETURNING old.*
        )
    """
    written = f"""
        INSERT INTO {table} AS old ({names}) SELECT {names} FROM fresh
        ON CONFLICT ({", ".join(key)}) DO UPDATE
        SET {", ".join(f"{name} = EXCLUDED.{name}" for name in columns)}
        WHERE ({", ".join(f"old.{name}" for name in columns)})
              IS DISTINCT FROM ({", ".join(f"EXCLUDED.{name}" for name in columns)})
    """
    if not whole:
        return gone + written
    return f"""
        {gone}, written AS ({written} RETURNING old.*)
        SELECT DISTINCT {key[0]}, local FROM gone WHERE {whole}
        UNION
        SELECT DISTINCT {key[0]}, local FROM written WHERE {whole}
    """
