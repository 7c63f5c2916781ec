"""Doors: one call of the domain each."""

from __future__ import annotations

from celery import shared_task

from ingest.models import Measure
from reports import basis, rollups


@shared_task
def roll_up() -> None:
    """Take note of what changed in the registry, then work off what is dirty, measure by measure, until nothing is."""
    while basis.refresh():
        pass
    while sum(rollups.drain(measure) for measure in Measure):
        pass
