"""Doors: one call of the domain each."""

from __future__ import annotations

from celery import shared_task

from sites_app.login import forgotten


@shared_task(autoretry_for=(OSError,), retry_backoff=10, retry_backoff_max=300, max_retries=5)
def mail_password_links(*, address: str, language: str) -> None:
    """Send those who have this address a link to a new password. Mail servers' errors are ``OSError``s, and tried again."""
    forgotten.send(address, language)
