"""Slots of regions or of the chain: what their stores have together, met by what their clocks show."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from reports.cuts import Cut
from reports.expected import Expectation, Life
from reports.labels import Label, end_of
from reports.queries.cells import Cell, Cells, Members, Place
from reports.queries.scope import Scope
from reports.queries.slots import Labelling, Raster, Slot, labelling_of, labels_of, profile_names, raster_of
from reports.queries.windows import Period
from reports.remembered import remembered
from reports.trading import Trading

Weights = Mapping[tuple[Trading, Life], int]
"""How many zones are expected alike."""
Names = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Groups:
    """The regions of a report, or its chain: their names, and by place and clock what is expected of their stores."""

    names: Sequence[tuple[str, ...]]
    weights: Mapping[Place, Mapping[ZoneInfo, Weights]]

    @classmethod
    def of(cls, names: Sequence[tuple[str, ...]], members: Members, scope: Scope) -> Groups:
        """Each store counts where ``members`` say; those that are alike are counted first."""
        kinds = Counter((members.of_stores[store.pk], store.trading, store.expected) for store in scope.stores)
        weights: dict[Place, dict[ZoneInfo, Counter[tuple[Trading, Life]]]] = defaultdict(lambda: defaultdict(Counter))
        for (places, trading, lives), stores in kinds.items():
            for place in places:
                of_place = weights[place][trading.zone]
                for life, zones in lives:
                    of_place[trading, life] += stores * zones
        return cls(names, weights)


def slots(groups: Groups, periods: Sequence[tuple[Period, Cells]], expectation: Expectation) -> Iterator[Slot]:
    """The slots, in the order of names and time: of the first period, beside the second where there is one."""
    sheet = _Sheet(groups, periods, expectation)
    slots_of = sheet.met_by_label if periods[0][0].by_clock else sheet.met_by_key
    for place, names in enumerate(groups.names):
        for slot in slots_of(place):
            yield slot._replace(names=(*names, *slot.names))


class _Sheet:
    """The periods of a report, and what their slots are called on each clock."""

    def __init__(self, groups: Groups, periods: Sequence[tuple[Period, Cells]], expectation: Expectation) -> None:
        self.groups, self.expectation = groups, expectation
        self.cells = [cells for _, cells in periods]
        self.request = periods[0][0].request
        clocks = periods[0][0].cuts
        self.rasters = [{zone: raster_of(period, zone) for zone in clocks} for period, _ in periods]
        self.labels = labels_of(self.request, clocks.values())
        self.labelling = labelling_of(self.request, clocks.values())
        self.keyed_by_start = periods[0][0].keyed_by_start
        self.whole = _window(self.labels) if self.request.is_profile else ()

    def met_by_key(self, place: Place) -> Iterator[Slot]:
        """A place's slots, where all clocks are read alike: their buckets have the same keys."""
        expected = [self._expected(place, rasters) for rasters in self.rasters]
        known = [cells.get((place, None), {}) for cells in self.cells]
        for key, (names, answering) in self._names(frozenset(self.groups.weights[place])).items():
            keys = [key, answering][: len(known)]
            cells = [of_period.get(at) for of_period, at in zip(known, keys, strict=True)]
            sums = [of_period.get(at, 0) for of_period, at in zip(expected, keys, strict=True)]
            yield Slot(names, place, cells, sums, at=[[(None, at)] for at in keys])

    def _expected(self, place: Place, rasters: Mapping[ZoneInfo, Raster]) -> dict[int, int]:
        by_key: dict[int, int] = defaultdict(int)
        for zone, weights in self.groups.weights[place].items():
            for key, expected in _expected_by_key(weights, rasters[zone], self.expectation).items():
                by_key[key] += expected
        return by_key

    def _names(self, zones: frozenset[ZoneInfo]) -> dict[int, tuple[Names, int]]:
        """What the slots of these clocks are called, in order, and which answer to them; by their keys."""
        rasters = self.rasters[0]
        if self.request.is_profile:
            keys = sorted({key for zone in zones for key in rasters[zone].keys})
            return {key: ((*self.whole, *profile_names(self.request, key)), key) for key in keys}
        return _named(frozenset(rasters[zone].cut for zone in zones), self.labelling, self.keyed_by_start)

    def met_by_label(self, place: Place) -> Iterator[Slot]:
        """A place's slots, where each clock is read by itself: what is called the same is one."""
        met: dict[datetime, _Meeting] = {}
        count = len(self.cells)
        for zone, weights in self.groups.weights[place].items():
            raster = self.rasters[0][zone]
            expected = [_expected_by_key(weights, rasters[zone], self.expectation) for rasters in self.rasters]
            for key, answering, (start, end) in zip(raster.keys, raster.answering, self.labels[zone], strict=True):
                meeting = met.setdefault(start, _Meeting([None] * count, [0] * count, [[] for _ in range(count)]))
                meeting.ends.add(end)
                for which, at in enumerate([key, answering][:count]):
                    meeting.expected[which] += expected[which].get(at, 0)
                    cell = self.cells[which].get((place, zone), {}).get(at)
                    meeting.known[which] = _together(meeting.known[which], cell)
                    meeting.at[which].append((zone, at))
        for start in sorted(met):
            meeting = met[start]
            names = start.isoformat(), end_of(start, meeting.ends).isoformat()
            yield Slot(names, place, meeting.known, meeting.expected, at=meeting.at)


