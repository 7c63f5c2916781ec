"""What rows there are: a place's buckets, or of a profile the hours and days that its buckets occur as."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from reports.cuts import Cut, agree
from reports.labels import Label
from reports.queries.cells import Cell, Place
from reports.queries.windows import Period
from reports.request import ReportRequest


class Slot(NamedTuple):
    """Where a row is: what it's called, and what is known and expected there, of each period that the report reads.

    Of one store ``zone`` is its clock, and ``key`` and ``answering`` are what the slot is found by in either period.
    Where stores meet ``at`` are the clocks and keys of each period.
    """

    names: tuple[str | int | None, ...]
    place: Place
    known: Sequence[Cell | None]
    expected: Sequence[int]
    zone: ZoneInfo | None = None
    key: int = 0
    answering: int = 0
    at: Sequence[Sequence[tuple[ZoneInfo | None, int]]] = ()


@dataclass(frozen=True, slots=True)
class Raster:
    """The slots of a place on one clock. ``keys`` find their cells; ``answering`` those of the period it's compared with.

    ``gathered`` are the buckets of which a profile's slots are made; without it they are one each.
    """

    cut: Cut
    keys: Sequence[int]
    answering: Sequence[int]
    gathered: Sequence[Sequence[int]] | None = None

    def summed(self, of_buckets: Sequence[int]) -> Sequence[int]:
        """What is so in buckets, by slot."""
        if self.gathered is None:
            return of_buckets
        return [sum(of_buckets[place] for place in places) for places in self.gathered]


def raster_of(period: Period, zone: ZoneInfo) -> Raster:
    """The slots on a clock."""
    found = period.cuts[zone]
    if not period.request.is_profile:
        return Raster(found, period.keys(zone), found.keys)
    places: dict[int, list[int]] = {}
    for place, (start, _) in enumerate(found.by_the_clock):
        places.setdefault(profile_key(period.request, start), []).append(place)
    keys = sorted(places)
    return Raster(found, keys, keys, [places[key] for key in keys])


def profile_key(request: ReportRequest, start: datetime) -> int:
    """The hour or day that a bucket counts in."""
    if request.granularity == "hour_of_day":
        return start.hour
    if request.granularity == "day_of_week":
        return start.isoweekday()
    return (start.isoweekday() - 1) * 24 + start.hour


def key_of_quarter(period: Period, found: Cut, quarter: int) -> int | None:
    """The key of the slot that a quarter lies in; None outside of the window."""
    place = bisect_right(found.starts, quarter) - 1
    if place < 0 or quarter >= found.edges[place][1]:
        return None
    if period.request.is_profile:
        return profile_key(period.request, found.by_the_clock[place][0])
    return period.keys(found.zone)[place]


def profile_names(request: ReportRequest, key: int) -> tuple[int, ...]:
    """What a profile's slot is called."""
    return (key, key // 24 + 1, key % 24) if request.granularity == "hour_of_week" else (key,)


def names_of(period: Period, raster: Raster) -> list[tuple[str | int, ...]]:
    """What the slots of a place on one clock are called: start and end, and of a profile which hour or day it is."""
    texts = raster.cut.texts
    if not period.request.is_profile:
        return list(texts)
    whole = (texts[0][0], texts[-1][1]) if texts else ()
    return [(*whole, *profile_names(period.request, key)) for key in raster.keys]


Labelling = Literal["on_its_clock", "in_utc", "by_the_clock"]


def labelling_of(request: ReportRequest, cuts: Iterable[Cut]) -> Labelling:
    """How the buckets are called in rows of many stores: with an offset only where all their clocks agree."""
    if agree(list(cuts)):
        return "on_its_clock"
    return "in_utc" if request.granularity == "total" and request.of_instants else "by_the_clock"


def labels_of(request: ReportRequest, cuts: Iterable[Cut]) -> dict[ZoneInfo, Sequence[Label]]:
    """What the buckets are called in rows of many stores, by clock."""
    cuts = list(cuts)
    labelling = labelling_of(request, cuts)
    return {cut.zone: getattr(cut, labelling) for cut in cuts}
