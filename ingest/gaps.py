"""Gaps: intervals that a controller has and we don't, though we should by now; and those that were healed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from ingest import healing, statements
from ingest.models import HealedGap, Stream


class Gap(NamedTuple):
    """A stretch of a stream's intervals, half-open."""

    controller_id: UUID
    kind: str
    start: datetime
    end: datetime


_COLUMNS = {
    "controller_id": "uuid",
    "kind": "text",
    "start": "timestamptz",
    "end": "timestamptz",
    "healed_at": "timestamptz",
}
# An outage of weeks is healed window by window, and is one gap all the same.
_EXTEND = f"""
    WITH given AS (SELECT * FROM {statements.given(_COLUMNS)}), extended AS (
        UPDATE ingest_healedgap AS gap SET "end" = given."end", healed_at = given.healed_at FROM given
        WHERE gap.controller_id = given.controller_id AND gap.kind = given.kind AND gap."end" = given.start
        RETURNING gap.controller_id, gap.kind
    )
    INSERT INTO ingest_healedgap (controller_id, kind, start, "end", healed_at)
    SELECT controller_id, kind, start, "end", healed_at FROM given
    WHERE (controller_id, kind) NOT IN (SELECT controller_id, kind FROM extended)
"""


def open_gaps(streams: Iterable[Stream], *, now: datetime) -> list[Gap]:
    """What is missing of these streams, given with their controllers; disabled controllers miss nothing."""
    found = []
    for stream in streams:
        behind = timedelta(milliseconds=min(0, stream.controller.clock_skew_ms or 0))
        missing = healing.gap(stream.kind, stream.cursor, stream.watched_from, now + behind)
        if missing and stream.controller.enabled:
            found.append(Gap(stream.controller_id, stream.kind, *missing))
    return found


def remember(healed: Sequence[Gap], *, healed_at: datetime) -> None:
    """Keep what was healed; each stream at most once."""
    if healed:
        with connection.cursor() as cursor:
            columns = [list(column) for column in zip(*((*gap, healed_at) for gap in healed), strict=True)]
            cursor.execute(_EXTEND, columns)


def forget(*, before: datetime) -> int:
    """Forget gaps that ended before; how many."""
    return HealedGap.objects.filter(end__lt=before).delete()[0]
