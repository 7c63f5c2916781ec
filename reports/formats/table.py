"""What all writers take: named and typed columns, and rows that are passed through once."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import IO, Any

Row = Sequence[Any]
"""A cell for each column: text, numbers, instants as ``datetime`` or ISO 8601 text; None where nothing is known."""

_BLOCK = 256 * 1024


class Kind(StrEnum):
    """What a column holds, and so how a spreadsheet shows it and of which type it is elsewhere."""

    TEXT = "text"
    INSTANT = "instant"
    """A moment, with an offset."""
    CLOCK = "clock"
    """A time of day of several stores' own clocks, without offset."""
    WHOLE = "whole"
    NUMBER = "number"
    SHARE = "share"
    """0–1."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column. Those ``under`` a name are an object of that name in JSON, and have it before theirs elsewhere."""

    name: str
    kind: Kind
    unit: str = ""
    under: str = ""

    @property
    def flat_name(self) -> str:
        return f"{self.under}_{self.name}" if self.under else self.name

    @property
    def is_time(self) -> bool:
        return self.kind in (Kind.INSTANT, Kind.CLOCK)


@dataclass(frozen=True, slots=True)
class Table:
    """A report on its way out. ``head`` is what was asked; ``rows`` are passed through once.

    Columns under one name stand together, after all that are under none.
    """

    head: Mapping[str, Any]
    columns: Sequence[Column]
    rows: Iterable[Row]
    totals: Mapping[str, Any] = field(default_factory=dict)

    def batches(self, size: int) -> Iterator[list[Row]]:
        """The rows, so many at a time."""
        rows = iter(self.rows)
        while batch := list(islice(rows, size)):
            yield batch

    def text_batches(self, size: int) -> Iterator[list[Row]]:
        """The rows with all times as text."""
        places = [place for place, column in enumerate(self.columns) if column.is_time]
        for batch in self.batches(size):
            yield [_times_as_text(row, places) for row in batch]


def _times_as_text(row: Row, places: Sequence[int]) -> Row:
    for place in places:
        cell = row[place]
        if isinstance(cell, datetime):
            row = [*row[:place], cell.isoformat(), *row[place + 1 :]]
    return row


def as_datetime(cell: str | datetime) -> datetime:
    """A time's cell as such."""
    return datetime.fromisoformat(cell) if isinstance(cell, str) else cell


def through_file(write: Callable[[IO[bytes]], None], directory: Path | None) -> Iterator[bytes]:
    """The bytes of what can only be written to a file: it's on disk while they are read, and never has a name."""
    with tempfile.TemporaryFile(dir=directory) as file:
        write(file)
        file.seek(0)
        while block := file.read(_BLOCK):
            yield block
