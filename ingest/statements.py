"""The SQL that writes facts.

Each statement takes its rows as arrays, one a column, in the order of the table's ``columns``. Of two rows with one key
the greater by ``received_at`` and then by its values stands, whichever came first: so no order of writing shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class FactTable:
    """A fact table: its key, and its values with their types (``None``-able ones are never negative)."""

    name: str
    measure: str
    key: tuple[str, ...]
    values: dict[str, str]
    quarters: str = ""
    state: dict[str, str] = field(default_factory=dict)
    """The columns of a zone's state that its newest sample sets, by those of the sample."""

    @property
    def types(self) -> dict[str, str]:
        """Every column with its type, in the order of the rows."""
        keys = {name: "timestamptz" if name in ("observed_at", "start", "end") else "bigint" for name in self.key}
        return {**keys, "received_at": "timestamptz", **self.values}

    @property
    def given(self) -> str:
        """The rows of a statement's parameters, as a table ``given``."""
        return given(self.types)

    def upsert(self) -> str:
        """Insert or replace facts, mark the quarters that those which changed bear on, and move the state of zones forward."""
        moved = f", moved AS ({self._moved()})" if self.state else ""
        return f"""
            WITH {self.written()}{moved}
            INSERT INTO ingest_dirty (measure, store_id, quarter)
            SELECT '{self.measure}', marks.* FROM ({self.quarters}) AS marks
        """

    def written(self) -> str:
        """Insert or replace facts; those which changed are then in the table ``written``."""
        names, keys = _quoted(self.types), _quoted(self.key)
        rank = ("received_at", *self.values)
        return f"""
            incoming AS (
                SELECT DISTINCT ON ({keys}) {names} FROM {self.given} ORDER BY {keys}, {_descending(rank)}
            ), written AS (
                INSERT INTO {self.name} AS old ({names}) SELECT {names} FROM incoming
                ON CONFLICT ({keys}) DO UPDATE SET {_replace(rank)}
                WHERE {_row("EXCLUDED", rank)} > {_row("old", rank)}
                RETURNING *
            )
        """

    def _moved(self) -> str:
        newest = ("observed_at", "received_at", *self.values)
        columns = [self.state[name] for name in newest]
        updates = ", ".join(f"{name} = EXCLUDED.{name}" for name in columns)
        return f"""
            INSERT INTO ingest_zonestate AS old (store_id, zone_id, {", ".join(columns)})
            SELECT DISTINCT ON (zone_id) store_id, zone_id, {_quoted(newest)}
            FROM written ORDER BY zone_id, {_descending(newest)}
            ON CONFLICT (zone_id) DO UPDATE SET {updates}
            WHERE old.{self.state["observed_at"]} IS NULL OR {_row("EXCLUDED", columns)} > {_row("old", columns)}
        """


# The quarters that a sample bears on: from its own to the one in which its hold ends (there a touching sample may lie).
_HELD_QUARTERS = """
    SELECT DISTINCT store_id, quarter
    FROM (
        SELECT DISTINCT written.store_id, date_bin('15 minutes', observed_at, 'epoch') AS first, date_bin(
            '15 minutes', observed_at + 3 * controller.poll_interval_s * interval '1 second', 'epoch'
        ) AS last
        FROM written
        JOIN sites_app_zone zone ON zone.id = written.zone_id
        JOIN sites_app_controller controller ON controller.id = zone.controller_id
    ) AS held, generate_series(first, last, '15 minutes') AS quarter
"""
_OWN_QUARTER = "SELECT DISTINCT store_id, date_bin('15 minutes', start, 'epoch') FROM written"

OCCUPANCY = FactTable(
    name="ingest_occupancysample",
    measure="occupancy",
    key=("store_id", "zone_id", "observed_at"),
    values={"people": "int", "capacity": "int"},
    quarters=_HELD_QUARTERS,
    state={
        "observed_at": "occupancy_at",
        "received_at": "occupancy_received_at",
        "people": "people",
        "capacity": "capacity",
    },
)
QUEUES = FactTable(
    name="ingest_queuesample",
    measure="queues",
    key=("store_id", "zone_id", "observed_at"),
    values={"people": "int", "average_wait_ms": "bigint", "longest_wait_ms": "bigint", "threshold": "int"},
    quarters=_HELD_QUARTERS,
    state={
        "observed_at": "queue_at",
        "received_at": "queue_received_at",
        "people": "people_waiting",
        "average_wait_ms": "average_wait_ms",
        "longest_wait_ms": "longest_wait_ms",
        "threshold": "threshold",
    },
)
FOOTFALL = FactTable(
    name="ingest_footfallinterval",
    measure="footfall",
    key=("store_id", "zone_id", "start"),
    values={"end": "timestamptz", "complete": "boolean", "count_in": "int", "count_out": "int"},
    quarters=_OWN_QUARTER,
)
DWELL = FactTable(
    name="ingest_dwellinterval",
    measure="dwell",
    key=("store_id", "zone_id", "start"),
    values={"end": "timestamptz", "average_dwell_ms": "bigint", "visits": "int"},
    quarters=_OWN_QUARTER,
)
PATHS = FactTable(
    name="ingest_pathinterval",
    measure="paths",
    key=("store_id", "from_zone_id", "to_zone_id", "start"),
    values={"end": "timestamptz", "count": "int"},
    quarters=_OWN_QUARTER,
)

TABLES = (OCCUPANCY, QUEUES, FOOTFALL, DWELL, PATHS)


def given(types: dict[str, str]) -> str:
    """The rows of arrays, one a column, to select from."""
    arrays = ", ".join(f"%s::{kind}[]" for kind in types.values())
    return f"unnest({arrays}) AS given ({_quoted(types)})"


def _quoted(names: dict[str, str] | tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _descending(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}" DESC NULLS LAST' for name in names)


def _replace(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}" = EXCLUDED."{name}"' for name in names)


_NEVER_NULL = frozenset({"observed_at", "occupancy_at", "queue_at", "received_at", "occupancy_received_at", "queue_received_at", "end", "complete"})  # fmt: skip


def _row(side: str, names: tuple[str, ...] | list[str]) -> str:
    """A row to compare by. Null is lowest: a comparison of rows with null in them would itself be null."""
    parts = (f'{side}."{name}"' if name in _NEVER_NULL else f'coalesce({side}."{name}", -1)' for name in names)
    return f"ROW({', '.join(parts)})"


def update(table: str, types: dict[str, str]) -> str:
    """Set the columns of the rows whose ``id`` is given, each to its own values."""
    columns = ", ".join(f'"{name}" = given."{name}"' for name in types if name != "id")
    return f"UPDATE {table} AS old SET {columns} FROM {given(types)} WHERE old.id = given.id"


def columns(rows: Sequence[Sequence[Any]]) -> list[Any]:
    """Rows as the arrays that these statements take, one a column."""
    return [_array(values) for values in zip(*rows, strict=True)]


def _array(values: Sequence[Any]) -> Any:
    """Numbers and instants as PostgreSQL writes arrays: the driver takes five times as long for a list of them."""
    write = _WRITTEN.get(next((type(value) for value in values if value is not None), type(None)))
    if write is None:
        return list(values)
    if write is datetime.isoformat:  # what comes in one answer has one instant
        write = {value: value.isoformat() for value in set(values) if value is not None}.__getitem__
    return f"{{{','.join(['NULL' if value is None else write(value) for value in values])}}}"


_WRITTEN: dict[type, Callable[[Any], str]] = {int: str, bool: str, datetime: datetime.isoformat}
