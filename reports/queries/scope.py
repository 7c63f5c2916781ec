"""The stores and zones that a report is of: those its reader may see, narrowed by the request's filters; loaded slim.

When a store trades is taken from what its rollups were computed with, where that is known, so that a report's two halves
agree while changed hours are still being worked in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.core.exceptions import EmptyResultSet
from django.db.models import Count, F, Q, QuerySet

from ingest.models import Measure
from reports import replicas
from reports.calendar import day_quarters
from reports.expected import EVER, Life, life_of
from reports.models import StoreBasis
from reports.request import ReportRequest
from reports.trading import Trading, trading, trading_as_written
from sites_app.access import Principal
from sites_app.models import Controller, Region, Store, StoreQuerySet, Zone
from sites_app.models.sensors import ZoneQuerySet

_by_digest: dict[str, Trading] = {}
"""Days by the digest of what they are made of: the same in every process and at any time."""


Lives = tuple[tuple[Life, int], ...]
"""Since and until when zones are there, and how many of them: of most the same, so that stores share them."""


class ScopedStore(NamedTuple):
    """A store of a report, with what is expected of it as a whole."""

    pk: int
    code: str
    region_id: int
    trading: Trading
    life: Life
    expected: Lives = ()


class ChangingZone(NamedTuple):
    """A zone that counts for a store's expected time, and wasn't there always or isn't any more."""

    pk: int
    store_id: int
    life: Life


class ScopedZone(NamedTuple):
    """A zone of a report. ``code`` is as reports write it: ``STORE_CODE/zoneId``."""

    pk: int
    store: ScopedStore
    code: str
    life: Life


@dataclass(frozen=True, slots=True)
class Scope:
    """The stores of a report in the order of their codes; the zones if it's of zones.

    ``everything``: no store is left out. ``by_region``: the sums of regions are those of just these stores. ``changing`` are
    the zones that come or go, where it's of stores as a whole.
    """

    stores: Sequence[ScopedStore]
    zones: Sequence[ScopedZone] | None
    everything: bool
    by_region: bool
    changing: Sequence[ChangingZone] = ()

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
        expected, changing = _expected(request, self.store_ids)
        stores = [s._replace(expected=_within(expected(s.pk), s.life)) for s in self.stores]
        return replace(self, stores=stores, zones=None, changing=changing)


def load(request: ReportRequest, principal: Principal) -> Scope:
    """All that a report needs to know of the registry, in a few queries for any number of stores."""
    filtered = bool(request.stores or request.regions or request.tags or request.zones)
    everything = principal.sees_all and not filtered
    rows = _tuples(_all_stores if everything else lambda: _statement(_fields_of(_stores(request, principal))))
    rows.sort(key=itemgetter(1))
    if request.measure == Measure.PATHS or (request.by != "zone" and not request.zones):
        expected, changing = _expected(request, None if everything else [row[0] for row in rows])
        by_region = _are_whole_regions(request, rows, everything=everything)
        return Scope(_scoped(rows, expected), None, everything, by_region, changing)
    stores = _scoped(rows, lambda _: ())
    zones = _zones(request, stores)
    of_store: dict[int, Lives] = defaultdict(tuple)
    for zone in zones:
        of_store[zone.store.pk] += ((zone.life, 1),)
    expecting = [store._replace(expected=of_store[store.pk]) for store in stores]
    if request.zones:
        expecting = [store for store in expecting if store.expected]
    return Scope(expecting, zones, everything, by_region=False)


_FIELDS = (
    "pk", "code", "region_id", "opened_on", "closed_on", "report_basis__hours_digest", "report_basis__region_id",
)  # fmt: skip


def _fields_of(stores: StoreQuerySet) -> QuerySet[Any, Any]:
    return stores.order_by().values_list(*_FIELDS)


@cache
def _all_stores() -> Statement:
    return _statement(_fields_of(Store.objects.all()))


def _are_whole_regions(request: ReportRequest, rows: Sequence[Any], *, everything: bool) -> bool:
    """Whether the sums of regions are those of the report's stores, and hold nothing that its reader mustn't see."""
    if request.stores or request.tags or request.zones or any(row[2] != row[6] for row in rows):
        return False
    # A store that was moved away is still counted where it was until that is worked off.
    return everything or not Store.objects.exclude(report_basis__region_id=F("region_id")).exists()


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


def _scoped(rows: Sequence[Any], expected: Callable[[int], Lives]) -> list[ScopedStore]:
    days = trading_of({row[0]: row[5] for row in rows})
    stores = []
    for pk, code, region_id, opened_on, closed_on, _, _ in rows:
        life, lives = EVER, expected(pk)
        if opened_on or closed_on:
            life = _life(days[pk], opened_on, closed_on)
            lives = _within(lives, life)
        stores.append(ScopedStore(pk, code, region_id, days[pk], life, lives))
    return stores


