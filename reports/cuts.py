"""How a window is cut on one clock: buckets, what they are called, and by what those of different clocks meet. Pure.

Buckets are pairs of numbers of quarters of an hour since 1970, half-open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

from reports import calendar, labels
from reports.calendar import Bucket, day_of_quarter, day_quarters, quarter_number, quarter_start, window_for
from reports.comparing import Shift
from reports.remembered import remembered
from reports.request import Edge, Granularity

_PER_DAY = {"hour": 24, "15m": 96}
_KEPT_BUCKETS = 40_000
"""With their names in all three ways a bucket takes up to 700 bytes."""


@dataclass(frozen=True, eq=False)
class Cut:
    """A window's buckets on one clock.

    ``keys`` are what rollups are grouped by: of a window of days how many days, weeks, months, hours or quarters on the
    store's clock a bucket lies after the window's start, of a window of instants its place among the others. ``days``
    are the local days of buckets that are made of whole ones, first and one past the last, as ordinals.
    """

    zone: ZoneInfo
    bucket: Granularity
    edges: tuple[tuple[int, int], ...]
    keys: tuple[int, ...]
    days: tuple[tuple[int, int], ...] = ()

    def __len__(self) -> int:
        """How many buckets it has."""
        return len(self.edges)

    @property
    def start(self) -> int:
        """The first quarter."""
        return self.edges[0][0] if self.edges else 0

    @property
    def end(self) -> int:
        """The quarter after the last."""
        return self.edges[-1][1] if self.edges else 0

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The buckets' first quarters."""
        return tuple(start for start, _ in self.edges)

    @cached_property
    def on_its_clock(self) -> list[labels.Label]:
        """The buckets' starts and ends with the clock's offset."""
        return [labels.with_offset(bucket, self.zone) for bucket in self._buckets()]

    @cached_property
    def by_the_clock(self) -> list[labels.Label]:
        """What the clock shows, without its offset."""
        return [labels.by_the_clock(bucket, self.bucket, self.zone) for bucket in self._buckets()]

    @cached_property
    def in_utc(self) -> list[labels.Label]:
        """The buckets' starts and ends in UTC."""
        return [labels.with_offset(bucket, ZoneInfo("UTC")) for bucket in self._buckets()]

    @cached_property
    def texts(self) -> list[tuple[str, str]]:
        """The buckets as rows of a store name them."""
        return [(start.isoformat(), end.isoformat()) for start, end in self.on_its_clock]

    def _buckets(self) -> list[Bucket]:
        return [Bucket(quarter_start(start), quarter_start(end)) for start, end in self.edges]


@remembered(_KEPT_BUCKETS)
def cut(start: Edge, end: Edge, bucket: Granularity, zone: ZoneInfo) -> Cut:
    """A window cut on a clock; for ``total`` it's one bucket."""
    if isinstance(start, datetime):
        found = calendar.buckets(window_for(start, end, zone), bucket, zone)
        edges = tuple((quarter_number(item.start), quarter_number(item.end)) for item in found)
        return Cut(zone, bucket, edges, tuple(range(len(edges))))
    first, last = start.toordinal(), end.toordinal()
    if bucket in _PER_DAY:
        return _fine(first, last, bucket, zone)
    spans = list(_spans(first, last, bucket))
    edges = tuple((day_quarters(a, zone)[0], day_quarters(b, zone)[0]) for a, b in spans)
    there = [place for place, (a, b) in enumerate(edges) if a < b]  # a clock can skip a whole day
    return Cut(
        zone, bucket, tuple(edges[place] for place in there), tuple(there), tuple(spans[place] for place in there)
    )


