"""Which rollups a period is read from, and how they fall into its buckets: the coarsest grain that answers, piece by piece.

A window of days is read alike for all clocks. One of instants lies otherwise on each: it begins and ends within days of
most, so its ends are read in hours or quarters, what lies between in days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from reports import calendar
from reports.calendar import day_of_quarter, day_quarters, quarter_start
from reports.comparing import Shift, previous_window
from reports.cuts import Cut, agree, cut, previous_cut
from reports.queries.statements import KEY_OF_START, Piece
from reports.request import Edge, Granularity, ReportRequest

_GRAIN = {"15m": "quarter", "hour": "hour"}
_DAY = timedelta(days=1)
PROFILE_KEYS = {
    "hour_of_day": "date_part('hour', local)::int",
    "day_of_week": "date_part('isodow', local)::int",
    "hour_of_week": "((date_part('isodow', local) - 1) * 24 + date_part('hour', local))::int",
}
_NOT_IN_A_LEAP_DAY = "NOT (date_part('month', local) = 2 AND date_part('day', local) = 29)"


@dataclass(frozen=True, slots=True)
class Period:
    """The window of a report, or the one that it's compared with, cut on each clock."""

    request: ReportRequest
    start: Edge
    end: Edge
    cuts: Mapping[ZoneInfo, Cut]
    shift: Shift | None = None
    keyed_by_start: bool = False
    """Whether buckets are told apart by when they start: then an hour that comes twice is two."""

    @classmethod
    def asked(cls, request: ReportRequest, clocks: set[ZoneInfo]) -> Period:
        """The report's own."""
        cuts = {zone: cut(request.start, request.end, request.bucket, zone) for zone in clocks}
        twice = any(len(set(found.keys)) < len(found.keys) for found in cuts.values())
        apart = request.by_place or agree(list(cuts.values()))
        return cls(request, request.start, request.end, cuts, keyed_by_start=twice and apart and not request.is_profile)

    def before(self, shift: Shift) -> Period:
        """The one that it's compared with."""
        start, end = previous_window(self.request, shift)
        if self.request.is_profile:  # whose buckets are of no date
            return Period(
                self.request, start, end, {z: cut(start, end, self.request.bucket, z) for z in self.cuts}, shift
            )
        cuts = {zone: previous_cut(now, self.request.start, self.request.end, shift) for zone, now in self.cuts.items()}
        return Period(self.request, start, end, cuts, shift)

    @property
    def by_clock(self) -> bool:
        """Whether each clock's rollups are read by themselves: it cuts a window of instants in its own way."""
        return self.request.of_instants and not self.request.is_profile

    def keys(self, zone: ZoneInfo) -> Sequence[int]:
        """What the buckets of a clock are found by, in their order."""
        found = self.cuts[zone]
        return found.starts if self.keyed_by_start else found.keys

    def reads_months(self) -> bool:
        """Whether whole months can be read as such."""
        if self.request.is_profile or self.request.bucket not in ("total", "month"):
            return False
        return self.request.bucket == "total" or self.shift is None or self.shift.length is None


def key_of_days(period: Period) -> str:
    """SQL for the key of a rollup in a window of days, by its local time."""
    request = period.request
    if request.is_profile:
        return PROFILE_KEYS[request.granularity]
    if period.keyed_by_start:
        return KEY_OF_START
    start = request.start
    local = _forward("local", period.shift)
    return {
        "total": "0",
        "15m": f"floor(date_part('epoch', {local} - timestamp '{start}') / 900)::int",
        "hour": f"floor(date_part('epoch', {local} - timestamp '{start}') / 3600)::int",
        "day": f"({local}::date - date '{start}')",
        "week": f"(({local}::date - date '{_monday(start)}') / 7)",
        "month": f"(date_part('year', {local}) * 12 + date_part('month', {local}))::int - {start.year * 12 + start.month}",
    }[request.bucket]


def _forward(local: str, shift: Shift | None) -> str:
    if shift is None:
        return local
    length = "1 year" if shift.length is None else f"{shift.length.days} days"
    return f"({local} + interval '{length}')"


def _monday(day: date) -> date:
    return day - timedelta(days=day.isoweekday() - 1)


