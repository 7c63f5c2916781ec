"""What django-allauth asks of this house: whom to let in by a password, and how second factors are kept."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from qrcode.image.svg import SvgPathImage

from sites_app import secrets
from sites_app.login import lockout


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]  # it comes without types
    """People by user name and password, made by head office alone."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _("User name and password don't match. Both are case-sensitive."),
        "incorrect_password": _("This isn't your password."),
        "enter_current_password": _("This isn't your present password."),
        "too_many_login_attempts": _("Too many wrong attempts. Try again in five minutes."),
        "incorrect_code": _("This code isn't right, or it's no longer valid."),
    }

    def get_client_ip(self, request: HttpRequest) -> str:
        # Forwarded addresses are looked at once, at the door of the server, and there alone.
        return str(request.META.get("REMOTE_ADDR") or "127.0.0.1")

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as error:
            wait = lockout.wait_s(request, key=self._get_login_attempts_cache_key(request, **credentials))
            raise ValidationError(lockout.sentence(wait), code="too_many_login_attempts") from error

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account")


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors, whose secrets are encrypted as controllers' keys are."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": Accounts.error_messages["incorrect_code"],
    }

    def encrypt(self, text: str) -> str:
        return secrets.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return secrets.decrypt(encrypted_text)

    def get_totp_label(self, user: Any) -> str:
        return str(user.get_username())

    def build_totp_svg(self, url: str) -> str:
        """The picture as a piece of a page: as an address of its own kind, the pages' policy refuses it."""
        image: Any = qrcode.make(url, image_factory=SvgPathImage)
        kept = BytesIO()
        image.save(kept)
        return kept.getvalue().decode().partition("?>")[2]
