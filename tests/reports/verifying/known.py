"""All that was told of a chain, by quarters, with a memory for what was added up."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from ingest.models import Measure
from reports.calendar import Bucket
from reports.request import ReportRequest
from sites_app.models import Store, Zone
from tests.reports.verifying import quarters
from tests.reports.verifying.cells import Part, Unit
from tests.reports.verifying.chain import Chain
from tests.reports.verifying.quarters import Quarters


class Known:
    """All that was told of a chain, quarter by quarter, and what was added up of it already."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self._known: dict[tuple[Measure, int], tuple[Quarters, dict[int, Quarters]]] = {}
        self._pairs: dict[int, dict[datetime, dict[tuple[int, int], int]]] = {}
        self._hours = {store.pk: store.trading_hours() for store in chain.stores}
        self._codes = {zone.pk: zone.code for zones in chain.zones.values() for zone in zones}
        self._open: dict[int, dict[datetime, bool]] = defaultdict(dict)
        self._parts: dict[Any, dict[Bucket, Part]] = defaultdict(dict)

    def of_zone(self, measure: Measure, zone: Zone) -> Quarters:
        """The quarters of a zone."""
        return self._of(measure, zone.store_id)[1].get(zone.pk, {})

    def of_store(self, measure: Measure, store: Store) -> Quarters:
        """The quarters of a store as a whole."""
        return self._of(measure, store.pk)[0]

    def _of(self, measure: Measure, store_id: int) -> tuple[Quarters, dict[int, Quarters]]:
        if (measure, store_id) not in self._known:
            store = next(store for store in self.chain.stores if store.pk == store_id)
            by_zone = quarters.of_zones(self.chain, measure, store_id)
            self._known[measure, store_id] = quarters.of_store(self.chain, measure, store, by_zone), by_zone
        return self._known[measure, store_id]

    def is_open(self, store: Store, quarter: datetime) -> bool:
        known = self._open[store.pk]
        if quarter not in known:
            known[quarter] = self._hours[store.pk].is_open(quarter)
        return known[quarter]

    def parts(self, request: ReportRequest, unit: Unit) -> dict[Bucket, Part]:
        """The stretches of a unit that were added up already; paths of a place have its name, others don't."""
        of_place = request.measure == Measure.PATHS and request.by_place
        return self._parts[request.measure, request.hours, of_place, unit.names]

    def forget(self) -> None:
        """Forget all that was added up, to make room."""
        for remembered in (self._known, self._pairs, self._open, self._parts):
            remembered.clear()

    def pairs_of(self, store: Store, quarter: datetime) -> dict[tuple[int, int], int]:
        if store.pk not in self._pairs:
            self._pairs[store.pk] = quarters.pairs(self.chain, store.pk)
        return self._pairs[store.pk].get(quarter, {})

    def code_of(self, zone_id: int) -> str | None:
        return self._codes.get(zone_id)
