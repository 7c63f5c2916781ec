"""How reports leave the house: one iterator of rows, four writers, the same figures in all of them.

Each writer takes a ``Table`` and gives the file's bytes in chunks, in constant memory however many rows there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from reports.formats import csv, json, parquet, xlsx
from reports.formats.table import Column, Kind, Row, Table

__all__ = ["FORMATS", "Column", "Format", "Kind", "Row", "Table"]


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: what it's called in requests, in headers and at the end of file names, and who writes it.

    ``write`` takes the directory for what can't be sent before it's whole; None is the system's own.
    """

    name: str
    media_type: str
    write: Callable[[Table, Path | None], Iterator[bytes]]

    @property
    def is_text(self) -> bool:
        """Whether it's worth to be compressed on its way; the other formats are compressed in themselves."""
        return self.name in ("json", "csv")


FORMATS = {
    format.name: format
    for format in (
        Format("json", "application/json", json.write),
        Format("csv", "text/csv", csv.write),
        Format("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx.write),
        Format("parquet", "application/vnd.apache.parquet", parquet.write),
    )
}
"""By name, the default first."""
