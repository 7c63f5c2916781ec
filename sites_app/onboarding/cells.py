"""One row's cells as values; each that can't be used is named with its remedy."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from django.core.exceptions import ValidationError

from sites_app.models.stores import validate_day
from sites_app.osm_hours import HoursError, ParsedHours
from sites_app.osm_hours import parse as parse_hours

ValueT = TypeVar("ValueT", str, date)

SECRET = frozenset({"api_key", "webhook_key"})


@dataclass(frozen=True, slots=True)
class CellError:
    """A cell that can't be used; the value of a key is never repeated."""

    line: int
    column: str
    detail: str
    value: str = ""


@dataclass(slots=True)
class Cells:
    """The cells of one line, by column; a column that the file doesn't have isn't there."""

    line: int
    given: Mapping[str, str]
    errors: list[CellError] = field(default_factory=list)

    def __contains__(self, column: str) -> bool:
        return column in self.given

    def raw(self, column: str) -> str:
        """A cell as it is, empty where the file has no such column."""
        return self.given.get(column, "")

    def error(self, column: str, detail: str) -> None:
        """The cell can't be used."""
        value = "" if column in SECRET else self.raw(column)[:100]
        self.errors.append(CellError(self.line, column, detail, value))

    def refuse_control_characters(self) -> None:
        """What no keyboard writes isn't meant, and some of it can't be stored."""
        for column, value in self.given.items():
            if any(unicodedata.category(character) == "Cc" for character in value):
                self.error(column, "There are control characters, or a line break, in this cell.")

    def text(self, column: str, longest: int, *, required: bool = False) -> str:
        value = self.raw(column)
        if required and not value:
            self.error(column, f"'{column}' is required.")
        if len(value) > longest:
            self.error(column, f"At most {longest} characters.")
        return value

    def check(self, column: str, value: ValueT, validator: Callable[[ValueT], None]) -> ValueT:
        """The value, named where it's given and the validator refuses it."""
        if value:
            try:
                validator(value)
            except ValidationError as error:
                self.error(column, " ".join(error.messages))
        return value

    def number(self, column: str, least: int, most: int) -> int | None:
        text = self.raw(column)
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            self.error(column, f"A whole number from {least} to {most}.")
            return None
        return int(text)

    def area(self, column: str) -> Decimal | None:
        text = self.raw(column)
        if not text:
            return None
        try:
            value = Decimal(text).quantize(Decimal("0.01"))
        except InvalidOperation:
            value = Decimal(0)
        if not (value.is_finite() and 0 < value < 10**7):
            self.error(column, "Square metres, as in 1250 or 1250.5.")
            return None
        return value

    def day(self, column: str) -> date | None:
        text = self.raw(column)
        try:
            day = date.fromisoformat(text) if text else None
        except ValueError:
            self.error(column, "A date such as 2024-03-31.")
            return None
        return self.check(column, day, validate_day) if day else None

    def tags(self, column: str, longest: int) -> list[str]:
        tags = sorted({tag.strip() for tag in self.raw(column).split("|") if tag.strip()})
        if any(len(tag) > longest for tag in tags):
            self.error(column, f"A tag has at most {longest} characters; they are separated by '|'.")
        return tags

    def hours(self, column: str, today: date) -> ParsedHours | None:
        """None where the file has no such column, too."""
        if column not in self:
            return None
        try:
            return parse_hours(self.raw(column), today=today)
        except HoursError as error:
            self.error(column, str(error))
            return None
