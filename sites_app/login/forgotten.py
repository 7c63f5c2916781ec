"""A forgotten password: whoever has one here gets a link by mail, at the address that head office has entered.

Nobody learns from the page whether an address is known: it answers before anybody looks. The link is made where the letter
is sent, so that neither the broker nor a table ever holds it.
"""

from __future__ import annotations

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class AskForm(forms.Form):
    """Where to send the link."""

    email = forms.EmailField(label=gettext_lazy("Your e-mail address"))

    def save(self, request: HttpRequest) -> None:
        """Have the letter written, whoever it's for. Raises kombu's ``OperationalError`` where no worker can be told."""
        from sites_app.tasks import mail_password_links

        mail_password_links.delay(address=self.cleaned_data["email"], language=translation.get_language() or "")


def send(address: str, language: str) -> int:
    """A letter to each person with this address and a password; how many. Raises what the mail server's connection raises."""
    people = [user for user in User.objects.filter(email__iexact=address, is_active=True) if user.has_usable_password()]
    with translation.override(language or settings.LANGUAGE_CODE):
        for user in people:
            content = {
                "name": user.get_username(),
                "link": _link(user),
                "hours": settings.PASSWORD_RESET_TIMEOUT // 3600,
            }
            text = render_to_string("mail/forgotten.txt", content)
            EmailMessage(_("Your password"), text, to=[user.email], headers={"Auto-Submitted": "auto-generated"}).send()
    return len(people)


def _link(user: User) -> str:
    parts = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return settings.PUBLIC_URL.rstrip("/") + reverse("account_reset_password_from_key", kwargs=parts)
