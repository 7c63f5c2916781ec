"""Slots of regions or of the chain: what their stores have together, met by what their clocks show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from reports.expected import Expectation, Life
from reports.labels import Label, end_of
from reports.queries.cells import Cell, Cells, Members, Place
from reports.queries.scope import Scope
from reports.queries.slots import Raster, Slot, labels_of, profile_names, raster_of
from reports.queries.windows import Period
from reports.request import ReportRequest
from reports.trading import Trading

Weights = Mapping[tuple[Trading, Life], int]
"""How many zones are expected alike."""


@dataclass(frozen=True, slots=True)
class Groups:
    """The regions of a report, or its chain: their names, and by place and clock what is expected of their stores."""

    names: Sequence[tuple[str, ...]]
    weights: Mapping[tuple[Place, ZoneInfo], Weights]

    @classmethod
    def of(cls, names: Sequence[tuple[str, ...]], members: Members, scope: Scope) -> Groups:
        """Each store counts where ``members`` say."""
        weights: dict[tuple[Place, ZoneInfo], dict[tuple[Trading, Life], int]] = defaultdict(lambda: defaultdict(int))
        for store in scope.stores:
            for place in members.of_stores[store.pk]:
                of_place = weights[place, store.trading.zone]
                for life, count in scope.expected.get(store.pk, ()):
                    of_place[store.trading, life.within(store.life)] += count
        return cls(names, weights)


@dataclass(slots=True)
class _Meeting:
    """A slot in which buckets of several clocks meet."""

    slot: Slot
    key: int
    ends: set[datetime] = field(default_factory=set)
    taken: set[Any] = field(default_factory=set)

    def takes(self, *what: Any) -> bool:
        """Whether it hasn't taken this in yet."""
        if what in self.taken:
            return False
        self.taken.add(what)
        return True


@dataclass(frozen=True, slots=True)
class _Clock:
    """A clock of the report's stores: its slots in each period, and what they are called."""

    zone: ZoneInfo
    rasters: Sequence[Raster]
    labels: Sequence[Label]


def slots(groups: Groups, periods: Sequence[tuple[Period, Cells]], expectation: Expectation) -> Iterator[Slot]:
    """The slots, in the order of names and time: of the first period, beside the second where there is one."""
    now = periods[0][0]
    labels = labels_of(now.request, now.cuts.values())
    clocks = {zone: _Clock(zone, [raster_of(period, zone) for period, _ in periods], labels[zone]) for zone in now.cuts}
    of_place: dict[Place, list[_Clock]] = defaultdict(list)
    for place, zone in groups.weights:
        of_place[place].append(clocks[zone])
    whole = _window(labels.values()) if now.request.is_profile else ()
    for place, names in enumerate(groups.names):
        met = _meet(place, groups, of_place[place], periods, expectation)
        for start in sorted(met):
            meeting = met[start]
            meeting.slot.names = (*names, *_names(meeting, start, now.request, whole))
            yield meeting.slot


def _meet(
    place: Place,
    groups: Groups,
    clocks: Sequence[_Clock],
    periods: Sequence[tuple[Period, Cells]],
    expectation: Expectation,
) -> dict[Any, _Meeting]:
    """A place's slots by their start, or of a profile by its key."""
    met: dict[Any, _Meeting] = {}
    profile, by_clock = periods[0][0].request.is_profile, periods[0][0].by_clock
    expected = {
        clock.zone: [
            _expected_by_key(groups.weights[place, clock.zone], raster, expectation) for raster in clock.rasters
        ]
        for clock in clocks
    }
    for clock in clocks:
        now = clock.rasters[0]
        for number, key in enumerate(now.keys):
            start, end = (key, None) if profile else clock.labels[number]
            meeting = met.setdefault(start, _Meeting(_empty_slot(place, len(periods)), key))
            meeting.ends |= {end} if end is not None else set()
            for which in range(1 if profile else len(periods)):
                at = (clock.zone, clock.zone if by_clock else None, now.answering[number] if which else key)
                _take(meeting, which, at, periods[which][1], expected[clock.zone][which])
    # A profile's hours are of no date: another clock can have had one of them before.
    for clock in clocks if profile and len(periods) > 1 else ():
        for key in set(clock.rasters[1].keys) & set(met):
            _take(met[key], 1, (clock.zone, None, key), periods[1][1], expected[clock.zone][1])
    return met


def _empty_slot(place: Place, periods: int) -> Slot:
    return Slot((), place, [None] * periods, [0] * periods, [[] for _ in range(periods)])


def _take(
    meeting: _Meeting,
    which: int,
    at: tuple[ZoneInfo, ZoneInfo | None, int],
    cells: Cells,
    expected: Mapping[int, int],
) -> None:
    """Take in what a clock adds to a slot; what is known is of all clocks at once, where they are read together."""
    zone, read_by, key = at
    slot = meeting.slot
    if meeting.takes("expected", which, zone, key):
        slot.expected[which] += expected.get(key, 0)
    if meeting.takes("known", which, read_by, key):
        slot.at[which].append((read_by, key))
        slot.known[which] = _together(slot.known[which], cells.get((slot.place, read_by), {}).get(key))


def _expected_by_key(weights: Weights, raster: Raster, expectation: Expectation) -> dict[int, int]:
    """Microseconds expected in each slot, all stores on this clock added up."""
    sums = [0] * len(raster.cut.edges)
    for (trading, life), count in weights.items():
        of_one = expectation.microseconds(trading, raster.cut, life)
        sums = [a + count * b for a, b in zip(sums, of_one, strict=True)]
    by_key: dict[int, int] = defaultdict(int)
    for key, of_slot in zip(raster.keys, raster.summed(sums), strict=True):
        by_key[key] += of_slot
    return by_key


def _together(one: Cell | None, other: Cell | None) -> Cell | None:
    if one is None or other is None:
        return one or other
    totals = one.totals + other.totals
    of_one = _peak(one) == (getattr(totals, "peak", None), getattr(totals, "peak_at", None))
    return Cell(
        totals,
        one.covered_us + other.covered_us,
        one.peak_store if of_one else other.peak_store,
        max(one.occurrences, other.occurrences),
    )


def _peak(cell: Cell) -> tuple[Any, Any]:
    return getattr(cell.totals, "peak", None), getattr(cell.totals, "peak_at", None)


def _names(meeting: _Meeting, start: Any, request: ReportRequest, whole: Sequence[str]) -> tuple[str | int, ...]:
    if request.is_profile:
        return (*whole, *profile_names(request, meeting.key))
    return start.isoformat(), end_of(start, meeting.ends).isoformat()


def _window(labels: Any) -> tuple[str, ...]:
    """The whole window as a profile's rows name it."""
    edges = [(of_clock[0][0], of_clock[-1][1]) for of_clock in labels if of_clock]
    return (min(a for a, _ in edges).isoformat(), max(b for _, b in edges).isoformat()) if edges else ()
