"""The report on the data itself, some stores at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import reduce
from operator import add
from typing import Any

from ingest.models import Measure
from reports import health
from reports.formats import Row, Table
from reports.health import HealthReport
from reports.large.slicewise import InSlices
from reports.queries import ROW_LIMIT, scope
from reports.request import HealthRequest
from sites_app.access import Principal


class LargeHealth(InSlices[HealthRequest]):
    """Data health over all that its reader sees by now. Raises ``TooLarge``."""

    def __init__(
        self, request: HealthRequest, principal: Principal, now: datetime, *, slice_rows: int = ROW_LIMIT
    ) -> None:
        stores = scope.load(request.of(Measure.FOOTFALL), principal).stores
        days = (request.end - request.start).days
        at_once = max(1, slice_rows // days)
        codes = [store.code for store in stores]
        parts = [tuple(codes[first : first + at_once]) for first in range(0, len(codes), at_once)]
        # Without any store there is nothing to name them by: the request's own filters leave nothing.
        self._parts = [replace(request, stores=part, order="", limit=None) for part in parts] or [request]
        super().__init__(request, principal, now, [store.pk for store in stores], len(codes) * days, slice_rows)

    def table(self, on_progress: Callable[[float], None]) -> Table:
        """The table, whose rows can be passed through once; ``on_progress`` is told which share of it is done."""
        first = self._run(self._parts[0])
        totals = first.totals if len(self._parts) == 1 else self._totals()
        frame = health.table_of(replace(first, request=self._request, totals=totals))
        rows = self._watched(self._rows(first), on_progress)
        return replace(frame, rows=self._ordered(rows, first.columns))

    def _run(self, request: HealthRequest) -> HealthReport:
        return health.run(request, self._principal, now=self._now, row_limit=None)

    def _totals(self) -> Mapping[str, Any]:
        sums = (health.sums(part, self._principal, now=self._now) for part in self._parts)
        return reduce(add, sums).totals()

    def _rows(self, first: HealthReport) -> Iterator[Row]:
        yield from first.rows
        for part in self._parts[1:]:
            yield from self._run(part).rows
