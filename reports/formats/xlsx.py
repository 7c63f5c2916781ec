"""XLSX: a sheet of rows with real dates and numbers, and one that says what was asked, in which units, and the totals.

Text is written as text: whatever it begins with, it's no formula. Times are those of the stores' own clocks, since a
spreadsheet's dates have no offset. Rows that don't fit into one sheet go on in further ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from reports.formats.table import Column, Kind, Row, Table, as_datetime, through_file

SHEET_ROWS = 1_048_576
"""What a sheet holds, its header included."""

_NUMBER_FORMATS = {
    Kind.INSTANT: "yyyy-mm-dd hh:mm:ss",
    Kind.CLOCK: "yyyy-mm-dd hh:mm",
    Kind.WHOLE: "#,##0",
    Kind.NUMBER: "#,##0.00",
    Kind.SHARE: "0.00%",
}
_WIDTHS = {Kind.TEXT: 16, Kind.INSTANT: 20, Kind.CLOCK: 17}
_BATCH = 500

Write = Callable[[Any, int, int, Any], None]
"""Writes one cell: sheet, row, place, what it holds."""


def write(table: Table, directory: Path | None = None, *, sheet_rows: int = SHEET_ROWS) -> Iterator[bytes]:
    """The table as a workbook."""
    return through_file(lambda file: _write(table, file, directory, sheet_rows), directory)


def _write(table: Table, file: IO[bytes], directory: Path | None, sheet_rows: int) -> None:
    import xlsxwriter  # with all its charts it takes a while, and most processes never write a spreadsheet

    options = {"constant_memory": True, "tmpdir": str(directory) if directory else None}
    with xlsxwriter.Workbook(file, options) as workbook:
        writers = _writers(workbook)
        cells = [writers[column.kind] for column in table.columns]
        bold = workbook.add_format({"bold": True})
        sheet, at = _new_sheet(workbook, "Report", table, bold), 1
        number = 1
        for batch in table.batches(_BATCH):
            for row in batch:
                if at == sheet_rows:
                    number += 1
                    sheet, at = _new_sheet(workbook, f"Report {number}", table, bold), 1
                _write_row(sheet, at, row, cells)
                at += 1
        _write_about(workbook.add_worksheet("About"), table, writers, bold)


def _new_sheet(workbook: Any, name: str, table: Table, bold: Any) -> Any:
    sheet = workbook.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, max(_WIDTHS.get(column.kind, 10), len(column.flat_name) + 2))
        sheet.write_string(0, place, column.flat_name, bold)
    return sheet


def _write_row(sheet: Any, at: int, row: Row, cells: list[Write]) -> None:
    for place, (cell, write_cell) in enumerate(zip(row, cells, strict=True)):
        if cell is not None:
            write_cell(sheet, at, place, cell)


def _writers(workbook: Any) -> dict[Kind, Write]:
    """How a cell of each kind is written: by its type, never guessed from what it holds."""
    formats = {kind: workbook.add_format({"num_format": text}) for kind, text in _NUMBER_FORMATS.items()}

    def number(kind: Kind) -> Write:
        return lambda sheet, at, place, cell: sheet.write_number(at, place, cell, formats[kind])

    def time(kind: Kind) -> Write:
        return lambda sheet, at, place, cell: sheet.write_datetime(at, place, _on_the_clock(cell), formats[kind])

    return {
        Kind.TEXT: lambda sheet, at, place, cell: sheet.write_string(at, place, cell),
        **{kind: time(kind) for kind in (Kind.INSTANT, Kind.CLOCK)},
        **{kind: number(kind) for kind in (Kind.WHOLE, Kind.NUMBER, Kind.SHARE)},
    }


def _on_the_clock(cell: str | datetime) -> datetime:
    return as_datetime(cell).replace(tzinfo=None)


def _write_about(sheet: Any, table: Table, writers: dict[Kind, Write], bold: Any) -> None:
    """What was asked; then each column with its unit and, of the figures, the total."""
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 2, 20)
    at = 0
    for name, value in table.head.items():
        if name != "columns":
            sheet.write_string(at, 0, name, bold)
            sheet.write_string(at, 1, _said(value))
            at += 1
    for place, title in enumerate(("column", "unit", "total")):
        sheet.write_string(at + 1, place, title, bold)
    for line, column in enumerate(table.columns, start=at + 2):
        sheet.write_string(line, 0, column.flat_name)
        sheet.write_string(line, 1, column.unit)
        total = _total(table, column)
        if total is not None:
            writers[column.kind](sheet, line, 2, total)


def _said(value: Any) -> str:
    """A part of what was asked, in words; nothing where it wasn't."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)


def _total(table: Table, column: Column) -> Any:
    part = table.totals.get(column.under) or {} if column.under else table.totals
    return part.get(column.name)
