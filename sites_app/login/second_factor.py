"""Who must have a second factor: until they do, a login opens their own account and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from sites_app.problems import MEDIA_TYPE, problem

_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
_FOR_PROGRAMS = ("/api/", "/xcs/")
_OPEN = ("/account", "/login", "/logout", "/language", "/static/", "/healthz", "/readyz", "/metrics", "/favicon")


class SecondFactor:
    """Leads people without a second factor to where they get one, if they must have one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.MFA_REQUIRED and settings.SESSION_COOKIE_NAME in request.COOKIES and self._is_wanted(request):
            return _refused(request)
        return self.get_response(request)

    def _is_wanted(self, request: HttpRequest) -> bool:
        return not request.path.startswith(_OPEN) and is_missing(request.user, request.session)


def _refused(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(_FOR_PROGRAMS):
        detail = "Your login needs a second factor first: set one up under /account."
        return JsonResponse(problem(403, detail), status=403, content_type=MEDIA_TYPE)
    messages.warning(request, _("Your login needs a second factor: set one up, then go on."))
    return redirect("account")


def is_missing(user: Any, session: Mapping[str, Any]) -> bool:
    """Whether this person must have a second factor and has none. Who came by single sign-on has what that asks for."""
    if not must_have(user) or came_by_single_sign_on(session):
        return False
    return not Authenticator.objects.filter(user_id=user.pk, type__in=_FACTORS).exists()


def must_have(user: Any) -> bool:
    """Whether the settings ask it of this person."""
    if not user.is_authenticated or not settings.MFA_REQUIRED:
        return False
    return settings.MFA_REQUIRED == "everybody" or bool(user.is_staff or user.is_superuser)


def came_by_single_sign_on(session: Mapping[str, Any]) -> bool:
    """Whether this session began at the provider's."""
    return any(one.get("method") == "socialaccount" for one in session.get(AUTHENTICATION_METHODS_SESSION_KEY) or ())
