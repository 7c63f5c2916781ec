"""Which stores and zones a report is of, and in which rows they count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from ingest.models import Measure
from reports.comparing import shift_of
from reports.measures import SPECS
from reports.request import ReportRequest
from sites_app.models import Region, Store, Zone, counting_zones
from tests.reports.verifying.cells import Unit
from tests.reports.verifying.known import Known


class Choosing:
    """A report's stores and zones."""

    def __init__(self, known: Known, request: ReportRequest) -> None:
        self.known, self.request, self.spec = known, request, SPECS[request.measure]
        self.shift = shift_of(request)
        self.stores = [store for store in known.chain.stores if self._is_asked(store)]

    def _is_asked(self, store: Store) -> bool:
        request = self.request
        above = self._above(store, whole=True)
        of_zones = {zone.partition("/")[0] for zone in request.zones}
        if request.zones and request.measure != Measure.PATHS and not self._zones(store):
            return False
        return (
            (not request.stores or store.code in request.stores)
            and (not request.regions or bool(set(above) & set(request.regions)))
            and (not request.tags or bool(set(store.tags) & set(request.tags)))
            and (not request.zones or store.code in of_zones)
        )

    @cached_property
    def _regions(self) -> dict[int, Region]:
        return {region.pk: region for region in Region.objects.all()}

    def _above(self, store: Store, *, whole: bool = False) -> list[str]:
        """The store's region and those above it; those that the report is of whole."""
        codes = []
        region: Region | None = self._regions[store.region_id]
        while region is not None:
            codes.append(region.code)
            region = self._regions.get(region.parent_id or 0)
        if whole or not self.request.regions:
            return codes
        last = max(place for place, code in enumerate(codes) if code in self.request.regions)
        return codes[: last + 1]

    def _measured(self, store: Store) -> list[Zone]:
        zones = self.known.chain.zones[store.pk]
        if self.request.measure == Measure.OCCUPANCY:
            counting = {zone.pk for zone in counting_zones(zones)}
            return [zone for zone in zones if zone.has_occupancy or zone.pk in counting]
        if self.request.measure == Measure.DWELL:
            return [zone for zone in zones if self.known.chain.told.dwell[zone.pk]]
        kind = {Measure.QUEUES: "queue", Measure.FOOTFALL: "entrance"}[self.request.measure]
        return [zone for zone in zones if zone.kind == kind]

    def _zones(self, store: Store) -> list[Zone]:
        wanted = self.request.zones
        return [zone for zone in self._measured(store) if not wanted or f"{store.code}/{zone.code}" in wanted]

    def units(self, *, whole: bool = False) -> Iterator[Unit]:
        """What the report adds up; ``whole``: stores, also where its rows are of zones."""
        by, measure = self.request.by, self.request.measure
        for store in self.stores:
            of_regions: list[tuple[str, ...]] = [(code,) for code in self._above(store)]
            places: list[tuple[str, ...]] = of_regions if by == "region" else [()] if by == "chain" else [(store.code,)]
            if measure == Measure.PATHS or (not self.request.zones and (by != "zone" or whole)):
                yield Unit(store, (store.code,), self.known.of_store(measure, store), self._expected(store), places)
                continue
            for zone in self._zones(store):
                name = f"{store.code}/{zone.code}"
                of_zone = [(store.code, name)] if by == "zone" else places
                yield Unit(store, (store.code, name), self.known.of_zone(measure, zone), [zone], of_zone)

    def _expected(self, store: Store) -> Sequence[Zone | None]:
        if self.request.measure == Measure.OCCUPANCY:
            return [None]
        if self.request.measure == Measure.PATHS:
            return [None] if any(c.path_analytics is not False for c in store.controllers.all()) else []
        return self._zones(store)
