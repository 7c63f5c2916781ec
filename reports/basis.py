"""What each store's rollups were computed with, beside what the registry says now; where they differ, what must be redone.

The registry lies below and can't tell; whoever saves there (the admin, the API, a CSV), the difference shows here. What
follows from it is left as marks in the same transaction: quarters to be recomputed from their facts, days to be cut anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection, transaction

from ingest.models import Measure
from reports.merging import MERGES
from reports.rollups import draining, kept, longer
from reports.trading import changed_days

BATCH_STORES = 200
_LOCK = 7_302_100
_SQL = Path(__file__).parent / "sql"


class Settings(NamedTuple):
    """All of a store that bears on its rollups."""

    region_id: int | None
    hours: str | None
    occupancy: str | None
    queues: str | None
    footfall: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A store's settings as they are, and as its rollups were computed with; those are None for a new store."""

    store_id: int
    now: Settings
    before: Settings

    def measures(self) -> list[Measure]:
        """Whose quarters the facts must be asked for again. A new store may have rollups already: then for all."""
        pairs = {
            Measure.OCCUPANCY: (self.now.occupancy, self.before.occupancy),
            Measure.QUEUES: (self.now.queues, self.before.queues),
            Measure.FOOTFALL: (self.now.footfall, self.before.footfall),
        }
        changed = [measure for measure, (now, before) in pairs.items() if now != before]
        return list(Measure) if self.before.hours is None else changed


def refresh(*, limit: int = BATCH_STORES) -> int:
    """Take note of what changed in the registry, and mark what must be redone for it; how many stores that were.

    At most ``limit`` stores at once: ask again while there are any. 0 also while another process does it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        differences = take_note(cursor, limit=limit)
        for difference in differences:
            for measure in Measure:
                _mark(cursor, measure, difference)
        return len(differences)


def take_note(cursor: Any, *, limit: int) -> list[Difference]:
    """Keep what the registry says as what rollups are computed with, and what it differs in from what was kept.

    The sums of the regions that a store came to or left are made anew at once: they hold its whole history, or no longer.
    """
    cursor.execute((_SQL / "settings.sql").read_text(), {"limit": limit})
    differences = [_difference(row) for row in cursor.fetchall()]
    if differences:
        _keep(cursor, differences)
        moved = [item for item in differences if item.now.region_id != item.before.region_id]
        regions = {region for item in moved for region in (item.now.region_id, item.before.region_id) if region}
        for measure in Measure:
            if regions:
                draining.lock(cursor, measure)
                longer.rewrite_regions(cursor, measure, sorted(regions))
    return differences


def _difference(row: Sequence[Any]) -> Difference:
    width = len(Settings._fields)
    return Difference(row[0], Settings(*row[1 : 1 + width]), Settings(*row[1 + width :]))


def _keep(cursor: Any, differences: Iterable[Difference]) -> None:
    rows = [
        (item.store_id, *item.now, md5((item.now.hours or "").encode(), usedforsecurity=False).hexdigest())
        for item in differences
    ]
    names = [*Settings._fields, "hours_digest"]
    cursor.execute(
        f"""
        INSERT INTO reports_storebasis (store_id, {", ".join(names)})
        SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
        ON CONFLICT (store_id) DO UPDATE SET {", ".join(f"{name} = EXCLUDED.{name}" for name in names)}
        """,
        [list(column) for column in zip(*rows, strict=True)],
    )


def _mark(cursor: Any, measure: Measure, difference: Difference) -> None:
    now, before, store_id = difference.now, difference.before, difference.store_id
    span = _days_with_rollups(cursor, measure, store_id)
    # A store that is met for the first time has nothing yet, as a rule. What it has was computed before anybody looked.
    is_new = before.hours is None
    if measure in difference.measures() and not (is_new and span is None):
        _mark_quarters(cursor, measure, store_id)
    if span is not None and now.hours != before.hours:
        days = range(span[0], span[1] + 1) if is_new else changed_days(before.hours, now.hours, *span)
        _mark_days(cursor, measure, store_id, days)


def _days_with_rollups(cursor: Any, measure: Measure, store_id: int) -> tuple[int, int] | None:
    """The first and the last day of which a store has rollups, as ordinals; a day more on either side, for any clock."""
    merge = MERGES[measure]
    zone = "AND zone_id = 0" if "zone_id" in merge.keys else ""
    cursor.execute(
        f"SELECT min(start)::date, max(start)::date FROM {merge.table} WHERE store_id = %s AND grain = 'day' {zone}",
        [store_id],
    )
    first, last = cursor.fetchone()
    return None if first is None else (first.toordinal() - 1, last.toordinal() + 1)


def _mark_quarters(cursor: Any, measure: Measure, store_id: int) -> None:
    """Mark the quarters that the facts which are still kept bear on. Of older ones only the rollups are left, and stay."""
    cursor.execute(
        "INSERT INTO ingest_dirty (measure, store_id, quarter) "
        f"SELECT %(measure)s, %(store_id)s, quarter FROM ({kept.quarters(measure)}) AS kept_quarter",
        {"measure": measure.value, "store_id": store_id},
    )


def _mark_days(cursor: Any, measure: Measure, store_id: int, days: Iterable[int]) -> None:
    cursor.execute(
        "INSERT INTO reports_recut (measure, store_id, day) "
        "SELECT %s, %s, date '0001-01-01' + (day - 1) FROM unnest(%s::int[]) AS day",
        [measure.value, store_id, list(days)],
    )
