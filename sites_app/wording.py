"""What models say to people, in their language: names, help, choices and refusals, written in English where they belong.

See ``docs/decisions/admin-languages.md`` for why they are not marked one by one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Field, Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

CALLED = {
    "api key": "API key",
    "api keys": "API keys",
    "api_key": "API key",
    "base_url": "address",
    "cursor": "fetched until",
    "counts_by_hand": "counts toward the occupancy",
    "daily_at": "daily at",
    "floor_area_m2": "floor area (m²)",
    "clock_skew_ms": "clock differs by (ms)",
    "poll_interval_s": "poll interval (s)",
    "timezone": "time zone",
    "url": "URL",
    "verify_tls": "verify the certificate",
    "webhook_url": "webhook URL",
}
"""What people call a field or a model whose own name is too technical for them."""


def in_all_languages(*models: type[Model]) -> None:
    """Let these models speak the language of whoever looks at them. To be called before forms are made of them."""
    for model in models:
        meta: Any = model._meta
        # One that nobody has set is made, when it's read, of the singular, which is English still.
        meta.verbose_name_plural = gettext_lazy(_called(str(meta.verbose_name_plural)))
        meta.verbose_name = gettext_lazy(_called(str(meta.verbose_name)))
        for constraint in meta.constraints:
            constraint.violation_error_message = lazy(constraint.violation_error_message)
        for field in meta.local_fields + meta.local_many_to_many:
            _let_speak(field)


def texts_of(model: type[Model]) -> set[str]:
    """All that is to be translated of a model."""
    meta: Any = model._meta
    fields = meta.local_fields + meta.local_many_to_many
    said = [meta.verbose_name, meta.verbose_name_plural, *(one.violation_error_message for one in meta.constraints)]
    for field in fields:
        said += [field.verbose_name, field.help_text, *(label for _, label in field.flatchoices)]
    return {str(text) for text in said if text}


def labelled(labels: Iterable[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Choices whose labels are read in the language of whoever chooses."""
    return [(value, lazy(label)) for value, label in labels]


def lazy(text: Any) -> Any:
    """A text to be translated when it's shown; one that is already, or none, as it is."""
    return gettext_lazy(text) if text and not isinstance(text, Promise) else text


def _called(name: str) -> str:
    return CALLED.get(name, name)


def _let_speak(field: Field[Any, Any]) -> None:
    field.verbose_name = lazy(CALLED.get(field.name, field.verbose_name))
    field.help_text = lazy(field.help_text)
    if field.choices:
        field.choices = labelled(field.choices)
