"""JSON: what was asked, then flat rows, then totals.

Rows are encoded as structs of a type made for the table: their names are encoded once, not once a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, starmap
from pathlib import Path
from typing import Any

import msgspec

from reports.formats.table import Column, Row, Table

_BATCH = 500


def write(table: Table, directory: Path | None = None) -> Iterator[bytes]:
    """The table as one JSON object."""
    encoder = msgspec.json.Encoder()
    to_structs = _struct_maker(table.columns)
    yield encoder.encode(table.head)[:-1] + b',"rows":['
    comma = b""
    for batch in table.batches(_BATCH):
        yield comma + encoder.encode(list(to_structs(batch)))[1:-1]
        comma = b","
    yield b'],"totals":' + encoder.encode(table.totals) + b"}"


def _struct_maker(columns: Sequence[Column]) -> Callable[[Iterable[Row]], Iterable[Any]]:
    """Makes rows' structs, with the columns under one name in a struct of their own."""
    groups = [(under, [column.name for column in group]) for under, group in groupby(columns, lambda c: c.under)]
    flat = [name for under, names in groups if not under for name in names]
    whole = _struct([*flat, *(under for under, _ in groups if under)])
    parts: list[tuple[Callable[..., Any], slice]] = []
    start = len(flat)
    for names in (names for under, names in groups if under):
        parts.append((_struct(names), slice(start, start + len(names))))
        start += len(names)
    if not parts:
        return lambda rows: starmap(whole, rows)
    return lambda rows: (whole(*row[: len(flat)], *(part(*row[place]) for part, place in parts)) for row in rows)


def _struct(names: Sequence[str]) -> Callable[..., Any]:
    # Nothing in it can form a cycle, so the garbage collector needn't look at it.
    return msgspec.defstruct("Row", [(name, Any) for name in names], gc=False)
