"""Writing a plan: all of it or nothing, in bulk."""

from __future__ import annotations

from auditlog.models import LogEntry
from django.db import transaction

from sites_app import audit
from sites_app.models import Controller, OpeningHours, Region, SpecialHours, Store
from sites_app.onboarding.changes import Plan, StoreChange

_STORE_FIELDS = ["name", "region", "timezone", "country", "city", "capacity", "floor_area_m2", "opened_on", "tags"]
_CONTROLLER_FIELDS = [
    "base_url",
    "poll_interval_s",
    "api_key",
    "webhook_key",
    "previous_webhook_key",
    "previous_webhook_key_until",
]
_BATCH = 500


@transaction.atomic
def apply(plan: Plan) -> None:
    """Make and change what the plan says; it has no errors."""
    regions = _make_regions(plan)
    for item in plan.stores:
        if item.change != "unchanged":
            item.store.region = regions[item.region_code]
    Store.objects.bulk_create([item.store for item in plan.stores if item.change == "created"], batch_size=_BATCH)
    Store.objects.bulk_update(
        [item.store for item in plan.stores if item.change == "changed"], _STORE_FIELDS, batch_size=_BATCH
    )
    _write_hours([item for item in plan.stores if item.hours is not None])
    for change in plan.controllers:
        change.controller.store = change.controller.store  # its key is known only now where it was just made
    Controller.objects.bulk_create(
        [item.controller for item in plan.controllers if item.change == "created"], batch_size=_BATCH
    )
    Controller.objects.bulk_update(
        [item.controller for item in plan.controllers if item.change == "changed"],
        _CONTROLLER_FIELDS,
        batch_size=_BATCH,
    )
    _note(plan)


def _note(plan: Plan) -> None:
    """Keep who did this."""
    for change, action in (("created", LogEntry.Action.CREATE), ("changed", LogEntry.Action.UPDATE)):
        audit.note(action, [item.store for item in plan.stores if item.change == change], _STORE_FIELDS)
        audit.note(
            action, [item.controller for item in plan.controllers if item.change == change], _CONTROLLER_FIELDS[:4]
        )


def _make_regions(plan: Plan) -> dict[str, Region]:
    regions = {region.code: region for region in Region.objects.all()}
    for code, (name, parent) in plan.regions.items():
        regions[code] = Region.objects.create(code=code, name=name, parent=regions[parent] if parent else None)
    return regions


def _write_hours(changes: list[StoreChange]) -> None:
    stores = [item.store.pk for item in changes]
    OpeningHours.objects.filter(store__in=stores).delete()
    SpecialHours.objects.filter(store__in=stores).delete()
    weekly = [
        OpeningHours(store=item.store, weekday=hours.weekday, opens=hours.opens, closes=hours.closes)
        for item in changes
        if item.hours
        for hours in item.hours.weekly
    ]
    special = [
        SpecialHours(store=item.store, date=hours.date, opens=hours.opens, closes=hours.closes)
        for item in changes
        if item.hours
        for hours in item.hours.special
    ]
    OpeningHours.objects.bulk_create(weekly, batch_size=2000)
    SpecialHours.objects.bulk_create(special, batch_size=2000)
