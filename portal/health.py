"""Data health: which store's figures to trust, since when not, and what was healed."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal import asked
from portal.asked import Choices, Filters
from portal.trust import DAYS, trust_in
from sites_app.access import principal_of_user
from sites_app.models import Store


@never_cache
@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The stores, those that can't be trusted first."""
    principal, now = principal_of_user(request.user), datetime.now(UTC)
    filters = Filters.of(request.GET)
    as_of, trust = trust_in(filters.narrow(Store.objects.visible_to(principal)), now=now)
    untrusted = sum(item.since is not None for item in trust)
    if asked.text(request.GET, "only"):
        trust = [item for item in trust if item.rank[0] < 3]
    shown = asked.page_of(trust, request.GET)
    stores = Store.objects.select_related("region").in_bulk([item.code for item in shown], field_name="code")
    content = {
        "page": shown,
        "rows": [(stores[item.code], item) for item in shown],
        "count": len(trust),
        "untrusted": untrusted,
        "filters": filters,
        "only": asked.text(request.GET, "only"),
        "choices": Choices.of(principal),
        "days": DAYS,
        "as_of": as_of,
        "now": now,
    }
    return render(request, "health/page.html", content)
