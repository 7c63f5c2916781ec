"""Endpoints: their secrets, and how they do. One that fails for days is switched off, and its owner told."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from alerts import letters
from alerts.models import WebhookEndpoint
from alerts.webhooks import signing
from alerts.webhooks.attempts import Outcome
from sites_app.models import ApiKey
from sites_app.secrets import Secret

PATIENCE = timedelta(hours=24)
"""How long a message is tried."""
FAILS_FOR = timedelta(days=3)
"""How long nothing may succeed before an endpoint is switched off."""
PREVIOUS_SECRET_VALID = timedelta(hours=24)
"""How long messages are signed with the secret before, too, so that a receiver can change over."""


def give_secret(endpoint: WebhookEndpoint) -> str:
    """A new endpoint's first secret, yet unsaved. It's shown this once."""
    plain = signing.new_secret()
    endpoint.secret = Secret.of(plain)
    return plain


def rotate_secret(endpoint: WebhookEndpoint, *, now: datetime) -> str:
    """Another secret, shown this once. For a day all is signed with both."""
    endpoint.previous_secret, endpoint.previous_secret_until = endpoint.secret, now + PREVIOUS_SECRET_VALID
    plain = give_secret(endpoint)
    endpoint.save(update_fields=["secret", "previous_secret", "previous_secret_until"])
    return plain


def keys_of(endpoint: WebhookEndpoint, now: datetime) -> tuple[str, ...]:
    """The plain secrets to sign with. Raises ``SecretUnreadable``."""
    keys = [endpoint.secret.reveal()]
    until = endpoint.previous_secret_until
    if endpoint.previous_secret and until is not None and now < until:
        keys.append(endpoint.previous_secret.reveal())
    return tuple(keys)


def succeeded(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    """It took a message."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(failing_since=None, last_success_at=now)


def failed(endpoint: WebhookEndpoint, outcome: Outcome, *, now: datetime) -> None:
    """It didn't. When it's gone by its own word, or has failed for days, it's switched off. To be called in a transaction."""
    on = WebhookEndpoint.objects.filter(pk=endpoint.pk, enabled=True)
    on.filter(failing_since=None).update(failing_since=now)
    if outcome.gone:
        switch_off(endpoint, _("It said that it's gone for good (410)."), now=now)
    elif on.filter(failing_since__lte=now - FAILS_FOR).exists():
        reason = _("Nothing has been delivered for %(days)d days. The last error: %(error)s")
        switch_off(endpoint, reason % {"days": FAILS_FOR.days, "error": outcome.error}, now=now)


def switch_off(endpoint: WebhookEndpoint, reason: str, *, now: datetime) -> None:
    """Switch it off, once, and tell its owner in the same transaction."""
    on = WebhookEndpoint.objects.filter(pk=endpoint.pk, enabled=True)
    if not on.update(enabled=False, disabled_at=now, disabled_reason=reason):
        return
    text = _(
        "The webhook endpoint %(name)s was switched off.\n\n%(reason)s\n\nWhat happened since is not lost: deliveries of "
        "the last 24 hours go on when it is switched on again, older ones can be replayed.\n\n%(url)s/admin/"
    )
    values = {"name": f"{endpoint} ({endpoint.url})", "reason": reason, "url": settings.PUBLIC_URL}
    letters.write(owners(endpoint), _("Webhook endpoint switched off: %s") % endpoint, text % values, now=now)


def switched_on(endpoint: WebhookEndpoint) -> None:
    """It was off and is to be told again: what it did before is forgotten. Yet unsaved."""
    endpoint.failing_since = endpoint.disabled_at = None
    endpoint.disabled_reason = ""


def owners(endpoint: WebhookEndpoint) -> list[str]:
    """Whom to tell: its contact, else the person who made it, else the people of head office."""
    if endpoint.contact_email:
        return [endpoint.contact_email]
    if endpoint.owner_user and endpoint.owner_user.is_active and endpoint.owner_user.email:
        return [endpoint.owner_user.email]
    return letters.head_office()


def own(endpoint: WebhookEndpoint, owner: object) -> None:
    """Who has made it, yet unsaved: a key or a person."""
    if isinstance(owner, ApiKey):
        endpoint.owner_key = owner
    else:
        endpoint.owner_user = owner  # type: ignore[assignment]
