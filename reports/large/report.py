"""A large report, made slice by slice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from reports import queries
from reports.formats import Row, Table
from reports.large.slicewise import InSlices
from reports.queries import ROW_LIMIT, Report, scope
from reports.request import ReportRequest
from reports.slices import slices
from reports.tables import table_of
from sites_app.access import Principal


class LargeReport(InSlices[ReportRequest]):
    """A report over all that its reader sees by now. Raises ``TooLarge`` or ``Uncuttable``."""

    def __init__(
        self, request: ReportRequest, principal: Principal, now: datetime, *, slice_rows: int = ROW_LIMIT
    ) -> None:
        of = scope.load(request, principal)
        self._slices = slices(request, of, most=slice_rows)
        expected = sum(part.rows for part in self._slices)
        super().__init__(request, principal, now, [store.pk for store in of.stores], expected, slice_rows)

    def table(self, on_progress: Callable[[float], None]) -> Table:
        """The table, whose rows can be passed through once; ``on_progress`` is told which share of it is done."""
        first = self._run(self._slices[0].request)
        totals = first.totals if len(self._slices) == 1 else self._totals()
        frame = table_of(replace(first, request=self._request, totals=totals))
        rows = self._watched(self._rows(first), on_progress)
        return replace(frame, rows=self._ordered(rows, first.columns))

    def _run(self, request: ReportRequest) -> Report:
        return queries.run(request, self._principal, now=self._now, row_limit=None)

    def _totals(self) -> Any:
        """The totals of the whole: they are those of one row over the whole window."""
        by = self._request.by if self._request.by == "zone" else "chain"
        return self._run(replace(self._request, granularity="total", by=by, order="", limit=None)).totals

    def _rows(self, first: Report) -> Iterator[Row]:
        """The rows of one slice after the other, each made when it's its turn."""
        yield from first.rows
        for part in self._slices[1:]:
            yield from self._run(part.request).rows
