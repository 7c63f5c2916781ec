"""Who changed what: every change of the registry by a person or a program, kept by django-auditlog, and changed by nobody.

What the platform itself writes (health, what discovery finds) is no change of anybody's. What is written in bulk is noted
by ``note``, as bulk writes send no signals.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from allauth.mfa.models import Authenticator
from auditlog.context import auditlog_value
from auditlog.middleware import AuditlogMiddleware
from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.http import HttpRequest, HttpResponseBase

from sites_app.models import ApiKey, Controller, Membership, OpeningHours, Region, SpecialHours, Store, Zone

_SECRETS = ["api_key", "webhook_key", "previous_webhook_key"]
_HEALTH = [
    "state",
    "last_success_at",
    "last_error",
    "consecutive_failures",
    "clock_skew_ms",
    "path_analytics",
    "previous_webhook_key_until",
]


class Audit(AuditlogMiddleware):  # type: ignore[misc]  # it comes without types
    """Who makes this request changes what it changes; and nothing that the thread does afterwards."""

    def get_extra_data(self, request: HttpRequest) -> dict[str, Any]:
        """Who, and from where as the server knows it: what a header says of that may be anybody's word."""
        return {"actor": self._get_actor(request), "remote_addr": request.META.get("REMOTE_ADDR") or None}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            answer: HttpResponseBase = super().__call__(request)
        finally:
            auditlog_value.set({})
        return answer


def register() -> None:
    """Keep the changes of these. A secret's change is kept, and neither secret."""
    for model in (Region, Store, OpeningHours, SpecialHours, Membership):
        auditlog.register(model)
    auditlog.register(Zone, include_fields=["kind", "reversed", "capacity", "counts_by_hand", "retired_at"])
    auditlog.register(Controller, exclude_fields=_HEALTH, mask_fields=_SECRETS)
    auditlog.register(
        ApiKey, exclude_fields=["last_used_at", "previous_digest"], mask_fields=["digest"], m2m_fields={"regions"}
    )
    auditlog.register(
        User, exclude_fields=["last_login"], mask_fields=["password"], m2m_fields={"groups", "user_permissions"}
    )
    auditlog.register(Group, m2m_fields={"permissions"})
    auditlog.register(Authenticator, include_fields=["user", "type"])


def hidden(value: str) -> str:
    """What is shown of a secret that was changed."""
    return "…"


def by_program(key: ApiKey) -> None:
    """From here on in this request, what is changed is changed by this program."""
    context: dict[str, Any] | None = auditlog_value.get(None)
    if context is not None:
        context["additional_data"] = {"key": str(key)}


def happened(
    what: str, user: User | None = None, *, by: User | None = None, address: str | None = None, detail: str = ""
) -> None:
    """Keep what changed nothing: that somebody logged in, say, or tried to."""
    context: dict[str, Any] = auditlog_value.get({})
    actor = by or context.get("actor")
    LogEntry.objects.create(
        content_type=ContentType.objects.get_for_model(User),
        object_pk=str(user.pk) if user else "",
        object_id=user.pk if user else None,
        object_repr=str(user or ""),
        action=LogEntry.Action.ACCESS,
        changes={},
        actor=actor,
        actor_email=getattr(actor, "email", None),
        remote_addr=address or context.get("remote_addr"),
        additional_data={"event": what, **({"detail": detail} if detail else {})},
    )


def note(action: int, rows: Iterable[models.Model], fields: list[str]) -> None:
    """Keep that these rows were made or changed in bulk (``LogEntry.Action``), with what these fields are now."""
    context: dict[str, Any] = auditlog_value.get({})
    entries = [_entry(action, row, fields, context) for row in rows]
    LogEntry.objects.bulk_create(entries, batch_size=500)


def _entry(action: int, row: models.Model, fields: list[str], context: dict[str, Any]) -> LogEntry:
    actor = context.get("actor")
    return LogEntry(
        content_type=ContentType.objects.get_for_model(row),
        object_pk=str(row.pk),
        object_id=row.pk if isinstance(row.pk, int) else None,
        object_repr=str(row),
        action=action,
        changes={name: [None, _shown(row, name)] for name in fields},
        actor=actor,
        actor_email=getattr(actor, "email", None),
        remote_addr=context.get("remote_addr"),
        additional_data={"import": True, **context.get("additional_data", {})},
    )


def _shown(row: models.Model, name: str) -> str:
    return (
        hidden("") if name in _SECRETS else json.dumps(getattr(row, name), default=str, ensure_ascii=False).strip('"')
    )
