"""Doors: one call of the domain each."""

from __future__ import annotations

from datetime import UTC, datetime

from celery import shared_task

from portal import board, sending, trust


@shared_task
def refresh_board() -> None:
    """Keep the board of a large chain up to date."""
    board.refresh(now=datetime.now(UTC))


@shared_task
def refresh_trust() -> None:
    """Keep what data health says of a large chain up to date."""
    trust.refresh(now=datetime.now(UTC))


@shared_task
def send_schedules() -> None:
    """Send the reports that are due by e-mail."""
    sending.send_due(clock=lambda: datetime.now(UTC))
