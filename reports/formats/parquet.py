"""Parquet: typed columns, compressed; times with an offset are instants in UTC, as the format has no offsets.

What was asked and the totals stand in the file's own metadata.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC
from pathlib import Path
from typing import IO, Any

import arro3.io
import msgspec
from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema

from reports.formats.table import Column, Kind, Table, as_datetime, through_file

_BATCH = 5_000
_ROW_GROUP = 100_000
"""The writer holds one group of rows in memory."""


def write(table: Table, directory: Path | None = None) -> Iterator[bytes]:
    """The table as a Parquet file."""
    return through_file(lambda file: _write(table, file), directory)


def _write(table: Table, file: IO[bytes]) -> None:
    schema = Schema([Field(column.flat_name, _type(column)) for column in table.columns])
    arro3.io.write_parquet(
        RecordBatchReader.from_batches(schema, _batches(table, schema)),
        file,
        compression="zstd(3)",
        max_row_group_size=_ROW_GROUP,
        key_value_metadata={"report": msgspec.json.encode({**table.head, "totals": table.totals}).decode()},
    )


def _type(column: Column) -> DataType:
    match column.kind:
        case Kind.TEXT:
            return DataType.utf8()
        case Kind.INSTANT:
            return DataType.timestamp("us", tz="UTC")
        case Kind.CLOCK:
            return DataType.timestamp("us")
        case Kind.WHOLE:
            return DataType.int64()
    return DataType.float64()


def _batches(table: Table, schema: Schema) -> Iterator[RecordBatch]:
    for batch in table.batches(_BATCH):
        columns = zip(table.columns, zip(*batch, strict=True), strict=True)
        yield RecordBatch.from_arrays([_array(column, cells) for column, cells in columns], schema=schema)


def _array(column: Column, cells: Sequence[Any]) -> Array:
    if column.is_time:
        return Array([_microseconds(cell) for cell in cells], DataType.int64()).cast(_type(column))
    if column.kind in (Kind.NUMBER, Kind.SHARE):
        return Array([None if cell is None else float(cell) for cell in cells], DataType.float64())
    return Array(cells, _type(column))


def _microseconds(cell: Any) -> int | None:
    """Since 1970; a time without offset counts as if it were in UTC."""
    if cell is None:
        return None
    at = as_datetime(cell)
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1_000_000)
