"""The CSV into rows: every cell that can't be used is named, with its line, its column and the remedy."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import slugify

from sites_app.models import Store
from sites_app.models.controllers import validate_base_url
from sites_app.models.stores import validate_timezone
from sites_app.onboarding.cells import CellError, Cells
from sites_app.osm_hours import ParsedHours

COLUMNS = [
    "store_code",
    "store_name",
    "region",
    "timezone",
    "country",
    "city",
    "capacity",
    "floor_area_m2",
    "opened_on",
    "opening_hours",
    "tags",
    "controller_name",
    "base_url",
    "api_key",
    "webhook_key",
    "poll_interval_s",
]
STORE_COLUMNS = COLUMNS[1:11]
REQUIRED = ("store_code", "store_name", "region", "timezone", "base_url", "api_key")
_BYTES_LIMIT = 32 * 1024 * 1024
_NAME_LIMIT = 100


@dataclass(frozen=True, slots=True)
class StoreRow:
    """A store as its first row has it; ``fields`` are those whose columns the file has at all."""

    cells: Cells
    code: str
    name: str
    region: tuple[str, ...]
    fields: dict[str, Any]
    hours: ParsedHours | None

    @property
    def line(self) -> int:
        return self.cells.line


@dataclass(frozen=True, slots=True)
class ControllerRow:
    """A controller as the file has it; without a name it's the one at this address, or the next of its store."""

    line: int
    store_code: str
    name: str
    base_url: str
    api_key: str = field(repr=False)
    webhook_key: str = field(repr=False)
    poll_interval_s: int | None


@dataclass(slots=True)
class Table:
    """What a file says, and what of it can't be used."""

    stores: dict[str, StoreRow] = field(default_factory=dict)
    controllers: list[ControllerRow] = field(default_factory=list)
    of_store: defaultdict[str, list[ControllerRow]] = field(default_factory=lambda: defaultdict(list))
    errors: list[CellError] = field(default_factory=list)
    region_paths: dict[str, tuple[str, ...]] = field(default_factory=dict)


def region_code(path: tuple[str, ...]) -> str:
    """A region's code is its path in slugs."""
    return "-".join(slugify(name) for name in path)


def read(content: bytes, *, today: date) -> Table:
    """Understand a file. UTF-8, comma or semicolon, with a header row."""
    table = Table()
    if len(content) > _BYTES_LIMIT:
        table.errors.append(CellError(1, "", f"The file has more than {_BYTES_LIMIT:,} bytes: import it in parts."))
        return table
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        table.errors.append(CellError(1, "", "The file isn't UTF-8; save it as 'CSV UTF-8'."))
        return table
    lines = _rows(text, table)
    for line, given in lines:
        cells = Cells(line, given)
        _take(table, cells, today)
        table.errors += cells.errors
    if not lines and not table.errors:
        table.errors.append(CellError(1, "", "The file has no rows below its header."))
    return table


def _rows(text: str, table: Table) -> list[tuple[int, dict[str, str]]]:
    header = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if header.count(";") > header.count(",") else ",", strict=True)
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        if not _check_header(names, table):
            return []
        rows = []
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if len(cells) > len(names):
                    table.errors.append(CellError(reader.line_num, "", "The row has more cells than the header."))
                values = [cell.strip() for cell in cells] + [""] * len(names)
                rows.append((reader.line_num, dict(zip(names, values, strict=False))))
    except csv.Error as error:
        table.errors.append(CellError(reader.line_num, "", f"The file is no valid CSV here: {error}."))
        return []
    return rows


def _check_header(names: list[str], table: Table) -> bool:
    for name in REQUIRED:
        if name not in names:
            table.errors.append(CellError(1, name, f"The column '{name}' is missing from the header."))
    for name in names:
        if name not in COLUMNS:
            table.errors.append(CellError(1, name, f"There is no column '{name}'; known are {', '.join(COLUMNS)}."))
        elif names.count(name) > 1:
            table.errors.append(CellError(1, name, f"The column '{name}' stands in the header twice."))
    return not table.errors


def _take(table: Table, cells: Cells, today: date) -> None:
    """Take one row into the table."""
    cells.refuse_control_characters()
    code = cells.text("store_code", 40, required=True)
    if not code:
        return
    if code in table.stores:
        _check_repeated(table.stores[code], cells)
    else:
        table.stores[code] = _store(table, cells, code, today)
    _take_controller(table, cells, code)


def _store(table: Table, cells: Cells, code: str, today: date) -> StoreRow:
    cells.check("store_code", code, _code)
    fields = {
        "timezone": cells.check("timezone", cells.text("timezone", 64, required=True), validate_timezone),
        "country": cells.check("country", cells.text("country", 2).upper(), _country),
        "city": cells.text("city", 100),
        "capacity": cells.number("capacity", 1, 10**6),
        "floor_area_m2": cells.area("floor_area_m2"),
        "opened_on": cells.day("opened_on"),
        "tags": cells.tags("tags", 40),
    }
    # A column that the file doesn't have says nothing of its field, and changes nothing.
    given = {name: value for name, value in fields.items() if name in cells}
    name = cells.text("store_name", 200, required=True)
    return StoreRow(cells, code, name, _region(table, cells), given, cells.hours("opening_hours", today))


def _region(table: Table, cells: Cells) -> tuple[str, ...]:
    text = cells.text("region", 500, required=True)
    path = tuple(part.strip() for part in text.split("/"))
    if text and not all(slugify(part) for part in path):
        cells.error("region", "Write the path of names, as in 'Europe/Germany/South'.")
    elif max(map(len, path)) > _NAME_LIMIT or len(region_code(path)) > _NAME_LIMIT:
        cells.error("region", f"At most {_NAME_LIMIT} characters each name, and as many the whole path.")
    for depth in range(1, len(path) + 1):
        known = table.region_paths.setdefault(region_code(path[:depth]), path[:depth])
        if known != path[:depth]:
            cells.error("region", f"Its code would be that of '{'/'.join(known)}': write the same, or another name.")
    return path


def _check_repeated(store: StoreRow, cells: Cells) -> None:
    """On a store's further rows its fields are empty, or say the same again."""
    for column in STORE_COLUMNS:
        first = store.cells.raw(column)
        if cells.raw(column) not in ("", first):
            cells.error(column, f"The store's first row (line {store.line}) says '{first}'. Leave it empty here.")


def _take_controller(table: Table, cells: Cells, code: str) -> None:
    others = table.of_store[code]
    name = cells.text("controller_name", 100)
    if name and any(row.name == name for row in others):
        cells.error("controller_name", f"The store has a controller '{name}' on an earlier line.")
    url = cells.check("base_url", cells.text("base_url", 300, required=True).rstrip("/"), validate_base_url)
    if url and any(row.base_url == url for row in others):
        cells.error("base_url", "The store has this controller on an earlier line.")
    row = ControllerRow(
        cells.line,
        code,
        name,
        url,
        cells.text("api_key", 500, required=True),
        cells.text("webhook_key", 500),
        cells.number("poll_interval_s", 5, 3600),
    )
    others.append(row)
    table.controllers.append(row)


def _code(code: str) -> None:
    field = Store._meta.get_field("code")
    field.run_validators(code)


def _country(code: str) -> None:
    if len(code) != 2 or not (code.isascii() and code.isalpha()):
        raise ValidationError("Two letters of ISO 3166, as in DE.")
