"""What happens at the door, in the audit log: logins, those that failed, and what second factors say."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.signals import user_logged_in
from allauth.mfa.signals import authentication_failed
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.http import HttpRequest

from sites_app import audit


def listen() -> None:
    """Note these from now on."""
    user_logged_in.connect(_logged_in, dispatch_uid="noted")
    user_logged_out.connect(_logged_out, dispatch_uid="noted")
    user_login_failed.connect(_failed, dispatch_uid="noted")
    authentication_failed.connect(_wrong_code, dispatch_uid="noted")


def _logged_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    methods = [str(record.get("type") or record["method"]) for record in get_authentication_records(request, user)]
    audit.happened("logged in", user, by=user, address=_address(request), detail=" + ".join(dict.fromkeys(methods)))


def _logged_out(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        audit.happened("logged out", user, by=user, address=_address(request))


def _failed(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    # A name that nobody has isn't kept: people type their passwords into the wrong field.
    user = User.objects.filter(username=credentials.get("username", "")).first()
    audit.happened("login failed", user, address=_address(request), detail="" if user else "no such user")


def _wrong_code(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    audit.happened("wrong code", user, address=_address(request))


def _address(request: HttpRequest | None) -> str | None:
    return (request.META.get("REMOTE_ADDR") or None) if request is not None else None
