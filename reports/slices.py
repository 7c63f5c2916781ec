"""A large report in slices, each small enough to be held in memory; one after the other they are its rows.

By store or zone a report is made some stores at a time, in its own order. Only where one store alone is too much, and
for regions and the chain, is the window cut at days: by region, rows then come days first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from reports.calendar import day_start, local_day
from reports.queries.scope import Scope, ScopedStore
from reports.request import Edge, ReportRequest

_ROWS_OF_A_DAY = {"15m": 96.0, "hour": 24.0, "day": 1.0, "week": 1 / 7, "month": 1 / 30}
_ROWS_OF_A_PROFILE = {"hour_of_day": 24, "day_of_week": 7, "hour_of_week": 168}
_CUT_AT_DAYS = ("15m", "hour", "day")
_BEARABLE = 4
"""How many times too large a slice may be that can't be cut."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a report, and about how many rows it has."""

    request: ReportRequest
    rows: int


class Uncuttable(Exception):
    """The report is too large to be made at once, and can't be cut. Its message says what to ask for instead."""


def slices(request: ReportRequest, of: Scope, *, most: int) -> list[Slice]:
    """The slices of a report, by their own order and without a limit. Raises ``Uncuttable``."""
    whole = replace(request, order="", limit=None)
    buckets = _buckets(request)
    if not request.by_place:
        # Regions above those of stores have rows, too; twice as many is a good guess for a tree.
        places = 1 if request.by == "chain" else 2 * len({store.region_id for store in of.stores})
        return list(_by_days(whole, buckets * places, most, None))
    zones = Counter(zone.store.pk for zone in of.zones or ())
    rows = {store.pk: buckets * (zones[store.pk] if request.by == "zone" else 1) for store in of.stores}
    # However few its rows: made at once, a report holds its window as each of its clocks cuts it.
    clocks = {store.trading.zone for store in of.stores}
    if max(rows.values(), default=0) <= most and buckets * len(clocks) <= most:
        return [Slice(whole, sum(rows.values()))]
    return [part for store in of.stores for part in _of_store(whole, store, rows[store.pk], most)]


def _of_store(request: ReportRequest, store: ScopedStore, rows: int, most: int) -> Iterator[Slice]:
    return _by_days(replace(request, stores=(store.code,)), rows, most, store.trading.zone)


def _by_days(request: ReportRequest, rows: int, most: int, zone: ZoneInfo | None) -> Iterator[Slice]:
    """The request by stretches of days; those of one zone, if the window is one of instants."""
    if rows <= most or (rows <= _BEARABLE * most and not _can_be_cut(request, zone)):
        yield Slice(request, rows)
        return
    if not _can_be_cut(request, zone):
        raise Uncuttable(
            f"About {rows:,} rows are too many to be made at once. Ask for fewer stores or a coarser granularity, "
            "or for what can be made day by day: dates for 'start' and 'end', and no 'compare'."
        )
    days = _days(request)
    edges = list(_edges(request, zone, step=max(1, int(days * most / rows))))
    for start, end in pairwise(edges):
        part = replace(request, start=start, end=end)
        yield Slice(part, max(1, round(rows * _days(part) / days)))


def _can_be_cut(request: ReportRequest, zone: ZoneInfo | None) -> bool:
    """Whether no row reaches over the end of a day, nor needs what is compared with the whole window."""
    return request.granularity in _CUT_AT_DAYS and not request.compare and (zone is not None or not request.of_instants)


def _edges(request: ReportRequest, zone: ZoneInfo | None, *, step: int) -> Iterator[Edge]:
    yield request.start
    if isinstance(request.start, datetime):
        assert zone is not None
        day = local_day(request.start, zone) + timedelta(days=step)
        while (instant := day_start(day, zone)) < request.end:
            yield instant
            day += timedelta(days=step)
    else:
        start = request.start + timedelta(days=step)
        while start < request.end:
            yield start
            start += timedelta(days=step)
    yield request.end


def _buckets(request: ReportRequest) -> int:
    """About how many buckets a window has."""
    if request.granularity == "total":
        return 1
    if request.granularity in _ROWS_OF_A_PROFILE:
        return _ROWS_OF_A_PROFILE[request.granularity]
    return int(_ROWS_OF_A_DAY[request.granularity] * _days(request)) + 1


def _days(request: ReportRequest) -> float:
    length: timedelta = request.end - request.start  # type: ignore[operator]  # both are dates or both are instants
    return length / timedelta(days=1)
