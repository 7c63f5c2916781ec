"""Single sign-on: people whom the provider vouches for, by their verified e-mail address; what they see, by their groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import render
from django.utils.translation import gettext as _

from sites_app import roles
from sites_app.models import Membership, Region


class SingleSignOn(DefaultSocialAccountAdapter):  # type: ignore[misc]  # it comes without types
    """Matches whoever comes from the provider to a user, or makes one. What doesn't fit is refused and said."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        claims = claims_of(sociallogin.account.extra_data)
        if not sociallogin.is_existing:
            user = _user_of(request, claims)
            if user is not None:
                sociallogin.connect(request, user)
        if sociallogin.is_existing:
            follow_groups(sociallogin.user, claims)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return True

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> User:
        user: User = super().save_user(request, sociallogin, form)
        follow_groups(user, claims_of(sociallogin.account.extra_data))
        return user

    def on_authentication_error(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        _refuse(request, _("The login at the provider was given up, or it failed. Try again."))


def claims_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """What the provider says of a person: in the ID token, and what it tells when it's asked."""
    return {**(data.get("id_token") or {}), **(data.get("userinfo") or {})}


def _user_of(request: HttpRequest, claims: Mapping[str, Any]) -> User | None:
    """The user of this address, None for a new one. Refuses an address that isn't verified, or that several have."""
    email = str(claims.get("email") or "")
    if not email or claims.get("email_verified") is not True:
        _refuse(request, _("The provider has told no verified e-mail address of yours: ask your administrator."))
    found = list(User.objects.filter(email__iexact=email)[:2])
    if len(found) > 1:
        _refuse(request, _("Several users have your e-mail address: ask your administrator."))
    return found[0] if found else None


def _refuse(request: HttpRequest, reason: str) -> None:
    content = {"status": 403, "title": _("Not logged in"), "detail": reason}
    raise ImmediateHttpResponse(render(request, "error.html", content, status=403))


@transaction.atomic
def follow_groups(user: User, claims: Mapping[str, Any]) -> None:
    """Have the places that the provider's groups give, where they are set up: they alone decide then, at each login."""
    if not settings.OIDC_GROUPS:
        return
    told = claims.get(settings.OIDC_GROUPS_CLAIM) or []
    groups = [told] if isinstance(told, str) else told
    mapped = [settings.OIDC_GROUPS[group] for group in groups if group in settings.OIDC_GROUPS]
    wanted = {place: group["role"] for group in mapped for place in _places(group)}
    for had in user.memberships.all():
        if wanted.get(had.region_id) != had.role:
            had.delete()
        else:
            del wanted[had.region_id]
    for region_id, role in wanted.items():
        Membership.objects.create(user=user, region_id=region_id, role=role)
    roles.settle(user)


def _places(group: Mapping[str, Any]) -> list[int | None]:
    """The regions of a group; none named: all stores."""
    codes = group.get("regions")
    return list(Region.objects.filter(code__in=codes).values_list("pk", flat=True)) if codes else [None]
