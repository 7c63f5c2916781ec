"""Facts of small chains, rolled up, as reports read them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest import facts
from ingest.models import Measure
from reports import rollups
from sites_app.models import Zone

QUARTER = timedelta(minutes=15)
MONDAY = datetime(2025, 11, 3, tzinfo=UTC)
"""A Monday long past, in UTC."""
LATER = MONDAY + timedelta(days=30)
WEEK: dict[str, Any] = {"start": "2025-11-03", "end": "2025-11-10"}


def instant(text: str) -> datetime:
    """An instant with its offset, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def roll_up() -> None:
    """Work off all that is dirty."""
    while sum(rollups.drain(measure) for measure in Measure):
        pass


def footfall(door: Zone, counts: Iterable[tuple[str, int, int]], *, complete: bool = True) -> None:
    """Quarters of an hour of an entrance: where each starts, in and out."""
    rows = [
        facts.FootfallRow(
            door.store_id, door.pk, instant(start), LATER, instant(start) + QUARTER, complete, count_in, count_out
        )
        for start, count_in, count_out in counts
    ]
    facts.write(facts.Facts(footfall=rows))
    roll_up()


def occupancy(zone: Zone, samples: Iterable[tuple[str, int, int | None]]) -> None:
    """People in a zone, and its capacity, at instants."""
    rows = [
        facts.OccupancyRow(zone.store_id, zone.pk, instant(at), LATER, people, capacity)
        for at, people, capacity in samples
    ]
    facts.write(facts.Facts(occupancy=rows))
    roll_up()


def queue(zone: Zone, samples: Iterable[tuple[str, int, int | None, int | None]]) -> None:
    """People in a queue, the mean wait and the threshold at instants; the longest wait is twice the mean one."""
    rows = [
        facts.QueueRow(zone.store_id, zone.pk, instant(at), LATER, people, wait, wait and 2 * wait, threshold)
        for at, people, wait, threshold in samples
    ]
    facts.write(facts.Facts(queues=rows))
    roll_up()


def dwell(zone: Zone, hours: Iterable[tuple[str, int, int | None]]) -> None:
    """Hours of a zone: where each starts, the mean stay in milliseconds, and of how many visits."""
    rows = [
        facts.DwellRow(
            zone.store_id, zone.pk, instant(start), LATER, instant(start) + timedelta(hours=1), average, visits
        )
        for start, average, visits in hours
    ]
    facts.write(facts.Facts(dwell=rows))
    roll_up()


def every(start: str, step: timedelta, count: int) -> list[str]:
    """So many instants, a step apart."""
    return [(instant(start) + number * step).isoformat() for number in range(count)]