def _spans(first: int, last: int, bucket: Granularity) -> list[tuple[int, int]]:
    """Days, weeks or months within ``[first, last)``, cut to it; days as ordinals."""
    if bucket == "total":
        return [(first, last)]
    names = {"day": lambda day: day, "week": lambda day: (day - 1) // 7, "month": _month}
    spans = []
    for _, days in groupby(range(first, last), names[bucket]):
        within = list(days)
        spans.append((within[0], within[-1] + 1))
    return spans


def _month(ordinal: int) -> tuple[int, int]:
    day = date.fromordinal(ordinal)
    return day.year, day.month


def _fine(first: int, last: int, bucket: Granularity, zone: ZoneInfo) -> Cut:
    edges: list[tuple[int, int]] = []
    keys: list[int] = []
    for ordinal in range(first, last):
        of_day = _day_of_hours(ordinal, zone) if bucket == "hour" else _day_of_quarters(ordinal, zone)
        edges += [(start, end) for start, end, _ in of_day]
        keys += [(ordinal - first) * _PER_DAY[bucket] + place for _, _, place in of_day]
    return Cut(zone, bucket, tuple(edges), tuple(keys))


@lru_cache(maxsize=16_384)
def _day_of_hours(ordinal: int, zone: ZoneInfo) -> list[tuple[int, int, int]]:
    """The hours of a local day: their quarters, and the hour that the clock shows."""
    start, end = day_quarters(ordinal, zone)
    if end - start == 96 and _ahead(start, zone) == _ahead(end - 1, zone):
        return [(number, number + 4, hour) for hour, number in enumerate(range(start, end, 4))]
    found = calendar.buckets(Bucket(quarter_start(start), quarter_start(end)), "hour", zone)
    return [(quarter_number(b.start), quarter_number(b.end), b.start.astimezone(zone).hour) for b in found]


def _day_of_quarters(ordinal: int, zone: ZoneInfo) -> list[tuple[int, int, int]]:
    start, end = day_quarters(ordinal, zone)
    clock = (datetime.fromtimestamp(number * calendar.QUARTER_S, zone) for number in range(start, end))
    return [(start + n, start + n + 1, local.hour * 4 + local.minute // 15) for n, local in enumerate(clock)]


def _ahead(number: int, zone: ZoneInfo) -> timedelta | None:
    return datetime.fromtimestamp(number * calendar.QUARTER_S, zone).utcoffset()


@remembered(_KEPT_BUCKETS)
def previous_cut(now: Cut, start: Edge, end: Edge, shift: Shift) -> Cut:
    """The period that a window is compared with, in buckets that answer to the window's by their keys."""
    if isinstance(start, datetime):
        assert shift.length is not None
        back = int(shift.length.total_seconds()) // calendar.QUARTER_S
        return Cut(now.zone, now.bucket, tuple((a - back, b - back) for a, b in now.edges), now.keys)
    if now.days and now.bucket != "day":
        spans = tuple((_edge(a, shift), _edge(b, shift)) for a, b in now.days)
        edges = tuple((day_quarters(a, now.zone)[0], day_quarters(b, now.zone)[0]) for a, b in spans)
        return Cut(now.zone, now.bucket, edges, now.keys, spans)
    return _previous_fine(now, start, cut(shift.edge(start), shift.edge(end), now.bucket, now.zone), shift)


def _edge(ordinal: int, shift: Shift) -> int:
    return shift.edge(date.fromordinal(ordinal)).toordinal()


def _previous_fine(now: Cut, start: date, before: Cut, shift: Shift) -> Cut:
    """Days, hours or quarters: each has the key of the one that it answers to."""
    per_day = _PER_DAY.get(now.bucket, 1)
    kept: list[int] = []
    keys: list[int] = []
    for place, (a, _) in enumerate(before.edges):
        day = shift.forward(date.fromordinal(day_of_quarter(a, now.zone)))
        if day is not None:
            kept.append(place)
            keys.append((day.toordinal() - start.toordinal()) * per_day + before.keys[place] % per_day)
    return Cut(
        now.zone,
        now.bucket,
        tuple(before.edges[place] for place in kept),
        tuple(keys),
        tuple(before.days[place] for place in kept) if before.days else (),
    )


def agree(cuts: list[Cut]) -> bool:
    """Whether these clocks write the window's buckets alike."""
    return all(other.texts == cuts[0].texts for other in cuts[1:])
