"""Stores with an entrance each, and who came in by it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ingest import facts
from ingest.models import Measure
from reports import rollups
from sites_app.models import Zone
from tests import chain

QUARTER = timedelta(minutes=15)
START = datetime(2026, 11, 2, 8, tzinfo=UTC)


def door(code: str = "S1", **store: object) -> Zone:
    """The entrance of a new store."""
    return chain.zone(chain.controller(chain.store(code, **store)), "door", "entrance")  # type: ignore[arg-type]


def came_in(door: Zone, counts: Sequence[int], *, start: datetime = START) -> None:
    """So many came in during each quarter of an hour from ``start`` on; one went out."""
    facts.write(
        facts.Facts(
            footfall=[
                facts.FootfallRow(
                    door.store_id, door.pk, start + n * QUARTER, start, start + (n + 1) * QUARTER, True, count, 1
                )
                for n, count in enumerate(counts)
            ]
        )
    )


def roll_up() -> None:
    """Bring the rollups up to date."""
    while rollups.drain(Measure.FOOTFALL):
        pass
