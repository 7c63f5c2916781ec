"""How long what came in is kept, and the months that are made ahead."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, models

from ingest import gaps, partitions
from ingest.models import (
    DwellInterval,
    FootfallInterval,
    LineRecord,
    OccupancySample,
    PathInterval,
    QueueSample,
    StayRecord,
)

_AHEAD = 2
_BATCH = 5000
SAMPLES: tuple[type[models.Model], ...] = (OccupancySample, QueueSample)
RECORDS: tuple[type[models.Model], ...] = (LineRecord, StayRecord)
INTERVALS: tuple[type[models.Model], ...] = (FootfallInterval, DwellInterval, PathInterval)

# These aren't partitioned: an event is to be known again whichever month it comes in. A batch at a time, so that nobody
# waits for long locks.
_DELETE_EVENTS = """
    DELETE FROM ingest_event WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM ingest_event WHERE received_at < %s AND digested_at IS NOT NULL LIMIT %s
    ))
"""
_DELETE_FAULTS = """
    DELETE FROM ingest_quarantine WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM ingest_quarantine WHERE received_at < %s LIMIT %s
    ))
"""


def maintain(*, now: datetime) -> dict[str, list[str]]:
    """Make this and the coming months' partitions, and drop those past retention; their names by what was done."""
    done: dict[str, list[str]] = {"made": [], "dropped": []}
    months = [partitions.month_of(now)]
    for _ in range(_AHEAD):
        months.append(partitions.next_month(months[-1]))
    for models_, days in (
        (SAMPLES, settings.SAMPLE_RETENTION_DAYS),
        (INTERVALS, settings.INTERVAL_RETENTION_DAYS),
    ):
        for model in models_:
            done["made"] += partitions.ensure(model, months)
            done["dropped"] += partitions.drop_before(model, now - timedelta(days=days))
    for model in RECORDS:
        done["made"] += partitions.ensure(model, months)
        # As long as records of an old month come in, the others that they make intervals with are needed.
        limit = now - timedelta(days=settings.RECORD_RETENTION_DAYS)
        done["dropped"] += partitions.drop_before(model, limit, if_idle=True)
    return done


def expire(*, now: datetime) -> dict[str, int]:
    """Delete events, faults and healed gaps that are past retention; how many of each."""
    return {
        "events": _delete(_DELETE_EVENTS, now - timedelta(days=settings.EVENT_RETENTION_DAYS)),
        "faults": _delete(_DELETE_FAULTS, now - timedelta(days=settings.QUARANTINE_RETENTION_DAYS)),
        "gaps": gaps.forget(before=now - timedelta(days=settings.EVENT_RETENTION_DAYS)),
    }


def _delete(statement: str, before: datetime) -> int:
    total, deleted = 0, _BATCH
    with connection.cursor() as cursor:
        while deleted == _BATCH:
            cursor.execute(statement, [before, _BATCH])
            deleted = cursor.rowcount
            total += deleted
    return total
