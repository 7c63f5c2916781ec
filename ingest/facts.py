"""Writing facts: many controllers' rows at once, idempotently, with the quarters that they make dirty.

Each write is one statement a table. In the same transaction the quarters that a changed fact bears on are left in the
dirty table, for the rollups, and samples move the live state of their zones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, NamedTuple

from django.db import IntegrityError, connection, models, transaction

from ingest import partitions, statements
from ingest.models import DwellInterval, FootfallInterval, OccupancySample, PathInterval, QueueSample
from sites_app.models import Zone

OUTSIDE = 0
"""The zone id of the outside of a store, in paths."""


class OccupancyRow(NamedTuple):
    """The people in a zone at an instant."""

    store_id: int
    zone_id: int
    observed_at: datetime
    received_at: datetime
    people: int
    capacity: int | None


class QueueRow(NamedTuple):
    """A queue at an instant; waits in milliseconds."""

    store_id: int
    zone_id: int
    observed_at: datetime
    received_at: datetime
    people: int
    average_wait_ms: int | None
    longest_wait_ms: int | None
    threshold: int | None


class FootfallRow(NamedTuple):
    """What went in and out of an entrance in ``[start, end)``."""

    store_id: int
    zone_id: int
    start: datetime
    received_at: datetime
    end: datetime
    complete: bool
    count_in: int
    count_out: int


class DwellRow(NamedTuple):
    """The mean stay in a zone over ``[start, end)``, in milliseconds."""

    store_id: int
    zone_id: int
    start: datetime
    received_at: datetime
    end: datetime
    average_dwell_ms: int
    visits: int | None


class PathRow(NamedTuple):
    """How many went from one zone to another in ``[start, end)``; zone 0 is ``OUTSIDE``."""

    store_id: int
    from_zone_id: int
    to_zone_id: int
    start: datetime
    received_at: datetime
    end: datetime
    count: int  # type: ignore[assignment]  # tuple has a method of this name, which nobody calls here


@dataclass(slots=True)
class Facts:
    """Rows to be written together."""

    occupancy: list[OccupancyRow] = field(default_factory=list)
    queues: list[QueueRow] = field(default_factory=list)
    footfall: list[FootfallRow] = field(default_factory=list)
    dwell: list[DwellRow] = field(default_factory=list)
    paths: list[PathRow] = field(default_factory=list)

    def add(self, other: Facts) -> None:
        """Take in the rows of another batch."""
        for part in fields(self):
            getattr(self, part.name).extend(getattr(other, part.name))

    def __len__(self) -> int:
        return sum(len(getattr(self, part.name)) for part in fields(self))


_PLAN: dict[str, tuple[type[models.Model], statements.FactTable, tuple[str, ...]]] = {
    "occupancy": (
        OccupancySample,
        statements.OCCUPANCY,
        (statements.OCCUPANCY.upsert(), statements.OCCUPANCY_STATE),
    ),
    "queues": (QueueSample, statements.QUEUES, (statements.QUEUES.upsert(), statements.QUEUE_STATE)),
    "footfall": (FootfallInterval, statements.FOOTFALL, (statements.FOOTFALL.upsert(),)),
    "dwell": (DwellInterval, statements.DWELL, (statements.DWELL.upsert(),)),
    "paths": (PathInterval, statements.PATHS, (statements.PATHS.upsert(),)),
}


def write(facts: Facts) -> None:
    """Write the rows of all measures in one transaction. Writing the same again changes nothing."""
    try:
        _write(facts)
    except IntegrityError:  # a month that was there isn't any more
        partitions.forget()
        _write(facts)


def _write(facts: Facts) -> None:
    for measure, (model, _, _) in _PLAN.items():
        expect_partitions(model, getattr(facts, measure))
    with transaction.atomic(), connection.cursor() as cursor:
        for measure, (_, table, sentences) in _PLAN.items():
            rows: Sequence[Sequence[Any]] = getattr(facts, measure)
            if rows:
                columns = statements.columns(table.types, rows)
                for sentence in sentences:
                    cursor.execute(sentence, columns)
        _note_dwell(facts.dwell)


def _note_dwell(rows: Sequence[DwellRow]) -> None:
    """Remember which zones have dwell times: coverage expects them of those alone."""
    if rows:
        Zone.objects.filter(pk__in={row.zone_id for row in rows}, has_dwell=False).update(has_dwell=True)


def expect_partitions(model: type[models.Model], rows: Sequence[Any]) -> None:
    """Make the months that these rows fall into. A fact can be older than any that there is a partition for."""
    column: str = model.partitioned_by  # type: ignore[attr-defined]
    partitions.expect(model, {partitions.month_of(getattr(row, column)) for row in rows})
