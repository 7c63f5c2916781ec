"""What of a file differs from the registry: in a few queries, whatever the file's length."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils.text import slugify

from sites_app.hours import Opening, Special
from sites_app.models import Controller, Region, Store
from sites_app.onboarding.table import ControllerRow, StoreRow, Table
from sites_app.osm_hours import ParsedHours

Change = Literal["created", "changed", "unchanged"]


@dataclass(slots=True)
class StoreChange:
    """A store to make, to change, or to leave."""

    row: StoreRow
    store: Store
    change: Change
    region_code: str
    hours: ParsedHours | None = None


@dataclass(slots=True)
class ControllerChange:
    """A controller to make, to change, or to leave."""

    row: ControllerRow
    controller: Controller
    change: Change


@dataclass(slots=True)
class Plan:
    """All that applying a file would do."""

    regions: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    """Regions to make: code → name and the parent's code, parents first."""
    stores: list[StoreChange] = field(default_factory=list)
    controllers: list[ControllerChange] = field(default_factory=list)

    def count(self, change: Change) -> int:
        """How many stores and controllers are made, changed or left."""
        changes = [*(item.change for item in self.stores), *(item.change for item in self.controllers)]
        return changes.count(change)


def compare(table: Table) -> Plan:
    """What a file without errors would change."""
    plan = Plan()
    regions = {region.code: region for region in Region.objects.all()}
    known = Store.objects.filter(code__in=table.stores).select_related("region").with_hours()
    stores = {store.code: store for store in known}
    for row in table.stores.values():
        code = _region_code(row.region, regions, plan)
        plan.stores.append(_store_change(row, stores.get(row.code), code))
    _compare_controllers(table, plan)
    return plan


def _region_code(path: tuple[str, ...], regions: dict[str, Region], plan: Plan) -> str:
    """A region's code is its path in slugs; what is missing of the path is to be made."""
    parent: str | None = None
    for depth, name in enumerate(path, start=1):
        code = "-".join(slugify(part) for part in path[:depth])
        if code not in regions and code not in plan.regions:
            plan.regions[code] = (name, parent)
        parent = code
    return parent or ""


def _store_change(row: StoreRow, store: Store | None, region_code: str) -> StoreChange:
    wanted: dict[str, Any] = {"name": row.name, **row.fields}
    if store is None:
        return StoreChange(row, Store(code=row.code, **wanted), "created", region_code, row.hours)
    differs = store.region.code != region_code
    for name, value in wanted.items():
        if getattr(store, name) != value:
            setattr(store, name, value)
            differs = True
    hours = row.hours if row.hours is not None and row.hours != _hours_of(store) else None
    return StoreChange(row, store, "changed" if differs or hours else "unchanged", region_code, hours)


def _hours_of(store: Store) -> ParsedHours:
    weekly = sorted(Opening(item.weekday, item.opens, item.closes) for item in store.opening_hours.all())
    special = sorted(
        (Special(item.date, item.opens, item.closes) for item in store.special_hours.all()),
        key=lambda item: (item.date, item.opens is not None, item.opens),
    )
    return ParsedHours(tuple(weekly), tuple(special))


def _compare_controllers(table: Table, plan: Plan) -> None:
    stores = {change.row.code: change.store for change in plan.stores}
    known: dict[tuple[str, str], Controller] = defaultdict()
    for controller in Controller.objects.filter(store__code__in=stores).select_related("store"):
        known[controller.store.code, controller.name] = controller
    for row in table.controllers:
        store = stores[row.store_code]
        plan.controllers.append(_controller_change(row, known.get((row.store_code, row.name)), store))


def _controller_change(row: ControllerRow, controller: Controller | None, store: Store) -> ControllerChange:
    wanted: dict[str, Any] = {"base_url": row.base_url}
    if row.poll_interval_s is not None:
        wanted["poll_interval_s"] = row.poll_interval_s
    if controller is None:
        secrets = {"api_key": row.api_key, "webhook_key": row.webhook_key}
        return ControllerChange(row, Controller(store=store, name=row.name, **wanted, **secrets), "created")
    differs = False
    for name, value in wanted.items():
        if getattr(controller, name) != value:
            setattr(controller, name, value)
            differs = True
    # Encrypting the same key again would give another token: only a key that is another one is written.
    if controller.api_key.reveal() != row.api_key:
        controller.api_key = row.api_key
        differs = True
    if row.webhook_key and controller.change_webhook_key(row.webhook_key):
        differs = True
    return ControllerChange(row, controller, "changed" if differs else "unchanged")
