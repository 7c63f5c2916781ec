"""What of a file differs from the registry: in a few queries, whatever the file's length."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

from sites_app.hours import Opening, Special
from sites_app.models import Controller, Region, Store
from sites_app.onboarding.cells import CellError
from sites_app.onboarding.table import ControllerRow, StoreRow, Table, region_code
from sites_app.osm_hours import ParsedHours
from sites_app.secrets import Secret

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
    errors: list[CellError] = field(default_factory=list)
    """What can't be, given what is registered already. A plan with errors isn't applied."""

    def count(self, change: Change) -> int:
        """How many stores and controllers are made, changed or left."""
        changes = [*(item.change for item in self.stores), *(item.change for item in self.controllers)]
        return changes.count(change)


def compare(table: Table) -> Plan:
    """What a file without errors would change."""
    plan, regions = Plan(), _Regions()
    known = Store.objects.filter(code__in=table.stores).select_related("region").with_hours()
    stores = {store.code: store for store in known}
    for row in table.stores.values():
        change = _store_change(row, stores.get(row.code), regions.code_of(row.region))
        if change.store.closed_on and change.store.opened_on and change.store.closed_on < change.store.opened_on:
            row.cells.error("opened_on", f"The store closed on {change.store.closed_on}, before that.")
        if (other := regions.other_of_its_code(row.region)) is not None:
            row.cells.error("region", f"Its code is that of '{other}': write the same, or another name.")
        plan.stores.append(change)
        plan.errors += row.cells.errors
    plan.regions = regions.missing
    _compare_controllers(table, plan)
    return plan


def told(plan: Plan) -> dict[str, Any]:
    """What a plan does, as commands and the API tell it."""
    return {
        "created": plan.count("created"),
        "changed": plan.count("changed"),
        "unchanged": plan.count("unchanged"),
        "regions_created": len(plan.regions),
        "stores": [{"code": item.row.code, "change": item.change} for item in plan.stores],
        "controllers": [
            {
                "store": item.row.store_code,
                "name": item.controller.name,
                "id": str(item.controller.pk),
                "webhook_url": item.controller.webhook_url,
                "change": item.change,
            }
            for item in plan.controllers
        ],
    }


class _Regions:
    """The tree by paths of names; what is missing of a path is to be made."""

    def __init__(self) -> None:
        regions = {region.pk: region for region in Region.objects.all()}
        self._paths = {self._path(region, regions): region.code for region in regions.values()}
        self._by_code = {code: path for path, code in self._paths.items()}
        self.missing: dict[str, tuple[str, str | None]] = {}

    def _path(self, region: Region, regions: dict[int, Region]) -> tuple[str, ...]:
        names: list[str] = []
        while len(names) < len(regions):  # a ring has no beginning
            names.insert(0, region.name)
            if region.parent_id is None:
                break
            region = regions[region.parent_id]
        return tuple(names)

    def code_of(self, path: tuple[str, ...]) -> str:
        """The code of the region at this path. One that was renamed or moved by hand is still known by its code."""
        parent: str | None = None
        for depth in range(1, len(path) + 1):
            code = self._paths.get(path[:depth]) or region_code(path[:depth])
            if code not in self._by_code and code not in self.missing:
                self.missing[code] = path[depth - 1], parent
            parent = code
        return parent or ""

    def other_of_its_code(self, path: tuple[str, ...]) -> str | None:
        """The region that has the code of a path that isn't there, by right: not as one that was renamed or moved."""
        for depth in range(1, len(path) + 1):
            code = region_code(path[:depth])
            other = self._by_code.get(code)
            if path[:depth] not in self._paths and other is not None and region_code(other) == code:
                return "/".join(other)
        return None


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
    known: dict[str, list[Controller]] = defaultdict(list)
    for controller in Controller.objects.filter(store__code__in=stores).select_related("store"):
        known[controller.store.code].append(controller)
    changes = {
        row.line: _controller_change(row, name, controller, stores[code])
        for code, of_store in table.of_store.items()
        for row, name, controller in _matched(of_store, known[code])
    }
    plan.controllers = [changes[row.line] for row in table.controllers]


def _matched(
    rows: list[ControllerRow], known: list[Controller]
) -> Iterator[tuple[ControllerRow, str, Controller | None]]:
    """One store's rows, each with the controller that it means, if there is one, and its name.

    A row means what it names; without a name the controller at its address, and else the next one of the store.
    """
    by_name, by_url = {one.name: one for one in known}, {one.base_url: one for one in known}
    names = {row.line: row.name for row in rows}
    for row in rows:
        at_its_address = by_url.get(row.base_url)
        if not row.name and at_its_address is not None and at_its_address.name not in names.values():
            names[row.line] = at_its_address.name
    numbered = (f"Controller {number}" for number in count(1))
    for row in rows:
        name = names[row.line] or next(name for name in numbered if name not in names.values())
        yield row, name, by_name.get(name)


def _controller_change(row: ControllerRow, name: str, controller: Controller | None, store: Store) -> ControllerChange:
    wanted: dict[str, Any] = {"base_url": row.base_url}
    if row.poll_interval_s is not None:
        wanted["poll_interval_s"] = row.poll_interval_s
    if controller is None:
        secrets = {"api_key": row.api_key, "webhook_key": row.webhook_key}
        kind = Controller.Kind.at(row.base_url)
        return ControllerChange(row, Controller(store=store, name=name, kind=kind, **wanted, **secrets), "created")
    differs = False
    for field_name, value in wanted.items():
        if getattr(controller, field_name) != value:
            setattr(controller, field_name, value)
            differs = True
    # Encrypting the same key again would give another token: only a key that is another one is written.
    if row.api_key and controller.api_key != Secret.of(row.api_key):
        controller.api_key = row.api_key
        differs = True
    if row.webhook_key and controller.change_webhook_key(row.webhook_key):
        differs = True
    return ControllerChange(row, controller, "changed" if differs else "unchanged")