def _within(lives: Lives, life: Life) -> Lives:
    return tuple((of_zones.within(life), count) for of_zones, count in lives)


def trading_of(digests: Mapping[int, Any]) -> dict[int, Trading]:
    """When stores trade, by their keys: of the digests of their hours, which is None of a store that is still new."""
    missing = {digest for digest in digests.values() if digest is not None and digest not in _by_digest}
    if missing:
        written = StoreBasis.objects.filter(hours_digest__in=missing).values_list("hours_digest", "hours").distinct()
        _by_digest.update((digest, trading_as_written(text)) for digest, text in written)
    found = {pk: _by_digest[digest] for pk, digest in digests.items() if digest in _by_digest}
    new = [pk for pk in digests if pk not in found]
    if new:
        for store in Store.objects.filter(pk__in=new).only("timezone").with_hours():
            found[store.pk] = trading(store.trading_hours())
    return found


def _life(days: Trading, opened_on: date | None, closed_on: date | None) -> Life:
    return Life(
        day_quarters(_reachable(opened_on), days.zone)[0] if opened_on else None,
        day_quarters(_reachable(closed_on), days.zone)[1] if closed_on else None,
    )


def _reachable(day: date) -> int:
    """The day's number, or that of the first or last day that has one before and after it: one store's date stops no report."""
    return min(max(day.toordinal(), date.min.toordinal() + 1), date.max.toordinal() - 2)


_Expected = tuple[Callable[[int], Lives], Sequence[ChangingZone]]


def _expected(request: ReportRequest, store_ids: Sequence[int] | None) -> _Expected:
    """What is expected of stores (None: of all): so many zones, or of occupancy and paths the store as such."""
    one: Lives = ((EVER, 1),)
    none: Lives = ()
    if request.measure == Measure.OCCUPANCY:
        return lambda _: one, ()
    if request.measure == Measure.PATHS:
        with_paths = Controller.objects.exclude(path_analytics=False).order_by().values_list("store_id")
        there = {store_id for (store_id,) in _tuples(lambda: _statement(with_paths))}
        return lambda store_id: one if store_id in there else none, ()
    measured = request.measure
    if store_ids is None:
        found, changing = _lives_of(_tuples(lambda: _alike_of_all(measured)))
    else:
        of_stores = Zone.objects.filter(_measured(measured), store__in=store_ids)
        found, changing = _lives_of(_tuples(lambda: _statement(_alike(of_stores))))
    return lambda store_id: found.get(store_id, none), changing


@cache
def _alike_of_all(measure: Measure) -> Statement:
    return _statement(_alike(Zone.objects.filter(_measured(measure))))


def _alike(zones: ZoneQuerySet) -> QuerySet[Any, Any]:
    """By store and life, how many zones there are, and which if they come or go. Most have always been there."""
    comes_or_goes = Q(appeared_at__isnull=False) | Q(retired_at__isnull=False)
    of_life = zones.order_by().values("store_id", "appeared_at", "retired_at")
    counted = of_life.annotate(zones=Count("pk"), pks=ArrayAgg("pk", filter=comes_or_goes))
    return counted.values_list("store_id", "appeared_at", "retired_at", "zones", "pks")


def _lives_of(alike: Iterable[Any]) -> tuple[dict[int, Lives], list[ChangingZone]]:
    """What is expected by store id, and the zones that come or go."""
    same: dict[int, Lives] = {}
    expected: dict[int, Lives] = {}
    changing: list[ChangingZone] = []
    for store_id, appeared_at, retired_at, count, pks in alike:
        lives = same.setdefault(count, ((EVER, count),))
        if pks is not None:
            life = life_of(appeared_at, retired_at)
            lives = ((life, count),)
            changing += [ChangingZone(pk, store_id, life) for pk in pks]
        expected[store_id] = expected[store_id] + lives if store_id in expected else lives
    return expected, changing


Statement = tuple[str, tuple[Any, ...]]


def _statement(queryset: QuerySet[Any, Any]) -> Statement:
    """A query as SQL and its parameters. Of all stores it's kept: to put it together takes as long as to answer it."""
    return queryset.query.sql_with_params()


def _tuples(made: Callable[[], Statement]) -> list[Any]:
    """The rows of a ``values_list`` as the database gives them: thousands of them needn't pass through the ORM."""
    try:
        statement, parameters = made()
    except EmptyResultSet:  # what can't have rows isn't asked for
        return []
    with replicas.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


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
    fields = zones.order_by().values_list("pk", "store_id", "code", "appeared_at", "retired_at")
    for pk, store_id, code, appeared_at, retired_at in _tuples(lambda: _statement(fields)):
        store = by_pk[store_id]
        if not wanted or f"{store.code}/{code}" in wanted:
            life = life_of(appeared_at, retired_at).within(store.life)
            found.append(ScopedZone(pk, store, f"{store.code}/{code}", life))
    return sorted(found, key=lambda zone: (zone.store.code, zone.code))
