"""CSV after RFC 4180, in UTF-8: a header, then rows; what isn't known is empty.

Text that a spreadsheet would take for a formula gets an apostrophe before it, as OWASP advises. Numbers stay numbers.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from reports.formats.table import Kind, Row, Table

_BATCH = 2_000
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""What a formula begins with; Japanese spreadsheets take the full-width signs, too."""


def write(table: Table, directory: Path | None = None) -> Iterator[bytes]:
    """The table as CSV."""
    texts = [place for place, column in enumerate(table.columns) if column.kind is Kind.TEXT]
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow([column.flat_name for column in table.columns])
    for batch in table.text_batches(_BATCH):
        writer.writerows(_harmless(row, texts) for row in batch)
        yield _taken(lines)
    yield _taken(lines)


def _taken(lines: io.StringIO) -> bytes:
    """What was written since the last time."""
    taken = lines.getvalue().encode()
    lines.seek(0)
    lines.truncate()
    return taken


def _harmless(row: Row, texts: Sequence[int]) -> Row:
    for place in texts:
        text = row[place]
        if text is not None and text.startswith(_FORMULA):
            row = [*row[:place], f"'{text}", *row[place + 1 :]]
    return row
