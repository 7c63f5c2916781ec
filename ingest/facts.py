"""Writing facts: many controllers' rows at once, idempotently, with the quarters that they make dirty.

Each write is one statement a table. In the same transaction the quarters that a changed fact bears on are left in the
dirty table, for the rollups, and samples move the live state of their zones.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

import structlog
from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, models, transaction
from psycopg.errors import DeadlockDetected

from ingest import partitions, records, statements
from ingest.models import (
    DwellInterval,
    FootfallInterval,
    LineRecord,
    OccupancySample,
    PathInterval,
    QueueSample,
    StayRecord,
)
from sites_app.models import Zone

log = structlog.get_logger(__name__)

OUTSIDE = 0
"""The zone id of the outside of a store, in paths."""
_RECEIVED_AT = attrgetter("received_at")


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


class LineRow(NamedTuple):
    """Who crossed a sensor's line in ``[start, end)``: a record, of which intervals of footfall are made."""

    store_id: int
    zone_id: int
    start: datetime
    end: datetime
    received_at: datetime
    forward: int
    backward: int
    complete: bool


class StayRow(NamedTuple):
    """The mean stay of a sensor's record, in milliseconds: of such, intervals of dwell are made."""

    store_id: int
    zone_id: int
    start: datetime
    end: datetime
    received_at: datetime
    average_dwell_ms: int
    visits: int | None
    complete: bool


RecordT = TypeVar("RecordT", LineRow, StayRow)


@dataclass(slots=True)
class Facts:
    """Rows to be written together."""

    occupancy: list[OccupancyRow] = field(default_factory=list)
    queues: list[QueueRow] = field(default_factory=list)
    footfall: list[FootfallRow] = field(default_factory=list)
    dwell: list[DwellRow] = field(default_factory=list)
    paths: list[PathRow] = field(default_factory=list)
    lines: list[LineRow] = field(default_factory=list)
    stays: list[StayRow] = field(default_factory=list)

    def add(self, other: Facts) -> None:
        """Take in the rows of another batch."""
        for part in fields(self):
            getattr(self, part.name).extend(getattr(other, part.name))

    def __len__(self) -> int:
        return sum(len(getattr(self, part.name)) for part in fields(self))


_Plan = tuple[tuple[type[models.Model], ...], tuple[str, ...]]


def _derived(intervals: records.Intervals) -> tuple[str, ...]:
    kept = intervals.records
    return records.lock(kept.given), records.keep(kept), intervals.recompute()


_PLAN: dict[str, _Plan] = {
    "occupancy": ((OccupancySample,), (statements.OCCUPANCY.upsert(),)),
    "queues": ((QueueSample,), (statements.QUEUES.upsert(),)),
    "footfall": ((FootfallInterval,), (statements.FOOTFALL.upsert(),)),
    "dwell": ((DwellInterval,), (statements.DWELL.upsert(),)),
    "paths": ((PathInterval,), (statements.PATHS.upsert(),)),
    "lines": ((LineRecord, FootfallInterval), _derived(records.FOOTFALL)),
    "stays": ((StayRecord, DwellInterval), _derived(records.DWELL)),
}
"""For each measure the tables that are written, and the statements."""


def write(facts: Facts) -> None:
    """Write the rows of all measures in one transaction. Writing the same again changes nothing.

    What is past retention as it comes isn't written.
    """
    try:
        _write(facts)
    except IntegrityError:  # a month that was there isn't any more
        partitions.forget()
        _write(facts)
    except OperationalError as error:
        # A zone that is both an area and a queue can be met crosswise by a poll and an event of one moment.
        if not isinstance(error.__cause__, DeadlockDetected):
            raise
        _write(facts)


_KEPT_FOR = {
    "occupancy": ("observed_at", "SAMPLE_RETENTION_DAYS"),
    "queues": ("observed_at", "SAMPLE_RETENTION_DAYS"),
    "footfall": ("start", "INTERVAL_RETENTION_DAYS"),
    "dwell": ("start", "INTERVAL_RETENTION_DAYS"),
    "paths": ("start", "INTERVAL_RETENTION_DAYS"),
}


def _without_outdated(facts: Facts) -> Facts:
    """Without what came when its month was past retention, by a clock that is far behind, say.

    All else of that month is gone: rollups, which stay, would be made anew of these few alone.
    """
    kept = replace(facts)
    for measure, (column, days) in _KEPT_FOR.items():
        rows = getattr(facts, measure)
        at, kept_for = attrgetter(column), timedelta(days=getattr(settings, days))
        if rows and min(map(at, rows)) < partitions.month_of(max(map(_RECEIVED_AT, rows)) - kept_for):
            setattr(kept, measure, [row for row in rows if at(row) >= partitions.month_of(row.received_at - kept_for)])
            log.warning("facts_past_retention", measure=measure, count=len(rows) - len(getattr(kept, measure)))
    return kept


def _write(facts: Facts) -> None:
    facts = _without_outdated(facts)
    for measure, (tables, _) in _PLAN.items():
        for model in tables:
            expect_partitions(model, getattr(facts, measure))
    with transaction.atomic(), connection.cursor() as cursor:
        for measure, (_, sentences) in _PLAN.items():
            rows: Sequence[Sequence[Any]] = getattr(facts, measure)
            if rows:
                columns = statements.columns(rows)
                for sentence in sentences:
                    cursor.execute(sentence, columns)
        _note_dwell({row.zone_id for row in facts.dwell} | {row.zone_id for row in facts.stays})


def drop_orphans(facts: Facts) -> list[LineRow | StayRow]:
    """Take out the records that came so late that those with which they'd make an interval are gone; which."""
    return [*_orphans(facts.lines, records.FOOTFALL), *_orphans(facts.stays, records.DWELL)]


def _orphans(rows: list[RecordT], intervals: records.Intervals) -> list[RecordT]:
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(intervals.orphaned(), [list(column) for column in zip(*rows, strict=True)])
        late = set(cursor.fetchall())
    orphans = [row for row in rows if (row.zone_id, row.start, row.end) in late]
    rows[:] = [row for row in rows if (row.zone_id, row.start, row.end) not in late]
    return orphans


def _note_dwell(zones: Collection[int]) -> None:
    """Remember which zones have dwell times: coverage expects them of those alone."""
    if zones:
        Zone.objects.filter(pk__in=zones, has_dwell=False).update(has_dwell=True)


def expect_partitions(model: type[models.Model], rows: Sequence[Any]) -> None:
    """Make the months that these rows fall into. A fact can be older than any that there is a partition for."""
    column: str = model.partitioned_by  # type: ignore[attr-defined]
    partitions.expect(model, {partitions.month_of(instant) for instant in {getattr(row, column) for row in rows}})
