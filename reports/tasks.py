"""Doors: one call of the domain each."""

from __future__ import annotations

from celery import shared_task

from ingest.models import Measure
from reports import rollups


@shared_task
def roll_up() -> None:
    """Work off what is dirty, measure by measure, until nothing is."""
    while sum(rollups.drain(measure) for measure in Measure):
        pass