@remembered(buckets=10_000)
def _named(cuts: frozenset[Cut], labelling: Labelling, keyed_by_start: bool) -> dict[int, tuple[Names, int]]:
    """What the buckets of these clocks are called where they meet by their keys, and which answer to them; in order."""
    found: dict[int, tuple[datetime, set[datetime], int]] = {}
    for cut in cuts:
        labels: Sequence[Label] = getattr(cut, labelling)
        for key, answering, (start, end) in zip(
            cut.starts if keyed_by_start else cut.keys, cut.keys, labels, strict=True
        ):
            found.setdefault(key, (start, set(), answering))[1].add(end)
    ordered = sorted(found.items(), key=lambda item: item[1][0])
    return {
        key: ((start.isoformat(), end_of(start, ends).isoformat()), answering)
        for key, (start, ends, answering) in ordered
    }


@dataclass(slots=True)
class _Meeting:
    """A slot in which buckets of several clocks meet."""

    known: list[Cell | None]
    expected: list[int]
    at: list[list[tuple[ZoneInfo | None, int]]]
    ends: set[datetime] = field(default_factory=set)


def _expected_by_key(weights: Weights, raster: Raster, expectation: Expectation) -> Mapping[int, int]:
    """Microseconds expected in each slot, all stores on this clock added up."""
    sums = expectation.together(tuple(weights.items()), raster.cut)
    by_key: dict[int, int] = defaultdict(int)
    for key, of_slot in zip(raster.keys, raster.summed(sums), strict=True):
        by_key[key] += of_slot
    return by_key


def _together(one: Cell | None, other: Cell | None) -> Cell | None:
    if one is None or other is None:
        return one or other
    totals = one.totals + other.totals
    of_one = _peak(one) == (getattr(totals, "peak", None), getattr(totals, "peak_at", None))
    return Cell(totals, one.covered_us + other.covered_us, one.peak_store if of_one else other.peak_store)


def _peak(cell: Cell) -> tuple[object, object]:
    return getattr(cell.totals, "peak", None), getattr(cell.totals, "peak_at", None)


def _window(labels: Mapping[ZoneInfo, Sequence[Label]]) -> tuple[str, ...]:
    """The whole window as a profile's rows name it."""
    edges = [(of_clock[0][0], of_clock[-1][1]) for of_clock in labels.values() if of_clock]
    return (min(a for a, _ in edges).isoformat(), max(b for _, b in edges).isoformat()) if edges else ()
