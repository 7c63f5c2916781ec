"""Reports of any size as one table, made slice by slice: never more of it in memory than one slice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from reports import queries
from reports.formats import Row, Table
from reports.queries import ROW_LIMIT, Report, ReportColumn, scope
from reports.queries.ordering import ordered
from reports.request import ReportRequest
from reports.slices import slices
from reports.tables import table_of
from sites_app.access import Principal

MAX_ROWS = 20_000_000
_BATCH = 5_000


class TooLarge(Exception):
    """The report is beyond what can be made of it. Its message says what to ask for instead."""


class LargeReport:
    """A report over all that its reader sees by now. Raises ``TooLarge`` or ``Uncuttable``."""

    def __init__(
        self, request: ReportRequest, principal: Principal, now: datetime, *, slice_rows: int = ROW_LIMIT
    ) -> None:
        self._request, self._principal, self._now = request, principal, now
        of = scope.load(request, principal)
        self.store_ids = [store.pk for store in of.stores]
        self._slices = slices(request, of, most=slice_rows)
        self._expected = sum(part.rows for part in self._slices)
        self.rows_done = 0
        if self._expected > MAX_ROWS:
            raise TooLarge(f"The export would have about {self._expected:,} rows; at most {MAX_ROWS:,} fit into one.")
        if request.order and request.limit is None and self._expected > slice_rows:
            raise TooLarge(
                "So many rows can be ordered only where 'limit' says how many are wanted, "
                f"at most {ROW_LIMIT:,}. Without 'order' they come by store and time."
            )

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

    def _ordered(self, rows: Iterator[Row], columns: Sequence[ReportColumn]) -> Iterable[Row]:
        """As the request has it: of a league table never more in memory than it shows, and what may yet go before."""
        if not self._request.order:
            return self._counted(islice(rows, self._request.limit))
        best: list[Row] = []
        while batch := list(islice(rows, _BATCH)):
            best = list(ordered(self._request, columns, [*best, *batch]))
        return self._counted(best)

    def _watched(self, rows: Iterable[Row], on_progress: Callable[[float], None]) -> Iterator[Row]:
        """The rows; from time to time it's told how far they have come."""
        for number, row in enumerate(rows, start=1):
            yield row
            if number % _BATCH == 0:
                on_progress(min(0.99, number / max(1, self._expected)))
        on_progress(1.0)

    def _counted(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            self.rows_done += 1
            yield row
