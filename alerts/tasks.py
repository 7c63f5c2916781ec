"""Doors: one call of the domain each."""

from datetime import UTC, datetime, timedelta

from celery import shared_task
from django.conf import settings

from alerts import lifecycle, mail
from alerts.webhooks import delivering

_REMEMBERED = timedelta(days=30)


def _now() -> datetime:
    return datetime.now(UTC)


@shared_task
def review() -> None:
    """Open and resolve alerts."""
    lifecycle.review(now=_now())


@shared_task
def deliver_webhooks() -> None:
    """Deliver what is due to endpoints."""
    delivering.deliver_due(clock=_now)


@shared_task
def send_mail() -> None:
    """Make letters of what is due, and send them."""
    mail.gather(now=_now())
    mail.send_due(clock=_now)


@shared_task
def forget() -> None:
    """Delete what is past retention."""
    now = _now()
    delivering.forget(before=now - _REMEMBERED)
    mail.forget(before=now - _REMEMBERED)
    lifecycle.forget(before=now - timedelta(days=settings.EVENT_RETENTION_DAYS))
