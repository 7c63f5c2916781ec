"""Doors: one call of the domain each."""

from __future__ import annotations

from datetime import UTC, datetime

from celery import shared_task

from portal import board


@shared_task
def refresh_board() -> None:
    """Keep the board of a large chain up to date."""
    board.refresh(now=datetime.now(UTC))
