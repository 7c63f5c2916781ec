"""System checks: what an operator must set right, each with an id and a hint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

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


@register()
def alerts_reach_people(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """``xovis.W001``: e-mail leaves this machine, where others than its own user reach the platform."""
    if is_at_home() or settings.EMAIL_BACKEND.endswith(".smtp.EmailBackend"):
        return []
    return [
        Warning(
            "Nobody gets mail of alerts: letters are only written to a file, or to the log.",
            hint="Set XOVIS_EMAIL_URL, as submission://USER:PASSWORD@HOST say, and XOVIS_EMAIL_FROM.",
            id="xovis.W001",
        )
    ]


@register()
def webhooks_stay_outside(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """``xovis.W002``: webhooks can't be pointed at what only this machine reaches."""
    if is_at_home() or not settings.WEBHOOKS_TO_PRIVATE:
        return []
    return [
        Warning(
            "Webhooks may go to loopback and private addresses: whoever enters an endpoint reaches what only this machine "
            "should.",
            hint="Unset XOVIS_WEBHOOKS_TO_PRIVATE, unless all receivers are in your own network and all who enter them "
            "may reach all of it.",
            id="xovis.W002",
        )
    ]


def is_at_home() -> bool:
    """Whether this is a demo or a developer's: reached by nobody but the machine's own user."""
    return settings.DEBUG or urlsplit(settings.PUBLIC_URL).hostname in ("127.0.0.1", "localhost", "::1")
