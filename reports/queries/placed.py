"""Slots of single stores or zones: each on its own clock, in the order of codes and time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from reports.expected import Expectation
from reports.queries.cells import Cell, Cells, Place
from reports.queries.scope import Lives, Scope, ScopedStore
from reports.queries.slots import Raster, Slot, names_of, raster_of
from reports.queries.windows import Period
from reports.trading import Trading


class Line(NamedTuple):
    """A store or a zone: what its rows are called, and what is expected of it."""

    place: Place
    names: tuple[str, ...]
    store: ScopedStore
    expected: Lives


def lines_of(scope: Scope, *, by_zone: bool) -> list[Line]:
    """The stores of a scope, or its zones."""
    if by_zone:
        return [
            Line(zone.pk, (zone.store.code, zone.code), zone.store, ((zone.life, 1),)) for zone in scope.zones or ()
        ]
    return [Line(store.pk, (store.code,), store, store.expected) for store in scope.stores]


class _Sheet:
    """A period, with what lines of one kind expect of it: of most lines the same."""

    def __init__(self, period: Period, cells: Cells, expectation: Expectation) -> None:
        self.period, self.cells = period, cells
        self.by_clock = period.by_clock
        self.rasters = {zone: raster_of(period, zone) for zone in period.cuts}
        self._expectation = expectation
        self._expected: dict[tuple[Trading, Lives], Sequence[int]] = {}

    def known(self, line: Line, zone: ZoneInfo) -> dict[int, Cell]:
        """A line's cells by key."""
        return self.cells.get((line.place, zone if self.by_clock else None), _NONE)

    def expected(self, line: Line, zone: ZoneInfo) -> Sequence[int]:
        """Expected of a line in each slot, in microseconds, all its zones added up."""
        kind = line.store.trading, line.expected
        found = self._expected.get(kind)
        if found is None:
            found = self._expected[kind] = self._sum(line, self.rasters[zone])
        return found

    def _sum(self, line: Line, raster: Raster) -> Sequence[int]:
        sums = [0] * len(raster.cut.edges)
        for life, count in line.expected:
            of_one = self._expectation.microseconds(line.store.trading, raster.cut, life)
            sums = [a + count * b for a, b in zip(sums, of_one, strict=True)]
        return raster.summed(sums)


_NONE: dict[int, Cell] = {}


def slots(lines: Sequence[Line], periods: Sequence[tuple[Period, Cells]], expectation: Expectation) -> Iterator[Slot]:
    """The slots of these lines: of the first period, beside the second where there is one."""
    sheets = [_Sheet(period, cells, expectation) for period, cells in periods]
    now = sheets[0]
    names = {zone: names_of(now.period, raster) for zone, raster in now.rasters.items()}
    for line in lines:
        zone = line.store.trading.zone
        raster, known, expected = now.rasters[zone], now.known(line, zone), now.expected(line, zone)
        if len(sheets) == 1:
            for key, name, of_slot in zip(raster.keys, names[zone], expected, strict=True):
                yield Slot(line.names + name, line.place, (known.get(key),), (of_slot,), zone, key)
            continue
        before, expected_before = sheets[1].known(line, zone), _by_key(sheets[1], line, zone)
        for key, answering, name, of_slot in zip(raster.keys, raster.answering, names[zone], expected, strict=True):
            cells = known.get(key), before.get(answering)
            both = of_slot, expected_before.get(answering, 0)
            yield Slot(line.names + name, line.place, cells, both, zone, key, answering)


def _by_key(sheet: _Sheet, line: Line, zone: ZoneInfo) -> dict[int, int]:
    """An hour that comes twice is one for the hour that answers to it."""
    by_key: dict[int, int] = defaultdict(int)
    for key, of_slot in zip(sheet.rasters[zone].keys, sheet.expected(line, zone), strict=True):
        by_key[key] += of_slot
    return by_key


def covered(lines: Sequence[Line], period: Period, cells: Cells, expectation: Expectation) -> Iterator[Covered]:
    """How much of a whole period is known of each line."""
    sheet = _Sheet(period, cells, expectation)
    for line in lines:
        zone = line.store.trading.zone
        cell, expected = sheet.known(line, zone).get(0), sum(sheet.expected(line, zone))
        yield Covered(line, min(cell.covered_us, expected) if cell else 0, expected)


class Covered(NamedTuple):
    """How much of the time that is expected of a line is known, in microseconds."""

    line: Line
    covered_us: int
    expected_us: int
