"""What zones tell from before they appeared or after they were retired: it's in the figures, and covers nothing expected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reports.calendar import quarter_number, quarter_start
from reports.expected import Life
from reports.queries.cells import Cells, Source
from reports.queries.scope import ScopedStore
from reports.queries.slots import key_of_quarter
from reports.queries.statements import KEY_OF_START, Piece, Read, fetch
from reports.queries.windows import Period


class _Changing(NamedTuple):
    """A zone that appears or is retired within the window."""

    pk: int
    store: ScopedStore
    life: Life


def leave_out(cells: Cells, period: Period, source: Source) -> None:
    """Take from the cells what zones cover outside of their lives. What stores cover outside of theirs is left out already."""
    edges = [(found.start, found.end) for found in period.cuts.values()]
    changing = list(_changing(source, min(a for a, _ in edges), max(b for _, b in edges))) if edges else []
    if not changing:
        return
    by_pk = {zone.pk: zone for zone in changing}
    for pk, quarter, covered_us in _outside(source, changing, edges):
        store = by_pk[pk].store
        clock = store.trading.zone
        key = key_of_quarter(period, period.cuts[clock], quarter)
        if key is None or not store.life.holds(quarter):
            continue
        places = [pk if period.request.by == "zone" else store.pk]
        for place in places if source.members is None else source.members.of_stores[store.pk]:
            cell = cells.get((place, clock if period.by_clock else None), {}).get(key)
            if cell is not None:
                cell.covered_us -= covered_us


def _changing(source: Source, first: int, last: int) -> Iterator[_Changing]:
    scope = source.scope
    if scope.zones is not None:
        found = [_Changing(zone.pk, zone.store, zone.life) for zone in scope.zones]
    else:  # of occupancy and paths there are none: a store's are known by themselves, not by its zones'
        stores = {store.pk: store for store in scope.stores}
        found = [
            _Changing(zone.pk, stores[zone.store_id], zone.life) for zone in scope.changing if zone.store_id in stores
        ]
    for zone in found:
        since, until = zone.life
        if (since is not None and since > first) or (until is not None and until < last):
            yield zone


def _outside(
    source: Source, changing: Sequence[_Changing], edges: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int, int]]:
    """What these zones cover outside of their lives, up to the running quarter: zone, quarter, microseconds."""
    running = quarter_number(source.expectation.now)
    first, last = min(a for a, _ in edges), min(running, max(b for _, b in edges))
    if first >= last:
        return
    lives = ", ".join(
        f"({zone.pk}, {_edge(zone.life.since, first)}, {_edge(zone.life.until, last)})" for zone in changing
    )
    read = Read(
        source.spec,
        source.expectation.only_open,
        "zone",
        [Piece("quarter", "start", quarter_start(first), quarter_start(last))],
        key=KEY_OF_START,
        joins=f"JOIN (VALUES {lives}) AS life (pk, since, until) ON life.pk = rollup.zone_id",
        condition="NOT (rollup.start >= to_timestamp(since * 900) AND rollup.start < to_timestamp(until * 900))",
        store_ids=sorted({zone.store.pk for zone in changing}),
        zone_ids=[zone.pk for zone in changing],
    )
    covered = 2 + list(source.spec.fields).index(source.spec.covered)
    for row in fetch(read):
        yield row[0], row[1], int(row[covered]) * source.spec.covered_unit_us


def _edge(number: int | None, otherwise: int) -> int:
    return otherwise if number is None else number
