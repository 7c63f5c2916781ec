"""Rollups made anew from the facts that are kept: the same rows, bit for bit, whatever had become of them.

What a store's rollups hold of before its oldest facts stays: there is nothing to make it of.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction

from ingest.models import Measure
from reports import basis
from reports.calendar import day_quarters, quarter_number
from reports.rollups import draining, kept, longer
from sites_app.models import Store

_AT_ONCE = 31 * 96
"""So many quarters are one transaction: others wait for no longer."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a store's quarters of one measure, by their numbers."""

    store_id: int
    measure: Measure
    first: int
    last: int

    @property
    def quarters(self) -> int:
        return self.last - self.first


def plan(stores: Iterable[Store], *, start: date | None = None, end: date | None = None) -> list[Part]:
    """What there is to be made anew of these stores, within their own days from ``start`` to before ``end``.

    What has changed in the registry is taken note of first, so that it isn't worked in a second time afterwards.
    """
    while basis.refresh():
        pass
    return [part for store in stores for measure in Measure for part in _parts(store, measure, start, end)]


def _parts(store: Store, measure: Measure, start: date | None, end: date | None) -> list[Part]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT min(quarter), max(quarter) FROM ({kept.quarters(measure)}) AS kept_quarter", {"store_id": store.pk}
        )
        oldest, newest = cursor.fetchone()
    if oldest is None:
        return []
    first, last = quarter_number(oldest), quarter_number(newest) + 1
    if start is not None:
        first = max(first, day_quarters(start.toordinal(), store.zone_info)[0])
    if end is not None:
        last = min(last, day_quarters(end.toordinal(), store.zone_info)[0])
    return [Part(store.pk, measure, at, min(at + _AT_ONCE, last)) for at in range(first, last, _AT_ONCE)]


def rebuild(part: Part) -> None:
    """Make a part anew, and all hours, days and months that it lies in."""
    with transaction.atomic(), connection.cursor() as cursor:
        draining.lock(cursor, part.measure)
        draining.recompute(part.measure, {part.store_id: range(part.first, part.last)})


def rebuild_regions(stores: Sequence[Store]) -> None:
    """Make the sums of these stores' regions anew. To be called when the stores' own are."""
    region_ids = sorted({store.region_id for store in stores})
    for measure in Measure:
        with transaction.atomic(), connection.cursor() as cursor:
            draining.lock(cursor, measure)
            longer.rewrite_regions(cursor, measure, region_ids)
