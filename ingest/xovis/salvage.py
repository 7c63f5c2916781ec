"""Payloads into structs, part by part: the good ones are taken, of each bad one it's known where it's wrong, and why.

What a struct has no field for is counted and dropped. That holds for what is shown of a bad part, too: whatever a sensor
puts where the platform knows nothing (a position, say) is in no table and in no quarantine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from types import UnionType
from typing import Any, ClassVar, TypeVar, Union, get_args, get_origin

import msgspec

from ingest.counters import SENSOR_PARTS_IGNORED
from ingest.wire.decoding import Rejected, payload_error
from ingest.xovis.instants import Instant, instant

MAX_REJECTED = 1000
_TEXT_SHOWN = 200


class Part(msgspec.Struct, frozen=True):
    """A part of a payload. ``passes_over`` are fields that are known and that nobody reads."""

    passes_over: ClassVar[frozenset[str]] = frozenset()


PartT = TypeVar("PartT", bound=Part)


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    key: str
    type: Any
    part: type[Part] | None
    many: bool
    required: bool


class _Bad:
    """Stands for a value that couldn't be used."""


@dataclass(slots=True)
class Salvage:
    """Takes one payload; what of it couldn't be used gathers in ``rejected``, up to ``MAX_REJECTED``."""

    rejected: list[Rejected] = field(default_factory=list)

    def take(self, value: Any, shape: type[PartT], pointer: str) -> PartT | None:
        """The part that stands at a JSON pointer, or None where it lacks something that it can't be without."""
        if not isinstance(value, dict):
            self.reject(pointer, f"Expected object, got {_json_type(value)}.", _shown(value))
            return None
        known = _fields(shape)
        unknown = value.keys() - {item.key for item in known} - shape.passes_over
        if unknown:
            SENSOR_PARTS_IGNORED.labels(shape.__name__).inc(len(unknown))
        taken: dict[str, Any] = {}
        for item in known:
            got = self._field(value, item, shape, pointer)
            if isinstance(got, _Bad):
                if item.required:
                    return None
            elif got is not None:
                taken[item.name] = got
        try:
            return shape(**taken)
        except ValueError as error:
            self.reject(pointer, str(error), kept(value, shape))
            return None

    def reject(self, pointer: str, reason: str, shown: Any) -> None:
        """Note a part that can't be used."""
        if len(self.rejected) < MAX_REJECTED:
            self.rejected.append(Rejected(pointer, reason, msgspec.json.encode(shown)))

    def _field(self, owner: dict[str, Any], item: _Field, shape: type[Part], pointer: str) -> Any:
        place, value = f"{pointer}/{item.key}", owner.get(item.key)
        if value is None:
            if item.required:
                self.reject(place, "It is missing.", kept(owner, shape))
            return _Bad() if item.required else None
        if item.many and item.part:
            if isinstance(value, list):
                parts = (self.take(one, item.part, f"{place}/{index}") for index, one in enumerate(value))
                return [part for part in parts if part is not None]
            reason = f"Expected array, got {_json_type(value)}."
        elif item.part:
            return self.take(value, item.part, place) or _Bad()
        else:
            try:
                return instant(value) if item.type == Instant else msgspec.convert(value, item.type)
            except msgspec.ValidationError as error:
                reason = payload_error(error, "").reason.replace("integer | float", "number")
            except ValueError as error:
                reason = str(error)
        self.reject(place, reason, kept(owner, shape))
        return _Bad()


def kept(value: Any, shape: type[Part]) -> Any:
    """Of a payload what ``shape`` knows, as it came."""
    if not isinstance(value, dict):
        return _shown(value)
    return {item.key: _kept_field(value[item.key], item) for item in _fields(shape) if item.key in value}


def _kept_field(value: Any, item: _Field) -> Any:
    if item.part and item.many:
        return [kept(one, item.part) for one in value] if isinstance(value, list) else _shown(value)
    return kept(value, item.part) if item.part else _shown(value)


def _shown(value: Any) -> Any:
    """A scalar as it is; of anything else only what it is, since nobody knows what it holds."""
    if isinstance(value, str):
        return value[:_TEXT_SHOWN]
    return value if value is None or isinstance(value, bool | int | float) else f"({_json_type(value)})"


@cache
def _fields(shape: type[Part]) -> tuple[_Field, ...]:
    return tuple(
        _Field(info.name, info.encode_name, info.type, *_part_of(info.type), required=info.required)
        for info in msgspec.structs.fields(shape)
    )


def _part_of(annotation: Any) -> tuple[type[Part] | None, bool]:
    """The struct that a field holds, if it does, and whether it holds many of them."""
    if get_origin(annotation) is list:
        return _part_of(get_args(annotation)[0])[0], True
    if get_origin(annotation) in (Union, UnionType):
        return next((found for one in get_args(annotation) if (found := _part_of(one))[0]), (None, False))
    return (annotation if isinstance(annotation, type) and issubclass(annotation, Part) else None), False


_JSON_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}


def _json_type(value: Any) -> str:
    return _JSON_TYPES.get(type(value), "null")
