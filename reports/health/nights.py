"""Whether stores' occupancy returns to zero: the fewest people that were in a store while it was closed.

Counters that miss who leaves drift upwards; what is left of a day stays overnight. Where a store is closed for a part of
its day, there should be a moment of that part at which nobody is in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from ingest.models import Measure
from reports import replicas
from reports.expected import Expectation
from reports.health.coverage import Known
from reports.measures import SPECS
from reports.queries import placed
from reports.queries.scope import Scope
from reports.queries.windows import Period
from reports.request import HealthRequest

_STATEMENT = (Path(__file__).parent.parent / "sql" / "nights.sql").read_text()


class Night(NamedTuple):
    """The closed hours of a store's day: the fewest people in them, and how much of them is known."""

    lowest: int | None
    known: Known


def nights(request: HealthRequest, scope: Scope, now: datetime) -> Mapping[tuple[int, int], Night]:
    """By store and local day; a day without closed hours isn't there."""
    lowest = _lowest(request, scope)
    asked = request.of(Measure.OCCUPANCY)
    period = Period.asked(asked, {store.trading.zone for store in scope.stores})
    lines = placed.lines_of(scope, by_zone=False)
    spec = SPECS[Measure.OCCUPANCY]
    both = (placed.slots(lines, [(period, {})], Expectation(spec, is_open, now)) for is_open in (False, True))
    found = {}
    for always, trading in zip(*both, strict=True):
        day = always.place, request.start.toordinal() + always.key
        closed_us = always.expected[0] - trading.expected[0]
        if closed_us:
            people, covered_us = lowest.get(day, (None, 0))
            found[day] = Night(people, Known(min(covered_us, closed_us), closed_us))
    return found


def _lowest(request: HealthRequest, scope: Scope) -> dict[tuple[int, int], tuple[int | None, int]]:
    with replicas.cursor() as cursor:
        cursor.execute(_STATEMENT, {"start": request.start, "end": request.end, "store_ids": scope.store_ids})
        return {(pk, day.toordinal()): (lowest, covered_us) for pk, day, lowest, covered_us in cursor.fetchall()}
