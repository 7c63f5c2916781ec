"""What serializers of the registry are made of: rows by their code, keys that go in and never come out, clock times."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import ValidationError as ModelValidationError
from django.db.models import Model, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import Field

from sites_app.access import Principal
from sites_app.hours import YEARS

if TYPE_CHECKING:
    _ModelSerializer = serializers.ModelSerializer[Any]
    _Slug = serializers.SlugRelatedField[Any]
else:
    _ModelSerializer = serializers.ModelSerializer
    _Slug = serializers.SlugRelatedField
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?|24:00(:00)?")


@extend_schema_field(OpenApiTypes.STR)
class Coded(_Slug):
    """A row by its code, of those that the caller sees."""

    default_error_messages = {
        "does_not_exist": "There is no {noun} '{value}' that you can see.",
        "invalid": "Write its code, as text.",
    }

    def __init__(self, noun: str, **kwargs: Any) -> None:
        self.noun = noun
        super().__init__(slug_field="code", **kwargs)

    def get_queryset(self) -> QuerySet[Any]:
        rows: Any = super().get_queryset()
        visible: QuerySet[Any] = rows.visible_to(self.context["principal"])
        return visible

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or "\x00" in data:
            self.fail("invalid")
        found = self.get_queryset().filter(code=data).first()
        if found is None:
            self.fail("does_not_exist", noun=self.noun, value=data)
        return found


@extend_schema_field({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$|^24:00(:00)?$"})
class ClockField(Field[time, str, str, Any]):
    """A time of day as ``HH:MM``; 24:00 is the midnight at the day's end."""

    default_error_messages = {"invalid": "Write it as HH:MM, such as 09:00."}

    def to_internal_value(self, data: Any) -> time:
        if not isinstance(data, str) or not _CLOCK.fullmatch(data):
            self.fail("invalid")
        return time.fromisoformat("00:00" if data.startswith("24") else data)

    def to_representation(self, value: time | str) -> str:
        return str(value).removesuffix(":00") if str(value).count(":") == 2 else str(value)


@extend_schema_field(OpenApiTypes.DATETIME)
class InstantField(Field[datetime, Any, str, Any]):
    """An instant with its offset: without one it would be read by a clock that nobody named."""

    default_error_messages = {"invalid": "Write an instant with its offset, such as 2026-11-02T09:00:00+01:00."}

    def to_internal_value(self, data: Any) -> datetime:
        try:
            at = datetime.fromisoformat(data)
        except (TypeError, ValueError):
            self.fail("invalid")
        if at.tzinfo is None or at.year not in YEARS:
            self.fail("invalid")
        return at.astimezone(UTC)

    def to_representation(self, value: datetime) -> str:
        return value.isoformat()


class ChoiceField(serializers.ChoiceField):
    """One of a few words, which are named where it's another."""

    default_error_messages = {"invalid_choice": "'{input}' is not known; choose one of {choices}."}

    def to_internal_value(self, data: Any) -> Any:
        if data not in (known := list(self.choices)):
            self.fail("invalid_choice", input=data, choices=", ".join(known))
        return data


class KnownFields(serializers.Serializer[Any]):
    """An object of a body. Fields that it doesn't have are refused: a typing error must never be taken for nothing said."""

    default_error_messages = {"null": "Send a JSON object.", "invalid": "Send a JSON object, not {datatype}."}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = {name: _unknown(name, self.fields) for name in data if name not in self.fields}
            if unknown:
                raise serializers.ValidationError({str(name): text for name, text in unknown.items()})
        return super().to_internal_value(data)


class RegistrySerializer(KnownFields, _ModelSerializer):
    """A row of the registry; what models refuse is told by its field."""

    serializer_choice_field = ChoiceField

    unchecked: ClassVar[tuple[str, ...]] = ()
    """Fields of the model that hold what only the database can work out."""
    by_itself: ClassVar[tuple[str, ...]] = ()
    """Read-only fields that change by themselves: whoever sends back what was read may have another value of them."""

    @property
    def principal(self) -> Principal:
        """Who asks."""
        principal: Principal = self.context["principal"]
        return principal

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and self.partial:
            fixed = self._fixed(data)
            if fixed:
                raise serializers.ValidationError(dict.fromkeys(fixed, "It can't be changed here: leave it out."))
        return super().to_internal_value(data)

    def _fixed(self, data: Mapping[str, Any]) -> list[str]:
        """What is to be changed and can't be. As it is it may be sent back."""
        fixed = [name for name, field in self.fields.items() if field.read_only and name in data]
        fixed = [name for name in fixed if name not in self.by_itself]
        now = self.to_representation(self.instance) if fixed else {}
        return [name for name in fixed if data[name] != now[name]]

    def validate_code(self, code: str) -> str:
        """A code is what others know a row by."""
        if self.instance is not None and self.instance.code != code:
            raise serializers.ValidationError(f"A code never changes; this one is '{self.instance.code}'.")
        return code

    def create(self, validated_data: dict[str, Any]) -> Any:
        model: Any = self.Meta.model
        return self.keep(model(), validated_data)

    def update(self, instance: Any, validated_data: dict[str, Any]) -> Any:
        return self.keep(instance, validated_data)

    def keep(self, row: Model, values: dict[str, Any]) -> Any:
        """Write the row, if the model has nothing against it."""
        for name, value in values.items():
            setattr(row, name, value)
        try:
            row.full_clean(exclude=self.unchecked)
        except ModelValidationError as error:
            raise serializers.ValidationError(_by_field(error, self.fields)) from error
        row.save()
        return row


def _by_field(error: ModelValidationError, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A model's faults by the fields that the caller knows."""
    return {name if name in fields else "non_field_errors": texts for name, texts in error.message_dict.items()}


def _unknown(name: str, fields: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(str(name), list(fields), n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(fields)}."
    return f"There is no field '{name}'; {hint}"
