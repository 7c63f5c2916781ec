"""Rows of regions or of the chain: what their stores have together, met by what their clocks show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from reports.expected import Expectation, Life
from reports.labels import Label, end_of
from reports.queries.cells import Cell, Cells, Members, Place
from reports.queries.report import Row
from reports.queries.scope import Scope
from reports.queries.showing import Showing
from reports.queries.slots import Slots, labels_of, profile_names, slots_of
from reports.queries.windows import Period
from reports.trading import Trading

Weights = Mapping[tuple[Trading, Life], int]
"""How many zones are expected alike."""


@dataclass(slots=True)
class Meeting:
    """A row in which buckets of several clocks meet: what is known and expected of each period, and where it ends."""

    cells: list[Cell | None]
    expected: list[int]
    ends: set[datetime] = field(default_factory=set)
    key: int = 0
    taken: set[Any] = field(default_factory=set)

    def takes(self, *what: Any) -> bool:
        """Whether it hasn't taken this in yet."""
        if what in self.taken:
            return False
        self.taken.add(what)
        return True


@dataclass(frozen=True, slots=True)
class Groups:
    """The regions of a report, or its chain: their names, and the weights of their stores by place and clock."""

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


def rows(
    groups: Groups, periods: Sequence[tuple[Period, Cells]], expectation: Expectation, showing: Showing
) -> Iterator[Row]:
    """The rows, in the order of names and time: of the first period, compared with the second where there is one."""
    now = periods[0][0]
    labels = labels_of(now.request, now.cuts.values())
    slots = [{zone: slots_of(period, zone) for zone in period.cuts} for period, _ in periods]
    clocks: dict[Place, list[ZoneInfo]] = defaultdict(list)
    for place, zone in groups.weights:
        clocks[place].append(zone)
    for place, names in enumerate(groups.names):
        met = _meet(place, groups, clocks[place], periods, slots, labels, expectation)
        for start in sorted(met):
            yield [*names, *_row(met[start], start, now, labels, showing)]


def _meet(
    place: Place,
    groups: Groups,
    clocks: Iterable[ZoneInfo],
    periods: Sequence[tuple[Period, Cells]],
    slots: Sequence[Mapping[ZoneInfo, Slots]],
    labels: Mapping[ZoneInfo, Sequence[Label]],
    expectation: Expectation,
) -> dict[Any, Meeting]:
    """A place's rows by their start, or of a profile by its key."""
    met: dict[Any, Meeting] = {}
    for zone in clocks:
        now = slots[0][zone]
        expected = [_by_key(groups.weights[place, zone], of_period[zone], expectation) for of_period in slots]
        clock = zone if periods[0][0].request.of_instants else None
        for number, own_key in enumerate(now.keys):
            start, end = (own_key, None) if now.gathered else labels[zone][number]
            meeting = met.setdefault(start, Meeting([None] * len(periods), [0] * len(periods), key=own_key))
            if end is not None:
                meeting.ends.add(end)
            for which, (_, cells) in enumerate(periods):
                key = own_key if which == 0 else now.answering[number]
                if meeting.takes("expected", which, zone, key):
                    meeting.expected[which] += expected[which].get(key, 0)
                # What is known is of all clocks at once, where they are read together.
                if meeting.takes("known", which, clock, key):
                    meeting.cells[which] = _together(meeting.cells[which], cells.get((place, clock), {}).get(key))
    return met


def _by_key(weights: Weights, slots: Slots, expectation: Expectation) -> dict[int, int]:
    """Microseconds expected in each row, all stores on this clock added up."""
    sums = [0] * len(slots.cut.edges)
    for (trading, life), count in weights.items():
        of_one = expectation.microseconds(trading, slots.cut, life)
        sums = [a + count * b for a, b in zip(sums, of_one, strict=True)]
    by_key: dict[int, int] = defaultdict(int)
    for key, of_row in zip(slots.keys, slots.summed(sums), strict=True):
        by_key[key] += of_row
    return by_key


def _together(one: Cell | None, other: Cell | None) -> Cell | None:
    if one is None or other is None:
        return one or other
    totals = one.totals + other.totals
    peak = getattr(totals, "peak", None), getattr(totals, "peak_at", None)
    of_one = (getattr(one.totals, "peak", None), getattr(one.totals, "peak_at", None)) == peak
    return Cell(
        totals,
        one.covered_us + other.covered_us,
        one.peak_store if of_one else other.peak_store,
        max(one.occurrences, other.occurrences),
    )


def _row(
    met: Meeting, start: Any, now: Period, labels: Mapping[ZoneInfo, Sequence[Label]], showing: Showing
) -> list[Any]:
    cell, expected = met.cells[0], met.expected[0]
    row, shown = showing.row(cell, expected, None)
    names: list[Any]
    if now.request.is_profile:
        names = [*_window(labels), *profile_names(now.request, met.key), cell.occurrences if cell else 0]
    else:
        names = [start.isoformat(), end_of(start, met.ends).isoformat()]
    compared = showing.comparison(shown, met.cells[1], met.expected[1], None) if len(met.cells) > 1 else []
    return [*names, *row, *compared]


def _window(labels: Mapping[ZoneInfo, Sequence[Label]]) -> tuple[str, str]:
    """The whole window as a profile's rows name it."""
    edges = [(of_clock[0][0], of_clock[-1][1]) for of_clock in labels.values() if of_clock]
    return min(start for start, _ in edges).isoformat(), max(end for _, end in edges).isoformat()
