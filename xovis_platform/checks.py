"""System checks: what an operator must set right, each with an id and a hint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

_START = "Start the platform with `make run`, or set {name}."


@register()
def secrets_are_set(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """``xovis.E001``–``E002``: encryption keys are there and are Fernet keys."""
    if not settings.ENCRYPTION_KEYS:
        return [
            Error(
                "No encryption key: controllers' keys can't be stored.",
                hint=_START.format(name="XOVIS_ENCRYPTION_KEYS"),
                id="xovis.E001",
            )
        ]
    try:
        for key in settings.ENCRYPTION_KEYS:
            Fernet(key.encode())
    except ValueError:
        return [
            Error(
                "XOVIS_ENCRYPTION_KEYS holds something that is not a Fernet key.",
                hint="Each key is 32 bytes in URL-safe base64, as `Fernet.generate_key()` makes it.",
                id="xovis.E002",
            )
        ]
    return []


@register()
def services_are_named(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """``xovis.E003``–``E004``: a database and a broker are known."""
    wanted = (
        (settings.DATABASE_URL, "XOVIS_DATABASE_URL", "No database is known.", "xovis.E003"),
        (settings.REDIS_URL, "XOVIS_REDIS_URL", "No broker is known.", "xovis.E004"),
    )
    return [
        Error(message, hint=_START.format(name=name), id=check_id)
        for value, name, message, check_id in wanted
        if not value
    ]
