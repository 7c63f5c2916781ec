"""What a letter says: in its reader's language, with each store's own time, as plain text and as simple HTML."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alerts import wording
from alerts.models import Alert, Mail


@dataclass(frozen=True, slots=True)
class Line:
    """One alert in a letter; times as the store's clock shows them, with its zone."""

    store: str
    sentence: str
    opened: str
    resolved: str


def compose(letter: Mail) -> EmailMultiAlternatives:
    """The letter, ready to be sent."""
    headers = {"Message-ID": f"<{letter.pk}@{_domain()}>", "Auto-Submitted": "auto-generated"}
    with translation.override(_language(letter)):
        if letter.text:
            return EmailMultiAlternatives(letter.subject, letter.text, to=[letter.address], headers=headers)
        lines = lines_of(letter)
        content = {"lines": lines, "url": settings.PUBLIC_URL}
        text = render_to_string("mail/alerts.txt", content)
        message = EmailMultiAlternatives(subject_of(lines), text, to=[letter.address], headers=headers)
        message.attach_alternative(render_to_string("mail/alerts.html", content), "text/html")
    return message


def lines_of(letter: Mail) -> list[Line]:
    """The alerts of a letter, the latest first; one that was opened and resolved is one line."""
    alerts = Alert.objects.filter(notices__mail=letter).distinct().select_related("store").order_by("-opened_at", "-pk")
    return [
        Line(
            f"{alert.store.name} ({alert.store.code})",
            wording.sentence(alert),
            _local(alert, alert.opened_at),
            _local(alert, alert.resolved_at) if alert.resolved_at else "",
        )
        for alert in alerts
    ]


def subject_of(lines: list[Line]) -> str:
    """One alert's own sentence, else how many there are."""
    if len(lines) == 1:
        (line,) = lines
        subject = _("%(store)s: %(sentence)s") % {"store": line.store, "sentence": line.sentence}
        subject = _("Over: %s") % subject if line.resolved else subject
    else:
        still = sum(not line.resolved for line in lines)
        subject = ngettext("%(count)d alert", "%(count)d alerts", len(lines)) % {"count": len(lines)}
        subject += _(", %(count)d of them open") % {"count": still}
    return " ".join(subject.split())[:200]


def _local(alert: Alert, instant: datetime) -> str:
    shown = date_format(alert.store.local(instant), "DATETIME_FORMAT")
    return f"{shown} ({alert.store.timezone})"


def _language(letter: Mail) -> str:
    preference = getattr(letter.user, "alert_mail", None)
    return preference.language if preference and preference.language else settings.LANGUAGE_CODE


def _domain() -> str:
    return urlsplit(settings.PUBLIC_URL).hostname or "localhost"
