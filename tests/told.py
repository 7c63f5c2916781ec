"""Figures as controllers would have told them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ingest import facts
from ingest.models import Measure
from reports import rollups
from reports.calendar import QUARTER, quarter_of, quarters
from sites_app.models import Zone


def noon_zone(now: datetime) -> str:
    """A time zone in which it's now between noon and one, so that a test finds half a day behind it."""
    hours = 12 - now.astimezone(UTC).hour
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"


def people_in(zone: Zone, people: int, *, at: datetime, capacity: int | None = None) -> None:
    """A sample of an area's occupancy."""
    row = facts.OccupancyRow(zone.store_id, zone.pk, at, at, people, capacity)
    facts.write(facts.Facts(occupancy=[row]))


def waiting_in(zone: Zone, people: int, *, at: datetime, threshold: int = 8, wait_ms: int = 95_000) -> None:
    """A sample of a queue."""
    row = facts.QueueRow(zone.store_id, zone.pk, at, at, people, wait_ms, 2 * wait_ms, threshold)
    facts.write(facts.Facts(queues=[row]))


def visitors_through(door: Zone, each: int, *, start: datetime, end: datetime) -> None:
    """So many visitors in each quarter of an hour of ``[start, end)``."""
    rows = [
        facts.FootfallRow(door.store_id, door.pk, quarter, quarter + QUARTER, quarter + QUARTER, True, each, each)
        for quarter in quarters(start, end)
    ]
    facts.write(facts.Facts(footfall=rows))


def a_day_of_visitors(door: Zone, each: int, *, now: datetime, weeks_ago: int = 0) -> datetime:
    """The same number in each quarter of the day so far; where the last of them ended (this week's)."""
    midnight = door.store.local(now).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    until, back = quarter_of(now), timedelta(weeks=weeks_ago)
    visitors_through(door, each, start=midnight - back, end=until - back)
    return until


def roll_up() -> None:
    """Bring the rollups in step with the facts."""
    for measure in Measure:
        while rollups.drain(measure):
            pass
