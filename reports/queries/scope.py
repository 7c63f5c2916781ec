"""The stores and zones that a report is of: those its reader may see, narrowed by the request's filters; loaded slim.

When a store trades is taken from what its rollups were computed with, where that is known, so that a report's two halves
agree while changed hours are still being worked in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Count, F, Q

from ingest.models import Measure
from reports.calendar import day_quarters
from reports.expected import Life, life_of
from reports.models import StoreBasis
from reports.request import ReportRequest
from reports.trading import Trading, trading, trading_as_written
from sites_app.access import Principal
from sites_app.models import Controller, Region, Store, StoreQuerySet, Zone

_by_digest: dict[str, Trading] = {}
"""Days by the digest of what they are made of: the same in every process and at any time."""


class ScopedStore(NamedTuple):
    """A store of a report."""

    pk: int
    code: str
    region_id: int
    trading: Trading
    life: Life
    opened_on: date | None
    closed_on: date | None


class ScopedZone(NamedTuple):
    """A zone of a report. ``code`` is as reports write it: ``STORE_CODE/zoneId``."""

    pk: int
    store: ScopedStore
    code: str
    life: Life


Lives = list[tuple[Life, int]]
"""Since and until when zones are there, and how many of them: of most the same."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The stores of a report in the order of their codes; the zones if it's of zones; what is expected of each store.

    ``everything``: no store is left out. ``by_region``: the sums of regions are those of just these stores.
    """

    stores: Sequence[ScopedStore]
    zones: Sequence[ScopedZone] | None
    expected: dict[int, Lives]
    everything: bool
    by_region: bool

    @property
    def store_ids(self) -> list[int] | None:
        """The stores to read; None for all."""
        return None if self.everything else [store.pk for store in self.stores]

    @property
    def zone_ids(self) -> list[int] | None:
        """The zones to read; None where stores are read as a whole."""
        return None if self.zones is None else [zone.pk for zone in self.zones]

    def only(self, store_ids: set[int]) -> Scope:
        """Of these stores alone."""
        return replace(
            self,
            stores=[store for store in self.stores if store.pk in store_ids],
            zones=None if self.zones is None else [zone for zone in self.zones if zone.store.pk in store_ids],
            everything=False,
            by_region=False,
        )

    def whole_stores(self, request: ReportRequest) -> Scope:
        """The same stores, not their zones."""
        return replace(self, zones=None, expected=_expected_of_stores(request, self.stores, self.everything))


def load(request: ReportRequest, principal: Principal) -> Scope:
    """All that a report needs to know of the registry, in a few queries for any number of stores."""
    queryset = _stores(request, principal)
    filtered = bool(request.stores or request.regions or request.tags or request.zones)
    everything = principal.sees_all and not filtered
    rows = queryset.order_by().values_list(*_FIELDS)
    stores, settled = _scoped(rows)
    if request.measure == Measure.PATHS or (request.by != "zone" and not request.zones):
        expected = _expected_of_stores(request, stores, everything)
        whole_regions = not (request.stores or request.tags or request.zones)
        by_region = whole_regions and settled and not _any_moved()
        return Scope(stores, None, expected, everything, by_region)
    zones = _zones(request, stores)
    expected_of_zones: dict[int, Lives] = defaultdict(list)
    for zone in zones:
        expected_of_zones[zone.store.pk].append((zone.life, 1))
    if request.zones:
        stores = [store for store in stores if store.pk in expected_of_zones]
    return Scope(stores, zones, expected_of_zones, everything, by_region=False)


_FIELDS = (
    "pk", "code", "region_id", "opened_on", "closed_on", "report_basis__hours_digest", "report_basis__region_id",
)  # fmt: skip


def _stores(request: ReportRequest, principal: Principal) -> StoreQuerySet:
    stores = Store.objects.visible_to(principal)
    if request.stores:
        stores = stores.filter(code__in=request.stores)
    if request.regions:
        stores = stores.under(Region.objects.filter(code__in=request.regions).values_list("pk", flat=True))
    if request.tags:
        stores = stores.filter(tags__overlap=list(request.tags))
    if request.zones:
        stores = stores.filter(code__in={zone.partition("/")[0] for zone in request.zones})
    return stores


def _scoped(rows: Iterable[Any]) -> tuple[list[ScopedStore], bool]:
    """The stores, and whether the sums of regions count each of them where it is."""
    rows = list(rows)
    days = _trading_of(rows)
    stores = []
    for pk, code, region_id, opened_on, closed_on, _, _ in rows:
        of_store = days[pk]
        stores.append(
            ScopedStore(pk, code, region_id, of_store, _life(of_store, opened_on, closed_on), opened_on, closed_on)
        )
    stores.sort(key=lambda store: store.code)
    return stores, all(row[2] == row[6] for row in rows)


def _trading_of(rows: Sequence[Any]) -> dict[int, Trading]:
    missing = {row[5] for row in rows if row[5] is not None and row[5] not in _by_digest}
    if missing:
        written = StoreBasis.objects.filter(hours_digest__in=missing).values_list("hours_digest", "hours").distinct()
        _by_digest.update((digest, trading_as_written(text)) for digest, text in written)
    found = {row[0]: _by_digest[row[5]] for row in rows if row[5] in _by_digest}
    new = [row[0] for row in rows if row[0] not in found]
    if new:
        for store in Store.objects.filter(pk__in=new).only("timezone").with_hours():
            found[store.pk] = trading(store.trading_hours())
    return found


def _life(days: Trading, opened_on: date | None, closed_on: date | None) -> Life:
    return Life(
        day_quarters(opened_on.toordinal(), days.zone)[0] if opened_on else None,
        day_quarters(closed_on.toordinal(), days.zone)[1] if closed_on else None,
    )


def _any_moved() -> bool:
    """Whether a store isn't where the sums of regions count it: then they may hold what a reader mustn't see."""
    return Store.objects.exclude(report_basis__region_id=F("region_id")).exists()


def _expected_of_stores(request: ReportRequest, stores: Sequence[ScopedStore], everything: bool) -> dict[int, Lives]:
    if request.measure == Measure.OCCUPANCY:
        return {store.pk: [(Life(), 1)] for store in stores}
    if request.measure == Measure.PATHS:
        with_paths = Controller.objects.exclude(path_analytics=False).values_list("store_id", flat=True).distinct()
        there = set(with_paths)
        return {store.pk: [(Life(), 1)] for store in stores if store.pk in there}
    zones = Zone.objects.filter(_measured(request.measure))
    if not everything:
        zones = zones.filter(store__in=[store.pk for store in stores])
    expected: dict[int, Lives] = defaultdict(list)
    counted = zones.order_by().values_list("store_id", "appeared_at", "retired_at").annotate(count=Count("pk"))
    for store_id, appeared_at, retired_at, count in counted:
        expected[store_id].append((life_of(appeared_at, retired_at), count))
    return expected


def _measured(measure: Measure) -> Q:
    """The zones of which a measure is expected."""
    if measure == Measure.OCCUPANCY:
        return Q(has_occupancy=True) | Q(counts_by_hand=True)
    if measure == Measure.DWELL:
        return Q(has_dwell=True)
    return Q(kind=Zone.Kind.QUEUE if measure == Measure.QUEUES else Zone.Kind.ENTRANCE)


def zone_ids_of(request: ReportRequest, stores: Sequence[ScopedStore]) -> list[int] | None:
    """The zones filtered by, of whatever kind; None for all."""
    if not request.zones:
        return None
    by_pk = {store.pk: store.code for store in stores}
    zones = Zone.objects.filter(store__in=by_pk).values_list("pk", "store_id", "code")
    return [pk for pk, store_id, code in zones if f"{by_pk[store_id]}/{code}" in request.zones]


def _zones(request: ReportRequest, stores: Sequence[ScopedStore]) -> list[ScopedZone]:
    by_pk = {store.pk: store for store in stores}
    zones = Zone.objects.filter(_measured(request.measure), store__in=by_pk)
    wanted = set(request.zones)
    found = []
    for pk, store_id, code, appeared_at, retired_at in zones.values_list(
        "pk", "store_id", "code", "appeared_at", "retired_at"
    ):
        store = by_pk[store_id]
        if not wanted or f"{store.code}/{code}" in wanted:
            found.append(ScopedZone(pk, store, f"{store.code}/{code}", life_of(appeared_at, retired_at)))
    return sorted(found, key=lambda zone: (zone.store.code, zone.code))
