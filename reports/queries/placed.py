"""Rows of single stores or zones: each on its own clock, in the order of codes and time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from reports.expected import Expectation
from reports.queries.cells import Cell, Cells, Place
from reports.queries.report import Row
from reports.queries.scope import Lives, Scope, ScopedStore
from reports.queries.showing import Showing
from reports.queries.slots import Slots, names_of, slots_of
from reports.queries.windows import Period

Found = tuple[Cell | None, int]
"""What is known of a row, and the microseconds that are expected of it."""
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


def rows(
    lines: Sequence[Line],
    periods: Sequence[tuple[Period, Cells]],
    expectation: Expectation,
    showing: Showing,
) -> Iterator[Row]:
    """The rows of these lines: of the first period, compared with the second where there is one."""
    now = periods[0][0]
    slots = [{zone: slots_of(period, zone) for zone in period.cuts} for period, _ in periods]
    names = {zone: names_of(now, found) for zone, found in slots[0].items()}
    for line in lines:
        zone = line.zone
        found = [
            found_of(line, period, cells, slots_[zone], expectation)
            for (period, cells), slots_ in zip(periods, slots, strict=True)
        ]
        before = _by_key(slots[1][zone], found[1]) if len(periods) > 1 else None
        for place, (cell, expected) in enumerate(found[0]):
            row, shown = showing.row(cell, expected, zone)
            compared: list[Any] = []
            if before is not None:
                compared = showing.comparison(shown, *before.get(slots[0][zone].answering[place], _NOTHING), zone)
            occurred = [cell.occurrences if cell else 0] if now.request.is_profile else []
            yield [*line.names, *names[zone][place], *occurred, *row, *compared]


def found_of(line: Line, period: Period, cells: Cells, slots: Slots, expectation: Expectation) -> list[Found]:
    """What is known and expected of a line in each row."""
    known = cells.get((line.place, line.zone if period.request.of_instants else None), {})
    expected = expected_of(line, slots, expectation)
    return [(known.get(key), of_row) for key, of_row in zip(slots.keys, expected, strict=True)]


def expected_of(line: Line, slots: Slots, expectation: Expectation) -> Sequence[int]:
    """Expected of a line in each row, in microseconds, all its zones added up."""
    sums: Sequence[int] = ()
    for life, count in line.lives:
        of_one = expectation.microseconds(line.store.trading, slots.cut, life.within(line.store.life))
        of_all = of_one if count == 1 else [count * each for each in of_one]
        sums = [a + b for a, b in zip(sums, of_all, strict=True)] if sums else of_all
    return slots.summed(sums or [0] * len(slots.cut.edges))


def _by_key(slots: Slots, found: Sequence[Found]) -> dict[int, Found]:
    """An hour that comes twice is one for the hour that answers to it."""
    by_key: dict[int, Found] = {}
    for key, (cell, expected) in zip(slots.keys, found, strict=True):
        by_key[key] = cell, expected + by_key.get(key, _NOTHING)[1]
    return by_key
