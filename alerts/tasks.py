"""Doors: one call of the domain each."""

from datetime import UTC, datetime

from celery import shared_task

from alerts import lifecycle


@shared_task
def review() -> None:
    """Open and resolve alerts."""
    lifecycle.review(now=datetime.now(UTC))
