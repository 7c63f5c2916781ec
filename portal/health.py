"""Data health: which store's figures to trust, since when not, and what was healed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, takewhile
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal import asked
from portal.asked import Choices, Filters
from portal.figures import known
from portal.panels.days import DayKnown, days_of, looks, told_streams
from portal.periods import DAY
from reports import health, queries
from reports.request import HealthRequest
from sites_app.access import Principal, principal_of_user
from sites_app.models import Store

DAYS = 14
SKEW_LIMIT_MS = 60_000
"""A clock that is off by more puts people into the wrong quarter of an hour."""


@dataclass(frozen=True, slots=True)
class Trust:
    """A store's last days. ``since`` is the first of those up to now that aren't whole; None where all is well."""

    code: str
    days: Sequence[DayKnown]
    since: date | None
    least: Sequence[tuple[str, float]]
    healed: int
    healed_s: int
    open: int
    skew_ms: int | None
    never_left: int | None

    @property
    def rank(self) -> tuple[int, float, str]:
        """Those first that are least to be trusted."""
        worst = min((share for _, share in self.least), default=1.0)
        odd = self.clock_is_off or self.never_left
        return (0 if self.since else 1 if odd else 2 if self.healed else 3, worst, self.code)

    @property
    def clock_is_off(self) -> bool:
        return self.skew_ms is not None and abs(self.skew_ms) > SKEW_LIMIT_MS


@never_cache
@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The stores, those that can't be trusted first."""
    principal, now = principal_of_user(request.user), datetime.now(UTC)
    filters = Filters.of(request.GET)
    trust = trust_in(principal, filters, now=now)
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
        "now": now,
    }
    return render(request, "health/page.html", content)


def trust_in(principal: Principal, filters: Filters, *, now: datetime) -> list[Trust]:
    """The stores in sight, by rank."""
    end = now.date() + DAY
    stores: tuple[str, ...] = ()
    if filters.search:
        # The engine knows codes alone.
        stores = tuple(filters.narrow(Store.objects.visible_to(principal)).values_list("code", flat=True))
        if not stores:
            return []
    regions, tags = ((word,) if word else () for word in (filters.region, filters.tag))
    wanted = HealthRequest(end - timedelta(days=DAYS), end, stores=stores, regions=regions, tags=tags)
    report = health.run(wanted, principal, now=now, row_limit=None)
    rows = (queries.named(report.columns, row) for row in report.rows)
    by_store = groupby(rows, key=lambda row: str(row["store"]))
    return sorted((_trust(code, list(days)) for code, days in by_store), key=lambda trust: trust.rank)


def _trust(code: str, rows: list[dict[str, Any]]) -> Trust:
    days = days_of(rows)
    # The latest day in which anything was expected says how things stand.
    expected = [day for day in reversed(days) if day.share is not None]
    streak = list(takewhile(lambda day: day.looks != "whole", expected))
    return Trust(
        code,
        days,
        since=streak[-1].day if streak else None,
        least=_least(rows),
        healed=sum(row["gaps_healed"] for row in rows),
        healed_s=sum(row["gaps_healed_s"] for row in rows),
        open=sum(row["gaps_open"] for row in rows),
        skew_ms=max(known([row["clock_skew_ms"] for row in rows]), key=abs, default=None),
        never_left=max(known([row["night_occupancy"] for row in rows]), default=None),
    )


def _least(rows: Sequence[dict[str, Any]]) -> list[tuple[str, float]]:
    """The streams of which a day isn't whole, with the worst day's share."""
    worst: dict[str, float] = {}
    for stream in told_streams(rows):
        share = min(known([row["coverage"][stream] for row in rows]), default=1.0)
        if looks(share) != "whole":
            worst[stream] = share
    return sorted(worst.items(), key=lambda item: item[1])
