"""What a caller may do of a plan: nothing outside of its regions."""

from __future__ import annotations

from sites_app.access import Principal
from sites_app.models import Region, Store
from sites_app.onboarding.cells import CellError
from sites_app.onboarding.changes import Plan


def beyond(plan: Plan, principal: Principal) -> list[CellError]:
    """The cells of stores and regions that this caller doesn't see; new regions are seen by who sees what they lie in."""
    if principal.sees_all:
        return []
    regions = set(Region.objects.visible_to(principal).values_list("code", flat=True))
    for code, (_, parent) in plan.regions.items():  # parents come first
        if parent in regions:
            regions.add(code)
    codes = [item.row.code for item in plan.stores if item.change != "created"]
    stores = set(Store.objects.visible_to(principal).filter(code__in=codes).values_list("code", flat=True))
    errors: list[CellError] = []
    for item in plan.stores:
        if item.change != "created" and item.row.code not in stores:
            errors.append(CellError(item.row.line, "store_code", "There is a store of this code that you can't see."))
        elif item.region_code not in regions:
            errors.append(CellError(item.row.line, "region", "You see no such region: name yours, or one under it."))
    return errors
