"""The fleet on paper: what it consists of as JSON, and the CSV by which a platform takes it on."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

from simulator.fleet import Controller, Fleet, Store

COLUMNS = (
    "store_code", "store_name", "region", "timezone", "country", "city", "capacity", "floor_area_m2", "opened_on",
    "opening_hours", "tags", "controller_name", "base_url", "api_key", "webhook_key", "poll_interval_s",
)  # fmt: skip
POLL_INTERVAL_S = 60

BaseUrl = Callable[[Controller], str]


def as_json(fleet: Fleet, base_url: BaseUrl) -> dict[str, Any]:
    """All stores with their controllers and zones."""
    controllers: dict[str, list[dict[str, Any]]] = {}
    for controller in fleet.controllers:
        controllers.setdefault(controller.store.code, []).append(_controller(controller, base_url(controller)))
    stores = [{**_store(store), "controllers": controllers[store.code]} for store in fleet.stores]
    return {"seed": fleet.seed, "stores": stores}


def as_csv(fleet: Fleet, base_url: BaseUrl) -> str:
    """The onboarding CSV, one row a controller."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for controller in fleet.controllers:
        writer.writerow(_row(controller, base_url(controller)))
    return text.getvalue()


def _row(controller: Controller, base_url: str) -> tuple[object, ...]:
    store = controller.store
    return (
        store.code, store.name, store.region, store.timezone.key, store.country, store.city, store.capacity,
        store.floor_area_m2, store.opened_on, store.opening_hours, "|".join(store.tags), controller.name, base_url,
        controller.api_key, controller.webhook_key, POLL_INTERVAL_S,
    )  # fmt: skip


def _store(store: Store) -> dict[str, Any]:
    names = (
        "code", "name", "region", "country", "city", "latitude", "longitude", "capacity", "floor_area_m2", "opened_on",
        "opening_hours",
    )  # fmt: skip
    return {name: getattr(store, name) for name in names} | {"timezone": store.timezone.key, "tags": list(store.tags)}


def _controller(controller: Controller, base_url: str) -> dict[str, Any]:
    zones = [
        {
            "zone_id": zone.zone_id,
            "name": zone.name,
            "kind": zone.kind,
            "capacity": zone.capacity,
            "threshold": zone.threshold,
        }
        for zone in controller.zones
    ]
    return {
        "name": controller.name,
        "base_url": base_url,
        "api_key": controller.api_key,
        "webhook_key": controller.webhook_key,
        "paths": controller.model.paths and not controller.model.old_firmware,
        "old_firmware": controller.model.old_firmware,
        "zones": zones,
    }
