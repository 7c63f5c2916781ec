"""How long facts are kept, and the months that are made ahead."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models

from ingest import partitions
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
SAMPLES: tuple[type[models.Model], ...] = (OccupancySample, QueueSample)
RECORDS: tuple[type[models.Model], ...] = (LineRecord, StayRecord)
INTERVALS: tuple[type[models.Model], ...] = (FootfallInterval, DwellInterval, PathInterval)


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
