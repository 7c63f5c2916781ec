"""Which rows the stores of a report by region or of the chain count in."""

from __future__ import annotations

from reports.merging import MERGES
from reports.queries.cells import Members
from reports.queries.scope import Scope
from reports.queries.windows import Period
from reports.request import ReportRequest
from sites_app.access import Principal
from sites_app.models import Region


def members_of(
    request: ReportRequest, principal: Principal, scope: Scope, period: Period
) -> tuple[list[tuple[str, ...]], Members]:
    """The names of the rows' regions, and who counts in which; and what regions' own sums may be read for."""
    if request.by == "chain":
        above: dict[int, tuple[int, ...]] = {store.region_id: (0,) for store in scope.stores}
        names: list[tuple[str, ...]] = [()] if scope.stores else []
    else:
        codes = _regions_above(request, principal)
        seen = sorted({code for store in scope.stores for code in codes[store.region_id]})
        number = {code: place for place, code in enumerate(seen)}
        above = {pk: tuple(number[code] for code in codes[pk]) for pk in {s.region_id for s in scope.stores}}
        names = [(code,) for code in seen]
    of_stores = {store.pk: above[store.region_id] for store in scope.stores}
    # They are by local days and hours: an hour that comes twice is one.
    whole = scope.by_region and not request.of_instants and not period.keyed_by_start and request.granularity != "15m"
    if not whole or not MERGES[request.measure].region_table:
        return names, Members(of_stores)
    return names, Members(of_stores, [(place, pk) for pk, places in above.items() for place in places])


def _regions_above(request: ReportRequest, principal: Principal) -> dict[int, list[str]]:
    """For each region its own code and those above it, as far up as the report is of whole regions."""
    regions = {pk: (code, parent) for pk, code, parent in Region.objects.values_list("pk", "code", "parent_id")}
    seen = set(regions)
    if not principal.sees_all:
        seen &= set(Region.objects.under(principal.region_ids).values_list("pk", flat=True))
    if request.regions:
        asked = [pk for pk, (code, _) in regions.items() if code in request.regions]
        seen &= set(Region.objects.under(asked).values_list("pk", flat=True))
    above: dict[int, list[str]] = {}
    for pk in regions:
        codes, node = [], pk
        while node in seen:
            codes.append(regions[node][0])
            node = regions[node][1]
        above[pk] = codes
    return above
