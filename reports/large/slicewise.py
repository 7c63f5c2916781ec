"""What reports of any size have in common: who sees what, how many rows they may have, and their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Generic, TypeVar

from reports.formats import Row
from reports.queries import ROW_LIMIT, ReportColumn
from reports.queries.ordering import ordered
from reports.request import HealthRequest, ReportRequest
from sites_app.access import Principal

MAX_ROWS = 20_000_000
_BATCH = 5_000
Asked = TypeVar("Asked", bound=ReportRequest | HealthRequest)


class TooLarge(Exception):
    """The report is beyond what can be made of it. Its message says what to ask for instead."""


class InSlices(Generic[Asked]):
    """A report over all that its reader sees by now, of about so many rows. Raises ``TooLarge``."""

    def __init__(
        self,
        request: Asked,
        principal: Principal,
        now: datetime,
        store_ids: list[int],
        expected: int,
        slice_rows: int,
    ) -> None:
        self._request, self._principal, self._now = request, principal, now
        self.store_ids = store_ids
        self._expected = expected
        self.rows_done = 0
        if expected > MAX_ROWS:
            raise TooLarge(f"The export would have about {expected:,} rows; at most {MAX_ROWS:,} fit into one.")
        if request.order and request.limit is None and expected > slice_rows:
            raise TooLarge(
                "So many rows can be ordered only where 'limit' says how many are wanted, "
                f"at most {ROW_LIMIT:,}. Without 'order' they come by store and time."
            )

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
