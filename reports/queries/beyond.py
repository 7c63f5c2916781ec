"""What samples cover beyond this moment: the last ones hold a little on, and that covers nothing that is expected yet."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import timedelta

from reports.calendar import QUARTER, quarter_number, quarter_start
from reports.cuts import Cut
from reports.expected import Life
from reports.queries.cells import Cells, Source
from reports.queries.scope import ScopedStore
from reports.queries.slots import profile_key
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
        key = _key(period, period.cuts[zone], quarter)
        excess = covered_us - (_expected(source, store, place, running) if quarter == running else 0)
        if (
            key is None or excess <= 0 or not _is_there(store.life, quarter)
        ):  # what lies outside of it is left out already
            continue
        for at in [place] if source.members is None else source.members.of_stores[store.pk]:
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
    lives = source.scope.expected.get(store.pk, [])
    if source.scope.zones is not None:
        lives = [(zone.life, 1) for zone in source.scope.zones if zone.pk == place]
    return so_far * sum(count for life, count in lives if _is_there(life.within(store.life), running))


def _is_there(life: Life, quarter: int) -> bool:
    return (life.since is None or life.since <= quarter) and (life.until is None or quarter < life.until)


def _key(period: Period, found: Cut, quarter: int) -> int | None:
    """The key of the bucket that a quarter lies in; None outside of the window."""
    place = bisect_right(found.starts, quarter) - 1
    if place < 0 or quarter >= found.edges[place][1]:
        return None
    if period.request.is_profile:
        return profile_key(period.request, found.by_the_clock[place][0])
    return period.keys(found.zone)[place]
