"""Reports of any size as one table, made slice by slice: never more of it in memory than one slice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from reports import queries
from reports.formats import Row, Table
from reports.queries import Report
from reports.request import ReportRequest
from reports.slices import SLICE_ROWS, Slice, slices
from reports.tables import table_of
from sites_app.access import Principal

MAX_ROWS = 20_000_000


class TooLarge(Exception):
    """The report is beyond what can be made of it. Its message says what to ask for instead."""


class LargeReport:
    """A report over all that its reader sees at ``now``. Raises ``TooLarge``."""

    def __init__(
        self, request: ReportRequest, principal: Principal, now: datetime, *, slice_rows: int = SLICE_ROWS
    ) -> None:
        self._request, self._principal, self._now = request, principal, now
        stores = queries.stores_of(request, principal)
        self.store_ids = [store.pk for store in stores]
        self._slices = slices(request, stores, most=slice_rows) or [Slice(request, 0)]
        self.rows_done = 0
        self._check(sum(part.rows for part in self._slices))

    def _check(self, rows: int) -> None:
        if rows > MAX_ROWS:
            raise TooLarge(f"The export would have about {rows:,} rows; at most {MAX_ROWS:,} fit into one.")
        if self._request.order and self._request.limit is None and len(self._slices) > 1:
            raise TooLarge(
                "So many rows can be ordered only where 'limit' says how many are wanted, "
                f"at most {queries.ROW_LIMIT:,}. Without 'order' they come by store and time."
            )

    def table(self, on_slice: Callable[[float], None]) -> Table:
        """The table, whose rows can be passed through once; ``on_slice`` is told which share of it is done."""
        first = self._run(self._slices[0].request)
        totals = first.totals if len(self._slices) == 1 else self._totals()
        shown = replace(first, request=self._request, totals=totals)
        frame = table_of(shown)
        return replace(frame, rows=self._counted(self._rows(first, frame, on_slice)))

    def _run(self, request: ReportRequest) -> Report:
        return queries.run(request, self._principal, now=self._now)

    def _totals(self) -> Any:
        """The totals of the whole: of the facts, so they are those of one row over the whole window."""
        by = self._request.by if self._request.by == "zone" else "chain"
        return self._run(replace(self._request, granularity="total", by=by, order="", limit=None)).totals

    def _rows(self, first: Report, frame: Table, on_slice: Callable[[float], None]) -> Iterable[Row]:
        parts = self._parts(first, on_slice)
        if not self._request.order:
            rows = (row for part in parts for row in part)
            return rows if self._request.limit is None else _first(rows, self._request.limit)
        name, descending = self._request.order.removeprefix("-"), self._request.order.startswith("-")
        place = [column.flat_name for column in frame.columns].index(name)
        best: list[Row] = []
        for part in parts:
            best = _ordered([*best, *part], place, descending=descending)[: self._request.limit]
        return best

    def _parts(self, first: Report, on_slice: Callable[[float], None]) -> Iterator[Iterable[Row]]:
        """Each slice's rows, made when they are asked for."""
        for number, part in enumerate(self._slices):
            yield table_of(first if number == 0 else self._run(part.request)).rows
            on_slice((number + 1) / len(self._slices))

    def _counted(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            self.rows_done += 1
            yield row


def _first(rows: Iterable[Row], limit: int) -> Iterator[Row]:
    for _, row in zip(range(limit), rows, strict=False):
        yield row


def _ordered(rows: Sequence[Row], place: int, *, descending: bool) -> list[Row]:
    """Rows by one of their cells; nulls come last either way."""
    known = sorted((row for row in rows if row[place] is not None), key=lambda row: row[place], reverse=descending)
    return [*known, *(row for row in rows if row[place] is None)]
