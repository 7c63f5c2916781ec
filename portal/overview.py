"""The overview: all stores in sight, now and today; what needs attention on top, regions as tiles, stores by the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from alerts.models import Alert
from portal.asked import Choices, Filters
from portal.board import Brief, Summary, briefs_of, by_region, summary_of
from portal.lines import Line, lines_of
from portal.people import for_people_in
from sites_app.access import Principal, principal_of_user
from sites_app.models import Region, Store

ALERTS_SHOWN = 5
PAGE_STORES = 50
REFRESH_S = 5


@dataclass(frozen=True, slots=True)
class RegionTile:
    """A region with all under it."""

    code: str
    name: str
    summary: Summary
    look: int


# What a browser kept of an earlier visit would look fresh.
@never_cache
@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The whole page."""
    content = _content(request)
    principal = content["principal"]
    assert isinstance(principal, Principal)
    return render(request, "overview.html", {**content, "choices": Choices.of(principal)})


@never_cache
@for_people_in
@require_safe
def live_part(request: HttpRequest) -> HttpResponse:
    """What the page fetches anew every few seconds."""
    return render(request, "overview_live.html", _content(request))


def _content(request: HttpRequest) -> dict[str, object]:
    now = datetime.now(UTC)
    principal = principal_of_user(request.user)
    filters = Filters.of(request.GET)
    stores = filters.narrow(Store.objects.visible_to(principal))
    as_of, briefs, lines = briefs_of(stores, now=now)
    shown: Page[Brief] = Paginator(briefs, PAGE_STORES).get_page(request.GET.get("page"))
    alerts = Alert.objects.open().filter(store__in=stores).select_related("store")
    count = alerts.count()
    return {
        "principal": principal,
        "filters": filters,
        "page": shown,
        "lines": _lines(shown, lines, now),
        "summary": summary_of(briefs),
        "regions": _tiles(briefs, principal, filters),
        "refresh_s": REFRESH_S,
        "alerts": alerts[:ALERTS_SHOWN],
        "alert_count": count,
        "alerts_left_out": max(0, count - ALERTS_SHOWN),
        "now": now,
        "as_of": as_of,
    }


def _lines(shown: Sequence[Brief], lines: list[Line] | None, now: datetime) -> list[Line]:
    """The lines of a page of stores."""
    ids = {brief.store_id for brief in shown}
    if lines is None:
        return lines_of(Store.objects.filter(pk__in=ids), now=now)
    return [line for line in lines if line.store.pk in ids]


def _tiles(briefs: Sequence[Brief], principal: Principal, filters: Filters) -> list[RegionTile]:
    """The widest regions that these stores are parted by; none where they lie in one, or are a page of their own."""
    parents = {pk: (parent, code, name) for pk, parent, code, name in Region.objects.visible_to(principal).values_list("pk", "parent_id", "code", "name")}  # fmt: skip
    chains = {pk: _chain(pk, parents) for pk in {brief.region_id for brief in briefs}}
    for depth in range(max(map(len, chains.values()), default=0)):
        at_depth = {pk: chain[min(depth, len(chain) - 1)] for pk, chain in chains.items()}
        if len(set(at_depth.values())) > 1:
            parted = by_region(briefs, at_depth)
            tiles = [_tile(parents[pk][1], parents[pk][2], of_region) for pk, of_region in parted.items()]
            return sorted(tiles, key=lambda tile: tile.name)
    return []


def _chain(pk: int, parents: Mapping[int, tuple[int | None, str, str]]) -> list[int]:
    """A region's ancestors that are in sight, from the widest on, and itself."""
    chain = []
    at: int | None = pk
    while at is not None and at in parents:
        chain.append(at)
        at = parents[at][0]
    return chain[::-1]


def _tile(code: str, name: str, briefs: Sequence[Brief]) -> RegionTile:
    return RegionTile(code, name, summary_of(briefs), sum(brief.rank == 0 for brief in briefs))
