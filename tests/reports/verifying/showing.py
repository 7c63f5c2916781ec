"""Cells as rows show them."""

from __future__ import annotations

from typing import Any

from ingest.models import Measure
from reports import figures, labels
from sites_app.models import Store
from tests.reports.verifying.adding import Adding
from tests.reports.verifying.cells import Cell

Row = dict[str, Any]


class Showing(Adding):
    """Shows what was added up."""

    def _shown(self, key: Any, of_periods: list[Cell]) -> list[Row]:
        place, start = key
        row: Row = {}
        if self.request.by_place:
            row["store"] = place[0]
        row |= {"zone": place[1]} if len(place) > 1 else {}
        row |= {"region": place[0]} if self.request.by == "region" else {}
        if self.request.is_profile:
            row["occurrences"] = len(of_periods[0].occurrences)
            row |= {self.request.granularity: start}
        else:
            row |= {"start": start.isoformat(), "end": labels.end_of(start, of_periods[0].ends).isoformat()}
        if self.request.measure != Measure.PATHS:
            return [{**row, **self.figures(of_periods)}]
        return [
            {**row, "from_zone": pair[0], "to_zone": pair[1], **self._path(pair, of_periods)}
            for pair in sorted(of_periods[0].pairs, key=lambda pair: [(code is not None, code or "") for code in pair])
        ]

    def figures(self, of_periods: list[Cell]) -> Row:
        exact = [self._exact(cell) for cell in of_periods]
        row = self._rounded(exact[0], of_periods[0])
        if self.spec.peaks and not self.request.by_place:
            row["peak_store"] = of_periods[0].peak_store
        row["coverage"] = _coverage(of_periods[0])
        if len(of_periods) > 1:
            row["previous"] = {**self._rounded(exact[1], of_periods[1]), "coverage": _coverage(of_periods[1])}
            row["change"] = {
                name: figures.share(figures.change(exact[0][name], exact[1][name]))
                for name in exact[0]
                if name != "peak_at"
            }
        return row

    def _exact(self, cell: Cell) -> Row:
        exact: Row = {column.name: column.of(cell.totals) for column in self.spec.columns}
        if self.request.is_profile:
            for column in self.spec.columns:
                if column.additive and exact[column.name] is not None:
                    exact[column.name] = exact[column.name] / len(cell.occurrences)
        return exact

    def _rounded(self, exact: Row, cell: Cell) -> Row:
        row: Row = {}
        for column in self.spec.columns:
            rounding = figures.people if column.additive and self.request.is_profile else column.rounding
            row[column.name] = rounding(exact[column.name])
            if column.name == "peak_at" and row["peak_at"] is not None:
                row["peak_at"] = self._store(cell.peak_store).local(row["peak_at"]).isoformat()
        return row

    def _store(self, code: str | None) -> Store:
        return next(store for store in self.stores if store.code == code)

    def _path(self, pair: Any, of_periods: list[Cell]) -> Row:
        counts = [self._count(cell, pair) for cell in of_periods]
        shares = [figures.path_shares(cell.pairs).get(pair) for cell in of_periods]
        shown = [
            {
                "count": figures.people(count) if self.request.is_profile else count,
                "share": figures.share(share),
                "coverage": _coverage(cell),
            }
            for count, share, cell in zip(counts, shares, of_periods, strict=True)
        ]
        row: Row = {**shown[0]}
        if len(of_periods) > 1:
            row |= {"previous": shown[1]}
            row["change"] = {
                "count": figures.share(figures.change(counts[0], counts[1])),
                "share": figures.share(figures.change(shares[0], shares[1])),
            }
        return row

    def _count(self, cell: Cell, pair: Any) -> float | None:
        count = cell.pairs.get(pair)
        if count is None or not self.request.is_profile:
            return count
        return count / len(cell.occurrences) if cell.occurrences else None


def _coverage(cell: Cell) -> float | None:
    return figures.share(figures.coverage(cell.covered_us, cell.expected_us))
