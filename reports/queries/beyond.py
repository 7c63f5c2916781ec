"""What samples cover beyond this moment: the last ones hold a little on, and that covers nothing that is expected yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from reports.calendar import QUARTER, quarter_number, quarter_start
from reports.queries.cells import Cells, Source
from reports.queries.scope import ScopedStore
from reports.queries.slots import key_of_quarter
from reports.queries.statements import KEY_OF_START, Piece, Read, fetch
from reports.queries.windows import Period

_LONGEST_HOLD = timedelta(hours=3)
"""Three times the longest poll interval."""
_MICROSECOND = timedelta(microseconds=1)


def leave_out(cells: Cells, period: Period, source: Source) -> None:
    """Take from the cells of the running buckets what they cover beyond this moment."""
    running = quarter_number(source.expectation.now)
    if source.spec.covered_unit_us != 1 or not any(c.start <= running < c.end for c in period.cuts.values()):
        return
    for store, place, quarter, covered_us in _running(source, running):
        zone = store.trading.zone
        key = key_of_quarter(period, period.cuts[zone], quarter)
        excess = covered_us - (_expected(source, store, place, running) if quarter == running else 0)
        if key is None or excess <= 0 or not store.life.holds(quarter):  # what lies outside of it is left out already
            continue
        places = [place if period.request.by == "zone" else store.pk]
        for at in places if source.members is None else source.members.of_stores[store.pk]:
            cell = cells.get((at, zone if period.by_clock else None), {}).get(key)
            if cell is not None:
                cell.covered_us -= excess


def _running(source: Source, running: int) -> Iterator[tuple[ScopedStore, int, int, int]]:
    """What is covered in the running quarter and those after it: by store and zone, or store as a whole."""
    first = quarter_start(running)
    read = Read(
        source.spec,
        source.expectation.only_open,
        "store" if source.scope.zones is None else "zone",
        [Piece("quarter", "start", first, first + _LONGEST_HOLD + QUARTER)],
        key=KEY_OF_START,
        store_ids=source.scope.store_ids,
        zone_ids=source.scope.zone_ids,
    )
    covered = 2 + list(source.spec.fields).index(source.spec.covered)
    owners = {store.pk: store for store in source.scope.stores}
    if source.scope.zones is not None:
        owners = {zone.pk: zone.store for zone in source.scope.zones}
    for row in fetch(read):
        if row[0] in owners:
            yield owners[row[0]], row[0], row[1], int(row[covered])


def _expected(source: Source, store: ScopedStore, place: int, running: int) -> int:
    """Expected of the running quarter so far."""
    if source.expectation.only_open and not store.trading.is_open(running):
        return 0
    so_far = (source.expectation.now - quarter_start(running)) // _MICROSECOND
    lives = store.expected
    if source.scope.zones is not None:
        lives = tuple((zone.life, 1) for zone in source.scope.zones if zone.pk == place)
    return so_far * sum(count for life, count in lives if life.holds(running))
