"""Quarter after quarter added up, with what is expected of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest.models import Measure
from reports.calendar import QUARTER, Bucket, Window, day_start
from reports.request import ReportRequest
from sites_app.models import Store, Zone
from tests.reports.verifying import clocks
from tests.reports.verifying.cells import Cell, Part, Unit
from tests.reports.verifying.known import Known
from tests.reports.verifying.periods import Periods

_HOUR = timedelta(hours=1)
_MICROSECOND = timedelta(microseconds=1)
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2300, 1, 1, tzinfo=UTC)


class Adding(Periods):
    """Adds up what a report is of; like for like it leaves out stores that weren't there, or weren't known, in both periods."""

    def __init__(self, known: Known, request: ReportRequest) -> None:
        super().__init__(known, request)
        if request.like_for_like:
            self.stores = [store for store in self.stores if self._is_like(store)]

    def _add(self, cell: Cell, unit: Unit, bucket: Bucket) -> bool:
        """Add a unit's bucket to a cell; whether anything is known of it."""
        part = self._part(unit, bucket)
        for path, count in part.pairs.items():
            cell.pairs[path] += count
        cell.expected_us += part.expected_us
        cell.covered_us += min(part.covered_us, part.expected_us)
        if part.totals is not None:
            before = cell.totals
            cell.totals = before + part.totals
            peak = getattr(part.totals, "peak", None)
            if peak is not None and _peak(cell.totals) == _peak(part.totals) != _peak(before):
                cell.peak_store = unit.store.code
        return part.totals is not None

    def _part(self, unit: Unit, bucket: Bucket) -> Part:
        """All that a bucket of a unit holds. Hours and days are added up once, and remembered for all reports."""
        remembered = None if self.request.zones else self.known.parts(self.request, unit)
        if remembered is None or bucket.end - bucket.start <= QUARTER:
            return self._of_quarters(unit, bucket)
        found = remembered.get(bucket)
        if found is None:
            days = clocks.buckets(bucket, "day", unit.store.zone_info)
            if len(days) > 1:
                return sum((self._part(unit, day) for day in days), Part())
            found = remembered[bucket] = self._of_quarters(unit, bucket)
        return found

    def _of_quarters(self, unit: Unit, bucket: Bucket) -> Part:
        part = Part()
        life = self._life(unit.store)
        quarter = bucket.start
        while quarter < bucket.end:
            if self.request.hours == "all" or self.known.is_open(unit.store, quarter):
                known = unit.known.get(quarter)
                is_expected = life.start <= quarter < min(life.end, self.known.chain.now)
                if known is not None:
                    part.totals = known if part.totals is None else part.totals + known
                if is_expected:
                    of_quarter = sum(self._expected_us(quarter, zone) for zone in unit.zones)
                    part.expected_us += of_quarter
                    of_known = self._covered_us(unit, quarter, known)
                    # Samples hold on beyond this moment.
                    is_running = quarter + QUARTER > self.known.chain.now
                    part.covered_us += min(of_known, of_quarter) if is_running else of_known
                if self.request.measure == Measure.PATHS:
                    for (start, end), count in self.known.pairs_of(unit.store, quarter).items():
                        if self._path_is_asked(unit.store, start, end):
                            part.pairs[self._pair(unit.store, start, end)] += count
            quarter += QUARTER
        return part

    def _covered_us(self, unit: Unit, quarter: datetime, known: Any) -> int:
        """What is known of those zones alone of which anything is expected."""
        if None in unit.zones or not unit.zones or self.request.measure == Measure.PATHS:
            return self.spec.covered_us(known) if known is not None else 0
        there = [zone for zone in unit.zones if zone is not None and self._is_there(quarter, zone)]
        totals = (self.known.of_zone(self.request.measure, zone).get(quarter) for zone in there)
        return sum(self.spec.covered_us(of_zone) for of_zone in totals if of_zone is not None)

    def _life(self, store: Store) -> Window:
        zone = store.zone_info
        start = day_start(store.opened_on, zone) if store.opened_on else _EARLIEST
        end = day_start(store.closed_on + timedelta(days=1), zone) if store.closed_on else _LATEST
        return Window(start, end)

    def _expected_us(self, quarter: datetime, zone: Zone | None) -> int:
        if zone is not None and not self._is_there(quarter, zone):
            return 0
        now = self.known.chain.now
        if self.request.measure in (Measure.OCCUPANCY, Measure.QUEUES):
            return (min(quarter + QUARTER, now) - quarter) // _MICROSECOND
        if self.request.measure == Measure.FOOTFALL:
            return QUARTER // _MICROSECOND if quarter + QUARTER <= now else 0
        return _HOUR // _MICROSECOND if quarter.minute == 0 and quarter + _HOUR <= now else 0

    def _is_there(self, quarter: datetime, zone: Zone) -> bool:
        return (zone.appeared_at is None or quarter >= zone.appeared_at) and (
            zone.retired_at is None or quarter < zone.retired_at
        )

    def _path_is_asked(self, store: Store, start: int, end: int) -> bool:
        names = {f"{store.code}/{self.known.code_of(zone)}" for zone in (start, end) if zone}
        return not self.request.zones or bool(names & set(self.request.zones))

    def _pair(self, store: Store, start: int, end: int) -> tuple[str | None, str | None]:
        codes = [self.known.code_of(zone) for zone in (start, end)]
        if self.request.by_place:
            codes = [code and f"{store.code}/{code}" for code in codes]
        return codes[0], codes[1]

    def _is_like(self, store: Store) -> bool:
        life = self._life(store)
        unit = Unit(
            store, (store.code,), self.known.of_store(self.request.measure, store), self._expected_whole(store), []
        )
        for before in (False, True):
            window = self._window(store, before=before)
            cell = Cell(self.spec.empty)
            self._add(cell, unit, window)
            if not cell.expected_us or cell.covered_us < 0.8 * cell.expected_us:
                return False
            if window.start < life.start or window.end > life.end:
                return False
        return True

    def _expected_whole(self, store: Store) -> Sequence[Zone | None]:
        if self.request.measure in (Measure.OCCUPANCY, Measure.PATHS):
            return self._expected(store)
        return self._measured(store)


def _peak(totals: Any) -> tuple[Any, Any]:
    return getattr(totals, "peak", None), getattr(totals, "peak_at", None)
