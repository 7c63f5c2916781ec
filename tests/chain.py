"""Small chains for tests: a region, stores, controllers and zones, made with what matters and nothing else."""

from __future__ import annotations

from datetime import time

from sites_app.models import Controller, OpeningHours, Region, Store, Zone
from tests.fleet import Site


def region(path: str) -> Region:
    """A region by its path of names, made where it's missing: ``Europe/Germany``."""
    parent = None
    names = path.split("/")
    for depth, name in enumerate(names, start=1):
        code = "-".join(names[:depth]).lower()
        parent, _ = Region.objects.get_or_create(code=code, defaults={"name": name, "parent": parent})
    assert parent is not None
    return parent


def store(
    code: str = "S1", *, timezone: str = "Europe/Berlin", under: str = "Europe/Germany", **fields: object
) -> Store:
    """A store that is always open."""
    return Store.objects.create(code=code, name=f"Store {code}", region=region(under), timezone=timezone, **fields)


def opens(store: Store, opens: str, closes: str, weekdays: range = range(1, 8)) -> None:
    """Give a store the same hours on these weekdays."""
    OpeningHours.objects.bulk_create(
        OpeningHours(store=store, weekday=weekday, opens=time.fromisoformat(opens), closes=time.fromisoformat(closes))
        for weekday in weekdays
    )


def controller(store: Store, name: str = "Controller 1", **fields: object) -> Controller:
    """A controller that nothing listens behind."""
    defaults: dict[str, object] = {
        "base_url": "http://127.0.0.1:9/api/v1",
        "api_key": "its-key",
        "webhook_key": "hook-key",
    }
    return Controller.objects.create(store=store, name=name, **{**defaults, **fields})


def zone(controller: Controller, zone_id: str, kind: str = "area", **fields: object) -> Zone:
    """A zone with an occupancy, if it's an area."""
    defaults: dict[str, object] = {"code": zone_id, "has_occupancy": kind == "area"}
    return Zone.objects.create(
        store=controller.store, controller=controller, zone_id=zone_id, kind=kind, **{**defaults, **fields}
    )


def registered(site: Site, **fields: object) -> Controller:
    """A controller of the simulated fleet, in its store, as an installer would enter it."""
    found = Store.objects.filter(code=site.store).first()
    keys = {"api_key": site.api_key, "webhook_key": site.webhook_key}
    return controller(
        found or store(site.store, timezone=site.timezone), site.name, **{"base_url": site.base_url, **keys, **fields}
    )
