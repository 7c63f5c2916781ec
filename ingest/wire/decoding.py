"""JSON into structs, row by row: the good are kept, of each bad one it's known where it's wrong, and why."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import msgspec

Raw = msgspec.Raw
NO_CONTROL_CHARACTERS = r"\A[^\x00-\x1f\x7f\ufffd]*\Z"
"""PostgreSQL stores no NUL, and a broken character is no part of a name."""

_MISSING = re.compile(r"Object missing required field `(?P<field>.*)`")
_WORDS = {"int": "integer", "str": "string", "float": "number", "bool": "boolean"}
_FAULT = re.compile(r"(?P<reason>.*?)(?: - at `(?:key in )?\$(?P<path>.*)`)?", re.DOTALL)


class Row(Protocol):
    """A struct that knows what makes it the same row as another."""

    @property
    def identity(self) -> Hashable: ...


T = TypeVar("T")
RowT = TypeVar("RowT", bound=Row)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A part of a payload that couldn't be used: where (a JSON pointer), why, and as it came.

    ``is_again``: it could be read, but contradicts another one.
    """

    pointer: str
    reason: str
    raw: bytes
    is_again: bool = False


class PayloadError(Exception):
    """JSON that can't be understood: why, and where (a JSON pointer; empty for the whole of it)."""

    def __init__(self, reason: str, pointer: str = "") -> None:
        super().__init__(f"{reason} ({pointer})" if pointer else reason)
        self.reason, self.pointer = reason, pointer


def decode(body: bytes | Raw, shape: type[T], pointer: str = "") -> T:
    """JSON as ``shape``; ``pointer`` is where in its document it stands. Raises ``PayloadError``.

    What is only nearly JSON (see ``_mend``) is read all the same, so that one such row doesn't take the others along.
    """
    try:
        return _decoder(shape).decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        first = error
    try:
        return _decoder(shape).decode(_mend(bytes(body)))
    except msgspec.ValidationError as error:
        raise payload_error(error, pointer) from None
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise payload_error(first, pointer) from None


def load(body: bytes) -> Any:
    """JSON as plain dicts, lists and scalars, read as leniently as ``decode`` does. Raises ``PayloadError``."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        first = error
    try:
        return msgspec.json.decode(_mend(body))
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise payload_error(first, "") from None


def decode_rows(raws: Sequence[Raw], shape: type[RowT], pointer: str) -> tuple[list[RowT], list[Rejected]]:
    """The rows of an array that stands at ``pointer``, and those that can't be used.

    Of two rows with one identity the first is kept: they contradict each other, and the second is shown for it.
    """
    rows: list[RowT] = []
    rejected: list[Rejected] = []
    seen: set[Hashable] = set()
    for index, raw in enumerate(raws):
        place = f"{pointer}/{index}"
        try:
            row = decode(raw, shape, place)
        except PayloadError as error:
            rejected.append(Rejected(error.pointer, error.reason, bytes(raw)))
            continue
        if row.identity in seen:
            rejected.append(Rejected(place, "This row was there already.", bytes(raw), is_again=True))
        else:
            seen.add(row.identity)
            rows.append(row)
    return rows, rejected


_decoders: dict[type, msgspec.json.Decoder[Any]] = {}


def _decoder(shape: type[T]) -> msgspec.json.Decoder[T]:
    if shape not in _decoders:
        _decoders[shape] = msgspec.json.Decoder(shape)
    return _decoders[shape]


def _mend(body: bytes) -> bytes:
    """JSON proper, out of what some servers write. Raises ``ValueError``, ``RecursionError``.

    NaN and Infinity become strings, which no number field takes; 47.0 becomes 47; characters that aren't UTF-8 become
    U+FFFD, which no name takes; a byte-order mark goes.
    """
    text = body.decode("utf-8-sig", "replace")
    clean = json.dumps(json.loads(text, parse_constant=str, parse_float=_number), ensure_ascii=False)
    return re.sub("[\ud800-\udfff]", "\ufffd", clean).encode()


def _number(digits: str) -> int | float | str:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        return digits
    return int(value) if value.is_integer() else value


def payload_error(error: Exception, pointer: str) -> PayloadError:
    """The library's sentence, as ours, with its path as a JSON pointer."""
    if isinstance(error, RecursionError):
        return PayloadError("Nested too deeply.", pointer)
    found = _FAULT.fullmatch(str(error))
    reason, path = (found["reason"], found["path"] or "") if found else (str(error), "")
    path = re.sub(r"\[(\d+|\.\.\.)\]", r".\1", path)
    if missing := _MISSING.fullmatch(reason):
        reason, path = "It is missing", f"{path}.{missing['field']}"
    elif "matching regex" in reason:
        reason = "Control or broken characters in a name"
    for theirs, ours in _WORDS.items():
        reason = reason.replace(f"`{theirs}", f"`{ours}")
    return PayloadError(f"{reason.replace('`', '')}.", pointer + path.replace(".", "/"))
