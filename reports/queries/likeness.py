"""Like for like: only stores that were open in both periods, and of which enough is known in both."""

from __future__ import annotations

from dataclasses import replace

from reports.comparing import shift_of
from reports.expected import Expectation
from reports.queries import placed
from reports.queries.reading import Reader
from reports.queries.scope import Scope
from reports.queries.slots import raster_of
from reports.queries.windows import Period
from reports.request import ReportRequest

COVERED = 0.8
"""The share of the expected time that must be known."""


def comparable_stores(request: ReportRequest, scope: Scope, expectation: Expectation) -> set[int]:
    """The stores that were there all through both periods, and are covered well enough in each."""
    request = replace(request, by="store", granularity="total", zones=())
    whole = scope.whole_stores(request)
    shift = shift_of(request)
    assert shift is not None
    now = Period.asked(request, {store.trading.zone for store in whole.stores})
    kept = {store.pk for store in whole.stores}
    for period in (now, now.before(shift)):
        cells = Reader(expectation.spec, whole, expectation).read(period)
        rasters = {zone: raster_of(period, zone) for zone in period.cuts}
        for line in placed.lines_of(whole, by_zone=False):
            for cell, expected in placed.found_of(line, period, cells, rasters[line.zone], expectation):
                covered = min(cell.covered_us, expected) if cell else 0
                cut = rasters[line.zone].cut
                since, until = line.store.life
                open_throughout = (since is None or since <= cut.start) and (until is None or until >= cut.end)
                if not expected or covered < COVERED * expected or not open_throughout:
                    kept.discard(line.place)
    return kept
