"""A large report in slices, each small enough to be held in memory; one after the other they are its rows.

By store or zone a slice is some stores over the whole window, so rows come in the report's own order. Where one store
alone is too much, and for regions and the chain, the window is cut at the stores' days.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise

from reports.calendar import day_start, local_day
from reports.request import ReportRequest
from sites_app.models import Store

SLICE_ROWS = 10_000

_ROWS_OF_A_DAY = {"15m": 96.0, "hour": 24.0, "day": 1.0, "week": 1 / 7, "month": 1 / 30}
_ROWS_OF_A_PROFILE = {"hour_of_day": 24, "day_of_week": 7, "hour_of_week": 168}
_CUT_AT_DAYS = ("15m", "hour", "day")


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a report, and about how many rows it has."""

    request: ReportRequest
    rows: int


class Uncuttable(Exception):
    """The report is too large to be made at once, and nothing in it can be cut. Its message says what to ask for."""


def slices(request: ReportRequest, stores: Sequence[Store], *, most: int) -> list[Slice]:
    """The slices of a report over these stores. Raises ``Uncuttable``."""
    whole = replace(request, regions=(), tags=(), order="", limit=None)
    if request.by in ("store", "zone"):
        return list(_by_store(whole, sorted(stores, key=lambda store: store.code), most))
    # The cost is that of the stores' buckets, which are merged into the regions' or the chain's.
    whole = replace(whole, regions=request.regions, tags=request.tags)
    return list(_by_days(whole, _buckets(whole) * max(1, len(stores)), most, None))


def _by_store(request: ReportRequest, stores: Sequence[Store], most: int) -> Iterator[Slice]:
    held: list[str] = []
    rows = 0
    for store in stores:
        own = _buckets(request) * (len(store.zones.all()) if request.by == "zone" else 1)
        if held and rows + own > most:
            yield Slice(replace(request, stores=tuple(held)), rows)
            held, rows = [], 0
        if own > most:
            yield from _by_days(replace(request, stores=(store.code,)), own, most, store)
        else:
            held.append(store.code)
            rows += own
    if held:
        yield Slice(replace(request, stores=tuple(held)), rows)


def _by_days(request: ReportRequest, rows: int, most: int, store: Store | None) -> Iterator[Slice]:
    """The request by stretches of days; for several stores only by dates, since their days begin at other instants."""
    if rows <= most:
        yield Slice(request, rows)
        return
    if request.granularity not in _CUT_AT_DAYS:
        yield Slice(request, rows)
        return
    if store is None and isinstance(request.start, datetime):
        raise Uncuttable("Give dates for 'start' and 'end', a coarser granularity, or fewer stores.")
    days = _days(request)
    edges = list(_edges(request, store, step=max(1, int(days * most / rows))))
    for start, end in pairwise(edges):
        part = replace(request, start=start, end=end)
        yield Slice(part, max(1, round(rows * _days(part) / days)))


def _edges(request: ReportRequest, store: Store | None, *, step: int) -> Iterator[date | datetime]:
    yield request.start
    if isinstance(request.start, datetime):
        assert store is not None
        zone = store.zone_info
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
