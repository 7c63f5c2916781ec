"""Reading a period: which rollups, by which keys, and what of them covers nothing that is expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from reports.calendar import quarter_start
from reports.cuts import Cut
from reports.expected import EVER
from reports.measures import exact
from reports.queries import beyond, outside
from reports.queries.cells import Cell, Cells, Source
from reports.queries.scope import ScopedStore
from reports.queries.statements import Piece, Read, fetch
from reports.queries.windows import (
    Period,
    condition_of_days,
    key_of_days,
    occurrence_of,
    pieces_of_days,
    pieces_of_instants,
    start_bounds,
)

_FEW = 200
"""So many stores are looked up each by the primary key; more are found faster by the local time of all."""


@dataclass(frozen=True, slots=True)
class Reader(Source):
    """Reads a report's periods."""

    def read(self, period: Period) -> Cells:
        """The cells of a period."""
        cells: Cells = {}
        for clock, stores, read in self.reads(period):
            self._take(cells, fetch(read), clock, counted=bool(read.occurrence))
            if read.owner != "region":
                self._leave_out(cells, period, read, stores, clock)
            else:
                by_store = self._read_of_stores(read, self.scope.stores)
                self._leave_out(cells, period, by_store, self.scope.stores, clock)
        outside.leave_out(cells, period, self)
        beyond.leave_out(cells, period, self)
        return cells

    def reads(self, period: Period) -> list[tuple[ZoneInfo | None, Sequence[ScopedStore], Read]]:
        """What is read of a period: of which clock (None: all) and stores."""
        if not self.scope.stores or (self.scope.zones is not None and not self.scope.zones):
            return []
        base = Read(
            self.spec,
            self.expectation.only_open,
            "zone" if period.request.by == "zone" else "store",
            (),
            occurrence=occurrence_of(period.request),
            store_ids=self.scope.store_ids,
            zone_ids=self.scope.zone_ids,
        )
        if not period.request.of_instants:
            return [(None, self.scope.stores, self._of_days(period, base))]
        if period.request.is_profile:
            return [(None, self.scope.stores, self._of_all_clocks(period, base))]
        reads: list[tuple[ZoneInfo | None, Sequence[ScopedStore], Read]] = []
        for zone, found in period.cuts.items():
            stores = [store for store in self.scope.stores if store.trading.zone == zone]
            reads.append((zone, stores, self._of_instants(period, found, base, stores)))
        return reads

    def _of_days(self, period: Period, base: Read) -> Read:
        read = replace(
            base, pieces=pieces_of_days(period), key=key_of_days(period), condition=condition_of_days(period)
        )
        if self.members is not None and self.members.of_regions is not None:
            # Of regions there are no months.
            read = replace(read, owner="region", pieces=pieces_of_days(period, months=False))
            if self.scope.everything and period.request.by == "chain":  # nothing is in the table that isn't in the row
                return replace(read, as_one=True)
            return replace(read, members=list(self.members.of_regions))
        if read.store_ids is not None and len(read.store_ids) <= _FEW:
            first, last = start_bounds(period)
            near = f"start >= '{first.isoformat()}' AND start < '{last.isoformat()}'"
            read = replace(read, condition=f"{read.condition} AND {near}" if read.condition else near)
        return self._read_of_stores(read, self.scope.stores)

    def _of_all_clocks(self, period: Period, base: Read) -> Read:
        """A profile's hours and days are the same for all clocks, and what occurred on any of them occurred once."""
        pieces: list[Piece] = []
        for zone, found in period.cuts.items():
            store_ids = [store.pk for store in self.scope.stores if store.trading.zone == zone]
            pieces += [replace(piece, store_ids=store_ids) for piece in pieces_of_instants(found)]
        return self._read_of_stores(replace(base, pieces=pieces, key=key_of_days(period)), self.scope.stores)

    def _of_instants(self, period: Period, found: Cut, base: Read, stores: Sequence[ScopedStore]) -> Read:
        read = replace(base, pieces=pieces_of_instants(found), store_ids=[store.pk for store in stores])
        if found.bucket != "total":
            thresholds = f"ARRAY[{', '.join(map(str, found.starts))}]"
            read = replace(read, key=f"width_bucket(floor(date_part('epoch', start) / 900)::int, {thresholds}) - 1")
        return self._read_of_stores(read, stores)

    def _read_of_stores(self, read: Read, stores: Sequence[ScopedStore]) -> Read:
        """Of stores, merged by the places that they count in, where that isn't each its own."""
        if self.members is None:
            return read
        pairs = self.members.pairs(stores)
        one = {place for place, _ in pairs} == {0}
        return replace(read, owner="store", members=None if one else pairs, as_one=one)

    def _take(self, cells: Cells, rows: Sequence[tuple[Any, ...]], clock: ZoneInfo | None, *, counted: bool) -> None:
        spec = self.spec
        first = 3 if counted else 2
        make, unit, covered = spec.totals._make, spec.covered_unit_us, spec.fields.index(spec.covered)
        for row in rows:
            totals = make(exact(row[first:-1]))
            cell = Cell(totals, totals[covered] * unit, row[-1], row[2] if counted else 0)
            at = row[0], clock
            if at in cells:
                cells[at][row[1]] = cell
            else:
                cells[at] = {row[1]: cell}

    def _leave_out(
        self, cells: Cells, period: Period, read: Read, stores: Sequence[ScopedStore], clock: ZoneInfo | None
    ) -> None:
        """What is known of a store outside of its life covers nothing that is expected."""
        partly = [s for s in stores if s.life != EVER and _outlives(s, period.cuts[s.trading.zone])]
        if partly:
            lives = [
                f"({store.pk}, {_edge(store.life.since, '-infinity')}, {_edge(store.life.until, 'infinity')})"
                for store in partly
            ]
            outside = (
                f"EXISTS (SELECT FROM (VALUES {', '.join(lives)}) AS life (store_id, since, until) "
                "WHERE life.store_id = rollup.store_id AND NOT (rollup.start >= since AND rollup.start < until))"
            )
            condition = f"{read.condition} AND {outside}" if read.condition else outside
            # A store opens and closes within months, which are days here.
            pieces = read.pieces if period.request.of_instants else pieces_of_days(period, months=False)
            again = self._read_of_stores(replace(read, pieces=pieces, condition=condition), partly)
            self._subtract(cells, fetch(replace(again, store_ids=[store.pk for store in partly])), clock, read)

    def _subtract(self, cells: Cells, rows: Sequence[tuple[Any, ...]], clock: ZoneInfo | None, read: Read) -> None:
        without: Cells = {}
        self._take(without, rows, clock, counted=bool(read.occurrence))
        for place, keys in without.items():
            for key, cell in keys.items():
                cells[place][key].covered_us -= cell.covered_us


def _outlives(store: ScopedStore, found: Cut) -> bool:
    """Whether a window reaches beyond a store's life."""
    since, until = store.life
    return (since is not None and since > found.start) or (until is not None and until < found.end)


def _edge(number: int | None, otherwise: str) -> str:
    return f"timestamptz '{otherwise if number is None else quarter_start(number).isoformat()}'"