def condition_of_days(period: Period) -> str:
    """SQL for which rollups of the window count at all: a leap day is no other day's."""
    leaps = period.shift is not None and period.shift.length is None and not period.request.is_profile
    return _NOT_IN_A_LEAP_DAY if leaps and period.request.bucket in ("day", *_GRAIN) else ""


def occurrence_of(request: ReportRequest) -> str:
    """SQL for the hour or day that a rollup lies in, of which a profile counts how many there were.

    Of a single place an hour that comes twice is two; what many stores have together meets by what their clocks show.
    """
    if not request.is_profile:
        return ""
    if request.bucket == "day":
        return "date_trunc('day', local)"
    return "start - (local - date_trunc('hour', local))" if request.by_place else "date_trunc('hour', local)"


def pieces_of_days(period: Period, *, months: bool = True) -> list[Piece]:
    """A window of days, by local time: in months where they can be and there are any, else in one grain."""
    start, end = period.start, period.end
    grain = _GRAIN.get(period.request.bucket, "day")
    if months and period.reads_months():
        first = start if start.day == 1 else _next_month(start)
        last = end.replace(day=1)
        if first < last:
            parts = [("day", start, first), ("month", first, last), ("day", last, end)]
            return [_piece(name, a, b) for name, a, b in parts if a < b]
    return [_piece(grain, start, end)]


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def _piece(grain: str, first: date, last: date) -> Piece:
    return Piece(grain, "local", first, last)


def start_bounds(period: Period) -> tuple[datetime, datetime]:
    """Between which instants the days of all clocks lie: no clock is a day away from UTC."""
    return (
        datetime.fromisoformat(f"{period.start}T00:00:00+00:00") - _DAY,
        datetime.fromisoformat(f"{period.end}T00:00:00+00:00") + _DAY,
    )


def pieces_of_instants(found: Cut) -> list[Piece]:
    """A window of instants on one clock, by when rollups start."""
    return [
        Piece(grain, "start", quarter_start(first), quarter_start(last))
        for grain, first, last in _grains(found)
        if first < last
    ]


def _grains(found: Cut) -> Iterator[tuple[str, int, int]]:
    edges = [*found.starts, found.end]
    if found.bucket in _GRAIN:
        inner = edges[1:-1]
        if len(edges) <= 2 or not _aligned(inner, "hour", found.zone) or found.bucket == "15m":
            yield _finest(edges, found.bucket, found.zone), edges[0], edges[-1]
            return
        yield _finest(edges[:2], "hour", found.zone), edges[0], edges[1]
        yield "hour", edges[1], edges[-2]
        yield _finest(edges[-2:], "hour", found.zone), edges[-2], edges[-1]
        return
    yield from _around_days(edges[0], edges[1], found.zone)
    if len(edges) > 2:
        yield _finest(edges[1:-1], "day", found.zone), edges[1], edges[-2]
        yield from _around_days(edges[-2], edges[-1], found.zone)


def _around_days(first: int, last: int, zone: ZoneInfo) -> Iterator[tuple[str, int, int]]:
    """One bucket: whole days in days, what is before and after them in hours, or in quarters."""
    day = day_of_quarter(first, zone)
    a = first if day_quarters(day, zone)[0] == first else day_quarters(day, zone)[1]
    b = day_quarters(day_of_quarter(last, zone), zone)[0]
    if a >= b:
        yield _finest([first, last], "hour", zone), first, last
        return
    yield _finest([first, a], "hour", zone), first, a
    yield "day", a, b
    yield _finest([b, last], "hour", zone), b, last


def _finest(edges: Sequence[int], coarsest: Granularity, zone: ZoneInfo) -> str:
    """The coarsest grain, at most this one, of which all these edges are."""
    for grain in ("day", "hour"):
        if (grain == coarsest or coarsest == "day") and _aligned(edges, grain, zone):
            return grain
    return "quarter"


def _aligned(edges: Sequence[int], grain: str, zone: ZoneInfo) -> bool:
    return all(calendar.bucket_start(quarter_start(edge), grain, zone) == quarter_start(edge) for edge in edges)
