"""The CSV into rows: every cell that can't be used is named, with its line, its column and the remedy."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import slugify

from sites_app.models import Store
from sites_app.models.controllers import validate_base_url
from sites_app.models.stores import validate_timezone
from sites_app.osm_hours import HoursError, ParsedHours
from sites_app.osm_hours import parse as parse_hours

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
_SECRET = frozenset({"api_key", "webhook_key"})
_BYTES_LIMIT = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class CellError:
    """A cell that can't be used; the value of a key is never repeated."""

    line: int
    column: str
    detail: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class StoreRow:
    """A store as the file has it; ``given`` are the columns that the file has at all."""

    line: int
    code: str
    name: str
    region: tuple[str, ...]
    fields: dict[str, Any]
    hours: ParsedHours | None


@dataclass(frozen=True, slots=True)
class ControllerRow:
    """A controller as the file has it."""

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
    errors: list[CellError] = field(default_factory=list)


def read(content: bytes, *, today: date) -> Table:
    """Understand a file. UTF-8, comma or semicolon, with a header row."""
    table = Table()
    try:
        text = content[:_BYTES_LIMIT].decode("utf-8-sig")
    except UnicodeDecodeError:
        table.errors.append(CellError(1, "", "The file isn't UTF-8; save it as 'CSV UTF-8'."))
        return table
    lines = _rows(text, table)
    for line, cells in lines:
        _Reader(table, line, cells, today).take()
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


class _Reader:
    """Takes one row into the table."""

    def __init__(self, table: Table, line: int, cells: dict[str, str], today: date) -> None:
        self.table, self.line, self.cells, self.today = table, line, cells, today

    def take(self) -> None:
        code = self.text("store_code", 40, required=True)
        if not code:
            return
        if code not in self.table.stores:
            self.take_store(code)
        else:
            self.check_repeated(self.table.stores[code])
        self.take_controller(code)

    def take_store(self, code: str) -> None:
        self.check("store_code", code, _code)
        region = tuple(part.strip() for part in self.text("region", 500, required=True).split("/"))
        if self.cells.get("region") and any(not slugify(part) for part in region):
            self.error("region", "Write the path of names, as in 'Europe/Germany/South'.")
        fields = {
            "timezone": self.check("timezone", self.text("timezone", 64, required=True), validate_timezone),
            "country": self.check("country", self.text("country", 2).upper(), _country),
            "city": self.text("city", 100),
            "capacity": self.number("capacity", 1, 10**6),
            "floor_area_m2": self.area(),
            "opened_on": self.day("opened_on"),
            "tags": sorted({tag.strip() for tag in self.cells.get("tags", "").split("|") if tag.strip()}),
        }
        # A column that the file doesn't have says nothing of its field, and changes nothing.
        given = {name: value for name, value in fields.items() if name in self.cells}
        name = self.text("store_name", 200, required=True)
        self.table.stores[code] = StoreRow(self.line, code, name, region, given, self.hours())

    def check_repeated(self, store: StoreRow) -> None:
        """On a store's further rows its fields are empty, or say the same again."""
        again = {
            "store_name": store.name,
            "region": "/".join(store.region),
            "timezone": store.fields.get("timezone", ""),
        }
        for column, value in again.items():
            if self.cells.get(column) and self.cells[column] != value:
                self.error(column, f"The store's first row (line {store.line}) says '{value}'. Leave it empty here.")

    def take_controller(self, code: str) -> None:
        others = [row for row in self.table.controllers if row.store_code == code]
        name = self.text("controller_name", 100) or f"Controller {len(others) + 1}"
        if any(row.name == name for row in others):
            self.error("controller_name", f"The store has a controller '{name}' on an earlier line.")
        url = self.check("base_url", self.text("base_url", 300, required=True).rstrip("/"), validate_base_url)
        if any(row.base_url == url for row in others):
            self.error("base_url", "The store has this controller on an earlier line.")
        self.table.controllers.append(
            ControllerRow(
                self.line,
                code,
                name,
                url,
                self.text("api_key", 500, required=True),
                self.text("webhook_key", 500),
                self.number("poll_interval_s", 5, 3600),
            )
        )

    def text(self, column: str, longest: int, *, required: bool = False) -> str:
        value = self.cells.get(column, "")
        if required and not value:
            self.error(column, f"'{column}' is required.")
        if len(value) > longest:
            self.error(column, f"At most {longest} characters.")
        return value

    def check(self, column: str, value: str, validator: Callable[[str], None]) -> str:
        if value:
            try:
                validator(value)
            except ValidationError as error:
                self.error(column, " ".join(error.messages))
        return value

    def number(self, column: str, least: int, most: int) -> int | None:
        text = self.cells.get(column, "")
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            self.error(column, f"A whole number from {least} to {most}.")
            return None
        return int(text)

    def area(self) -> Decimal | None:
        text = self.cells.get("floor_area_m2", "")
        if not text:
            return None
        try:
            value = Decimal(text).quantize(Decimal("0.01"))
        except InvalidOperation:
            value = Decimal(0)
        if not 0 < value < 10**7:
            self.error("floor_area_m2", "Square metres, as in 1250 or 1250.5.")
        return value

    def day(self, column: str) -> date | None:
        text = self.cells.get(column, "")
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            self.error(column, "A date such as 2024-03-31.")
            return None

    def hours(self) -> ParsedHours | None:
        if "opening_hours" not in self.cells:
            return None
        try:
            return parse_hours(self.cells["opening_hours"], today=self.today)
        except HoursError as error:
            self.error("opening_hours", str(error))
            return None

    def error(self, column: str, detail: str) -> None:
        value = "" if column in _SECRET else self.cells.get(column, "")[:100]
        self.table.errors.append(CellError(self.line, column, detail, value))


def _code(code: str) -> None:
    field = Store._meta.get_field("code")
    field.run_validators(code)


def _country(code: str) -> None:
    if len(code) != 2 or not code.isalpha():
        raise ValidationError("Two letters of ISO 3166, as in DE.")
