"""Slots of single stores or zones: each on its own clock, in the order of codes and time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from reports.expected import Expectation
from reports.queries.cells import Cell, Cells, Place
from reports.queries.scope import Lives, Scope, ScopedStore
from reports.queries.slots import Raster, Slot, names_of, raster_of
from reports.queries.windows import Period

Found = tuple[Cell | None, int]
"""What is known of a slot, and the microseconds that are expected of it."""
_NOTHING: Found = (None, 0)


@dataclass(frozen=True, slots=True)
class Line:
    """A store or a zone: what its rows are called, and what is expected of it."""

    place: Place
    names: tuple[str, ...]
    store: ScopedStore
    lives: Lives

    @property
    def zone(self) -> ZoneInfo:
        """Its clock."""
        return self.store.trading.zone


def lines_of(scope: Scope, *, by_zone: bool) -> list[Line]:
    """The stores of a scope, or its zones."""
    if by_zone:
        return [Line(zone.pk, (zone.store.code, zone.code), zone.store, [(zone.life, 1)]) for zone in scope.zones or ()]
    return [Line(store.pk, (store.code,), store, scope.expected.get(store.pk, [])) for store in scope.stores]


def slots(lines: Sequence[Line], periods: Sequence[tuple[Period, Cells]], expectation: Expectation) -> Iterator[Slot]:
    """The slots of these lines: of the first period, beside the second where there is one."""
    now = periods[0][0]
    rasters = [{zone: raster_of(period, zone) for zone in period.cuts} for period, _ in periods]
    names = {zone: names_of(now, raster) for zone, raster in rasters[0].items()}
    for line in lines:
        zone = line.zone
        clock = zone if now.by_clock else None
        of_line = [
            found_of(line, period, cells, raster[zone], expectation)
            for (period, cells), raster in zip(periods, rasters, strict=True)
        ]
        before = _by_key(rasters[1][zone], of_line[1]) if len(periods) > 1 else None
        raster = rasters[0][zone]
        for number, (cell, expected) in enumerate(of_line[0]):
            slot = Slot(
                (*line.names, *names[zone][number]),
                line.place,
                [cell],
                [expected],
                [[(clock, raster.keys[number])]],
                zone,
            )
            if before is not None:
                answering = raster.answering[number]
                cell_before, expected_before = before.get(answering, _NOTHING)
                slot.known.append(cell_before)
                slot.expected.append(expected_before)
                slot.at.append([(clock, answering)])
            yield slot


def found_of(line: Line, period: Period, cells: Cells, raster: Raster, expectation: Expectation) -> list[Found]:
    """What is known and expected of a line in each slot."""
    known = cells.get((line.place, line.zone if period.by_clock else None), {})
    expected = _expected_of(line, raster, expectation)
    return [(known.get(key), of_slot) for key, of_slot in zip(raster.keys, expected, strict=True)]


def _expected_of(line: Line, raster: Raster, expectation: Expectation) -> Sequence[int]:
    """Expected of a line in each slot, in microseconds, all its zones added up."""
    sums: Sequence[int] = ()
    for life, count in line.lives:
        of_one = expectation.microseconds(line.store.trading, raster.cut, life.within(line.store.life))
        of_all = of_one if count == 1 else [count * each for each in of_one]
        sums = [a + b for a, b in zip(sums, of_all, strict=True)] if sums else of_all
    return raster.summed(sums or [0] * len(raster.cut.edges))


def _by_key(raster: Raster, found: Sequence[Found]) -> dict[int, Found]:
    """An hour that comes twice is one for the hour that answers to it."""
    by_key: dict[int, Found] = {}
    for key, (cell, expected) in zip(raster.keys, found, strict=True):
        by_key[key] = cell, expected + by_key.get(key, _NOTHING)[1]
    return by_key
