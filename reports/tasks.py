"""Doors: ids in, one call of the domain each."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from celery import shared_task

from reports import basis, exports, health, rollups


def utc_now() -> datetime:
    """The clock, read at the doors alone."""
    return datetime.now(UTC)


@shared_task
def roll_up() -> None:
    """Take note of what changed in the registry, then work off what is dirty."""
    while basis.refresh():
        pass
    rollups.work_off(now=utc_now())


@shared_task
def dispatch_exports() -> None:
    """Claim the exports that are due and hand them out."""
    for export_id in exports.claim_due(now=utc_now()):
        make_export.delay(export_id=str(export_id))


@shared_task
def make_export(*, export_id: str) -> None:
    """Make one export's file."""
    exports.make(UUID(export_id), utc_now)


@shared_task
def sweep_exports() -> None:
    """Delete the files that have expired."""
    exports.sweep(now=utc_now())


@shared_task
def note_clocks() -> None:
    """Keep how far controllers' clocks are off today."""
    health.note_clocks(now=utc_now())
