"""The SQL of reports: rollups of some grains, over all stores or some, merged by place and key.

Windows of days are read by the local time of rollups, which is the same for all clocks, windows of instants by when they
start. Rows come as tuples: place, key, then the fields of the measure's totals, and at last the store of the peak.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from reports import replicas
from reports.measures import MeasureSpec
from reports.merging import MERGES

Owner = Literal["store", "zone", "region"]
_MICROSECONDS = "(date_part('epoch', {0}) * 1000000)::bigint"
# Of what is highest the earliest, and of these the first store's: the greatest of such arrays.
_PEAK = "max(ARRAY[peak, -{at}, -peak_store]) FILTER (WHERE peak IS NOT NULL)"
_NEVER_BIG = frozenset({"wait_person_us"})
"""Sums that don't fit into a bigint, not even those of one store."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a window that is read in one grain: by ``local`` time or by ``start``, half-open; of all stores or some."""

    grain: str
    column: Literal["local", "start"]
    first: date | datetime
    last: date | datetime
    store_ids: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """What is read: whose rollups, of which stores or zones (None: all), in which pieces, merged by which key.

    ``members`` are places and the owners that count in them, for merging by them; without, an owner is its own place
    or, with ``as_one``, all are one. ``apart`` are further columns (and ``joins`` where they come from) by which rows are
    kept apart, ``rows`` is a condition for the rollups of whole stores' parts instead of those of stores or zones. ``key`` is SQL over ``local`` and ``start``; ``occurrence`` likewise: with it, rows
    are merged by it first and by the key then, and tell how many occurrences there were.
    """

    spec: MeasureSpec
    only_open: bool
    owner: Owner
    pieces: Sequence[Piece]
    key: str = "0"
    parameters: Sequence[Any] = ()
    occurrence: str = ""
    condition: str = ""
    one_rollup_a_key: bool = False
    apart: Sequence[tuple[str, str]] = ()
    joins: str = ""
    rows: str = ""
    store_ids: Sequence[int] | None = None
    zone_ids: Sequence[int] | None = None
    members: Sequence[tuple[int, int]] | None = None
    as_one: bool = False

    @property
    def keeps_owners(self) -> bool:
        """Whether each row is of one owner alone."""
        return self.members is None and not self.as_one


@dataclass(slots=True)
class _Sql:
    text: str = ""
    parameters: list[Any] = field(default_factory=list)


def fetch(read: Read) -> list[tuple[Any, ...]]:
    """The rows: place, key, [occurrences,] the totals' fields, the store of the peak (None where there is no such)."""
    if not read.pieces or read.members == []:
        return []
    found = _Sql()
    parts = [_piece(read, piece, found) for piece in read.pieces]
    source = " UNION ALL ".join(parts)
    if read.occurrence:
        source = _merged(read, source, ("place", "occurrence", "key"))
        found.text = _merged(read, source, ("place", "key"), counted=True, last=True)
    elif _is_single(read):
        names = (*read.spec.fields, "peak_store")
        shown = (_MICROSECONDS.format(name) if name == "peak_at" else name for name in names)
        found.text = f"SELECT place, key, {', '.join(shown)} FROM ({source}) AS rollup"
    else:
        found.text = _merged(read, source, ("place", "key", *(name for _, name in read.apart)), last=True)
    with replicas.cursor() as cursor:
        cursor.execute(found.text, found.parameters)
        return list(cursor.fetchall())


def _is_single(read: Read) -> bool:
    """Whether each rollup is a row: it's of one owner, its key says which bucket it is, and the closed ones are left out."""
    return read.only_open and read.keeps_owners and read.one_rollup_a_key and len(read.pieces) == 1


KEY_OF_START = "floor(date_part('epoch', start) / 900)::int"
"""The number of the quarter of an hour in which a rollup starts."""


def _piece(read: Read, piece: Piece, found: _Sql) -> str:
    """One part of the window. Its parameters are appended in the order in which they stand in it."""
    spec, merge = read.spec, MERGES[read.spec.measure]
    table = merge.region_table if read.owner == "region" else merge.table
    owner = {"store": "rollup.store_id", "zone": "rollup.zone_id", "region": "rollup.region_id"}[read.owner]
    peak_store = "NULL::bigint" if not spec.peaks else "peak_store_id" if read.owner == "region" else "store_id"
    place = owner if read.keeps_owners else "0" if read.as_one else "member.place"
    more = [(read.occurrence, "occurrence")] if read.occurrence else []
    apart = "".join(f", {column} AS {name}" for column, name in (*more, *read.apart))
    found.parameters += read.parameters
    join = ""
    if read.members is not None:
        member = "rollup.region_id" if read.owner == "region" else "rollup.store_id"
        join = f"JOIN unnest(%s::int[], %s::bigint[]) AS member (place, owner) ON member.owner = {member}"
        found.parameters += [list(column) for column in zip(*read.members, strict=True)]
    where = [f"grain = '{piece.grain}'", f"{piece.column} >= %s", f"{piece.column} < %s"]
    found.parameters += [piece.first, piece.last]
    where += ["is_open"] if read.only_open else []
    where += [read.condition] if read.condition else []
    where += [read.rows] if read.rows else []
    where += _owners(read, piece, found)
    return f"""
        SELECT {place} AS place, {read.key} AS key{apart}, {", ".join(f"rollup.{name}" for name in spec.fields)}, {peak_store} AS peak_store
        FROM {table} rollup {join} {read.joins} WHERE {" AND ".join(where)}
    """


def _owners(read: Read, piece: Piece, found: _Sql) -> list[str]:
    if read.owner == "region":
        return []
    where = []
    for store_ids in (read.store_ids, piece.store_ids):
        if store_ids is not None:
            where.append("rollup.store_id = ANY(%s)")
            found.parameters.append(list(store_ids))
    if read.rows:
        return where
    if read.zone_ids is None:
        return [*where, "zone_id = 0" if "zone_id" in MERGES[read.spec.measure].keys else "from_zone_id = -1"]
    found.parameters.append(list(read.zone_ids))
    return [*where, "zone_id = ANY(%s)", "zone_id > 0"]


def _merged(read: Read, source: str, by: tuple[str, ...], *, counted: bool = False, last: bool = False) -> str:
    """Rows merged by these columns; the names stay the same, so that what is merged can be merged again.

    At ``last``, instants are whole microseconds since 1970: Django would take its time over so many of its own.
    """
    merge, spec = MERGES[read.spec.measure], read.spec
    names = list(spec.fields)
    figures = {name: merge.expressions[name] for name in names}
    for name, how in figures.items():
        if "sum(" in how and read.keeps_owners and name not in _NEVER_BIG:
            figures[name] = f"({how})::bigint"
    store = "NULL::bigint"
    if spec.peaks:
        peak = _PEAK.format(at=_MICROSECONDS.format("peak_at"))
        at = f"-({peak})[2]"
        figures["peak_at"] = at if last else f"'epoch'::timestamptz + {at} * interval '1 microsecond'"
        store = f"-({peak})[3]"
    columns = [*by, *(["count(*) AS occurrences"] if counted else [])]
    columns += [f"{how} AS {name}" for name, how in figures.items()]
    return f"SELECT {', '.join(columns)}, {store} AS peak_store FROM ({source}) AS rollup GROUP BY {', '.join(by)}"
