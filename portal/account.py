"""A person's own account: password, second factors, where they are logged in, and how they hear of alerts."""

from __future__ import annotations

import zoneinfo
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from alerts.models import Alert, MailPreference
from sites_app.login import second_factor, sessions


class MailForm(forms.ModelForm):  # type: ignore[type-arg]  # at run time Django's forms take no type parameters
    """How a person wants to hear of alerts."""

    kinds = forms.MultipleChoiceField(choices=Alert.Kind.choices, required=False, label=gettext_lazy("Only these"))

    class Meta:
        model = MailPreference
        fields = ["mode", "daily_at", "timezone", "kinds", "when_resolved", "language"]


@never_cache
@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """All of it on one page."""
    return _shown(request, _mail_form(_person(request)))


@login_required
@require_POST
def change_mail(request: HttpRequest) -> HttpResponse:
    """How alerts come."""
    form = _mail_form(_person(request), request.POST)
    if not form.is_valid():
        return _shown(request, form)
    form.save()
    messages.success(request, _("Alerts come as you have chosen from now on."))
    return redirect("account")


@login_required
@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """Log out on one device."""
    session = get_object_or_404(UserSession, pk=pk, user_id=request.user.pk)
    sessions.end([session])
    messages.success(request, _("That device is logged out."))
    return redirect("account")


@login_required
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """Log out everywhere but here."""
    others = UserSession.objects.filter(user_id=request.user.pk).exclude(session_key=request.session.session_key)
    ended = sessions.end(others)
    told = ngettext("%(count)d other device is logged out.", "%(count)d other devices are logged out.", ended)
    messages.success(request, told % {"count": ended})
    return redirect("account")


def _person(request: HttpRequest) -> User:
    return get_object_or_404(User, pk=request.user.pk)


def _mail_form(user: User, given: Any = None) -> MailForm:
    own = MailPreference.objects.filter(user=user).first()
    return MailForm(given, instance=own or MailPreference(user=user))


def _shown(request: HttpRequest, form: MailForm) -> HttpResponse:
    user = _person(request)
    factors = list(Authenticator.objects.filter(user=user).order_by("pk"))
    content = {
        "app": next((one for one in factors if one.type == Authenticator.Type.TOTP), None),
        "passkeys": [one for one in factors if one.type == Authenticator.Type.WEBAUTHN],
        "codes_left": _codes_left(factors),
        "has_password": user.has_usable_password(),
        "must_have": second_factor.is_missing(user, request.session),
        "sessions": [(one, sessions.device_of(one.user_agent)) for one in sessions.sessions_of(user)],
        "here": request.session.session_key,
        "form": form,
        "zones": sorted(zoneinfo.available_timezones()),
    }
    return render(request, "account/page.html", content, status=400 if form.errors else 200)


def _codes_left(factors: list[Authenticator]) -> int | None:
    paper = next((one for one in factors if one.type == Authenticator.Type.RECOVERY_CODES), None)
    return None if paper is None else len(paper.wrap().get_unused_codes())
