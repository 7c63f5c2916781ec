"""Whom the façade speaks for, one store or the chain, and what it calls their zones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from reports.facade.refusals import Refused
from sites_app.access import Principal
from sites_app.models import Store, StoreQuerySet, Zone
from sites_app.models.sensors import ZoneQuerySet


class Place(Protocol):
    """One XCS, as whoever asks sees it."""

    @property
    def stores(self) -> StoreQuerySet: ...

    def named(self, store_code: str, zone_code: str) -> str:
        """What a zone is called here."""
        ...

    def located(self, location: str) -> ZoneQuerySet:
        """The zones that a ``locationId`` means. Raises ``Refused``."""
        ...

    def zone(self, zone_id: str) -> Zone:
        """The zone of this id. Raises ``Refused``."""
        ...


@dataclass(frozen=True, slots=True)
class OneStore:
    """A store, however many controllers it has: zone ids are theirs."""

    stores: StoreQuerySet

    def named(self, store_code: str, zone_code: str) -> str:
        """Its code, which is the controller's own name for it."""
        return zone_code

    def located(self, location: str) -> ZoneQuerySet:
        """The zone of this code."""
        return _of(self.stores).filter(pk=self.zone(location).pk)

    def zone(self, zone_id: str) -> Zone:
        """Its zone of this code."""
        return _only(self.stores, zone_id, zone_id)


@dataclass(frozen=True, slots=True)
class Chain:
    """All stores that a key sees: zone ids are ``STORE_CODE/zoneId``, and a location may be a whole store."""

    stores: StoreQuerySet

    def named(self, store_code: str, zone_code: str) -> str:
        """``STORE_CODE/zoneId``."""
        return f"{store_code}/{zone_code}"

    def located(self, location: str) -> ZoneQuerySet:
        """The zones of a store, or one of them."""
        if "/" in location:
            return _of(self.stores).filter(pk=self.zone(location).pk)
        stores = self.stores.filter(code=location) if "\0" not in location else self.stores.none()
        if not stores.exists():
            raise Refused(404, f"There is no location {location!r}.")
        return _of(stores)

    def zone(self, zone_id: str) -> Zone:
        """The zone of this id."""
        store_code, _, code = zone_id.partition("/")
        return _only(self.stores.filter(code=store_code) if "\0" not in zone_id else self.stores.none(), code, zone_id)


def place(principal: Principal, store_code: str | None) -> Place:
    """The chain, or one of its stores, as this key sees it. Raises ``Refused`` for a store that it doesn't see."""
    stores = Store.objects.visible_to(principal)
    if store_code is None:
        return Chain(stores)
    one = stores.filter(code=store_code) if "\0" not in store_code else stores.none()
    if not one.exists():
        raise Refused(404, f"There is no store {store_code!r}.")
    return OneStore(one)


def zones_of(place: Place, location: str | None) -> ZoneQuerySet:
    """The zones that are asked for: all, or those of a location. Raises ``Refused``."""
    return _of(place.stores) if location is None else place.located(location)


def _of(stores: StoreQuerySet) -> ZoneQuerySet:
    return Zone.objects.filter(store__in=stores).order_by("store__code", "code")


def _only(stores: StoreQuerySet, code: str, said: str) -> Zone:
    zone = _of(stores).filter(code=code).select_related("store").first() if "\0" not in code else None
    if zone is None:
        raise Refused(404, f"There is no zone {said!r}.")
    return zone
