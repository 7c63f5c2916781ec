"""How much of a day is known of each stream: the same as the ``coverage`` of the streams' own reports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from ingest.models import Measure
from reports.expected import Expectation
from reports.measures import SPECS
from reports.queries import placed, scope
from reports.queries.reading import Reader
from reports.queries.scope import Scope
from reports.queries.windows import Period
from reports.request import HealthRequest
from sites_app.access import Principal

STREAMS = (Measure.OCCUPANCY, Measure.QUEUES, Measure.FOOTFALL, Measure.DWELL, Measure.PATHS)


class Known(NamedTuple):
    """How much is known of what is expected, in microseconds. Where nothing is expected, there is no share."""

    covered_us: int = 0
    expected_us: int = 0

    def __add__(self, other: Known) -> Known:  # type: ignore[override]
        return Known(self.covered_us + other.covered_us, self.expected_us + other.expected_us)


Coverage = Mapping[tuple[int, int], Known]
"""By store and local day."""


def of_stream(request: HealthRequest, principal: Principal, measure: Measure, now: datetime) -> tuple[Scope, Coverage]:
    """The stores, and what is known of one stream of theirs on each day."""
    asked = request.of(measure)
    of = scope.load(asked, principal)
    expectation = Expectation(SPECS[measure], asked.only_open, now)
    period = Period.asked(asked, {store.trading.zone for store in of.stores})
    cells = Reader(SPECS[measure], of, expectation).read(period)
    found = {}
    for slot in placed.slots(placed.lines_of(of, by_zone=False), [(period, cells)], expectation):
        cell, expected = slot.known[0], slot.expected[0]
        covered = min(cell.covered_us, expected) if cell else 0
        found[slot.place, request.start.toordinal() + slot.key] = Known(covered, expected)
    return of, found
