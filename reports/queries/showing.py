"""Cells as rows show them: figures rounded, once; instants on a store's own clock; what changed against before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from reports import figures
from reports.measures import MeasureSpec, as_it_is
from reports.queries.cells import Cell
from reports.queries.report import ReportColumn, comparable, figure_column
from reports.queries.scope import ScopedStore
from reports.queries.slots import Slot
from reports.request import ReportRequest


class Shown(NamedTuple):
    """A row's figures: as they are exactly, and as they are shown."""

    exact: Sequence[Any]
    cells: list[Any]


class Showing:
    """Shows the cells of a report."""

    def __init__(self, spec: MeasureSpec, request: ReportRequest, stores: Mapping[int, ScopedStore]) -> None:
        self.spec, self.request, self.stores = spec, request, stores
        self._of = [column.of for column in spec.columns]
        self._rounding = [
            (place, column.rounding) for place, column in enumerate(spec.columns) if column.rounding is not as_it_is
        ]
        self._additive = [place for place, column in enumerate(spec.columns) if column.additive]
        self._instant = next((place for place, column in enumerate(spec.columns) if column.unit == "instant"), None)
        self._compared = [place for place, column in enumerate(spec.columns) if comparable([figure_column(column)])]
        self._names_store = spec.peaks and not request.by_place
        self._profile = request.is_profile
        self._nothing = Shown([None] * len(spec.columns), [None] * len(spec.columns))

    def figures(self, cell: Cell | None, zone: ZoneInfo | None = None) -> Shown:
        """The figures of a cell; of a profile's, additive ones are the mean of its occurrences."""
        if cell is None:
            return self._nothing
        totals = cell.totals
        exact: list[Any] = [of(totals) for of in self._of]
        shown = exact.copy()
        for place, rounding in self._rounding:
            shown[place] = rounding(exact[place])
        if cell.occurrences:
            for place in self._additive:
                if exact[place] is not None:
                    exact[place] = exact[place] / cell.occurrences
                    shown[place] = figures.people(exact[place])
        if self._instant is not None and shown[self._instant] is not None:
            shown[self._instant] = self._local(shown[self._instant], cell, zone)
        return Shown(exact, shown)

    def _local(self, microseconds: int, cell: Cell, zone: ZoneInfo | None) -> str:
        """An instant on the clock of its store."""
        if zone is None and cell.peak_store is not None and cell.peak_store in self.stores:
            zone = self.stores[cell.peak_store].trading.zone
        seconds, rest = divmod(microseconds, 1_000_000)
        local = datetime.fromtimestamp(seconds, zone or UTC)
        return (local.replace(microsecond=rest) if rest else local).isoformat()

    def whose_peak(self, cell: Cell | None) -> str | None:
        """The store of the peak, by its code."""
        store = self.stores.get(cell.peak_store) if cell is not None and cell.peak_store is not None else None
        return store.code if store else None

    def row(self, slot: Slot) -> list[Any]:
        """A row: its names, its figures, how much is known of it, and what it's compared with."""
        cell, zone = slot.known[0], slot.zone
        shown = self.figures(cell, zone)
        row = [*slot.names, *shown.cells]
        if self._profile:
            row.insert(len(slot.names), cell.occurrences if cell else 0)
        if self._names_store:
            row.append(self.whose_peak(cell))
        row.append(self.coverage(cell, slot.expected[0]))
        if len(slot.known) > 1:
            row += self._comparison(shown, slot.known[1], slot.expected[1], zone)
        return row

    def coverage(self, cell: Cell | None, expected_us: int) -> float | None:
        """The share of the expected time that is known."""
        return figures.share(figures.coverage(cell.covered_us if cell else 0, expected_us))

    def _comparison(self, now: Shown, before: Cell | None, expected_us: int, zone: ZoneInfo | None) -> list[Any]:
        """The cells of a row that tell what was before, and how much it has changed since."""
        shown = self.figures(before, zone)
        changes = [figures.share(figures.change(now.exact[place], shown.exact[place])) for place in self._compared]
        return [*shown.cells, self.coverage(before, expected_us), *changes]


def named(columns: Sequence[ReportColumn], cells: Sequence[Any]) -> dict[str, Any]:
    """A row as an object; those under a name in one of their own."""
    named: dict[str, Any] = {}
    for column, cell in zip(columns, cells, strict=True):
        if column.under:
            named.setdefault(column.under, {})[column.name] = cell
        else:
            named[column.name] = cell
    return named
