"""A report by brute force: every quarter of every store, one after the other, added up as the definitions say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from ingest.models import Measure
from reports import labels
from reports.calendar import Bucket
from reports.request import ReportRequest
from sites_app.models import Store
from tests.reports.verifying import clocks
from tests.reports.verifying.cells import Cell, Unit
from tests.reports.verifying.known import Known
from tests.reports.verifying.showing import Row, Showing

__all__ = ["Brute", "Row"]


class Brute(Known):
    """All that was told of a chain, ready to be asked."""

    def report(self, request: ReportRequest) -> tuple[list[Row], Row]:
        """The rows, in the order of names and time, and the totals."""
        if request.measure == Measure.PATHS and request.by == "zone":
            request = replace(request, by="store")
        asked = Answer(self, request)
        return asked.rows(), asked.totals()


class Answer(Showing):
    """A report's rows, in the order of names and time, and its totals."""

    def rows(self) -> list[Row]:
        cells: dict[Any, list[Cell]] = {}
        self._answered: set[Any] = set()
        label = self._label()
        for unit in self.units():
            for bucket in self._buckets(unit.store):
                self._row(cells, unit, bucket, label)
        if self.request.is_profile and self.shift is not None:
            for unit in self.units():
                self._profile_before(cells, unit)
        shown = [self._shown(key, of_periods) for key, of_periods in cells.items()]
        return [row for rows in (shown[place] for place in _order(list(cells))) for row in rows]

    def _row(self, cells: dict[Any, list[Cell]], unit: Unit, bucket: Bucket, label: Any) -> None:
        for place in unit.places:
            start, end = label(unit.store, bucket)
            key = (place, self._profile(unit.store, bucket) if self.request.is_profile else start)
            of_periods = cells.setdefault(key, [Cell(self.spec.empty) for _ in range(2 if self.shift else 1)])
            of_periods[0].ends.add(end)
            known = self._add(of_periods[0], unit, bucket)
            if known:
                of_periods[0].occurrences.add(self._occurrence(unit.store, bucket))
            if self.shift and not self.request.is_profile:
                for other in self._before(unit.store, bucket):
                    # As a clock is put back two hours go by one name: what answers to both is in their row once.
                    answered = (key, unit.names, other.start)
                    if answered not in self._answered:
                        self._answered.add(answered)
                        self._add(of_periods[1], unit, other)

    def _profile_before(self, cells: dict[Any, list[Cell]], unit: Unit) -> None:
        window = self._window(unit.store, before=True)
        for bucket in clocks.buckets(window, self.request.bucket, unit.store.zone_info):
            for place in unit.places:
                of_periods = cells.get((place, self._profile(unit.store, bucket)))
                if of_periods and self._add(of_periods[1], unit, bucket):
                    of_periods[1].occurrences.add(self._occurrence(unit.store, bucket))

    def _profile(self, store: Store, bucket: Bucket) -> int:
        shown = clocks.by_the_clock(bucket, self.request.bucket, store.zone_info)[0]
        return {
            "hour_of_day": shown.hour,
            "day_of_week": shown.isoweekday(),
            "hour_of_week": (shown.isoweekday() - 1) * 24 + shown.hour,
        }[self.request.granularity]

    def _occurrence(self, store: Store, bucket: Bucket) -> Any:
        shown = clocks.by_the_clock(bucket, self.request.bucket, store.zone_info)[0]
        if self.request.bucket == "day":
            return shown.date()
        return bucket.start if self.request.by_place else shown.replace(minute=0)

    def _label(self) -> Any:
        request = self.request
        cut = {store.timezone: (store.zone_info, self._buckets(store)) for store in self.stores}
        if request.by_place or labels.agree(cut.values()):
            return lambda store, bucket: clocks.with_offset(bucket, store.zone_info)
        if request.granularity == "total" and request.of_instants:
            return lambda _, bucket: labels.with_offset(bucket, ZoneInfo("UTC"))
        return lambda store, bucket: clocks.by_the_clock(bucket, request.bucket, store.zone_info)

    def totals(self) -> Row:
        whole = replace(self.request, by="chain", granularity="total", order="", limit=None, like_for_like=False)
        asked = Answer(self.known, whole)
        asked.stores = self.stores
        of_periods = [Cell(self.spec.empty) for _ in range(2 if self.shift else 1)]
        for unit in asked.units():
            asked._add(of_periods[0], unit, asked._window(unit.store, before=False))
            if self.shift:
                asked._add(of_periods[1], unit, asked._window(unit.store, before=True))
        return asked.figures(of_periods)


def _order(keys: list[Any]) -> list[int]:
    return sorted(range(len(keys)), key=lambda place: keys[place])
