"""The overview: all stores in sight, now and today."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from alerts.models import Alert
from portal.lines import lines_for, summary_of
from portal.people import for_people_in
from sites_app.access import principal_of_user

ALERTS_SHOWN = 5


def refresh_s(stores: int) -> int:
    """How often the page asks for new figures: each 5 s, and where it shows hundreds of stores less often.

    A line costs the server some 3 ms, so that a page takes about a twentieth of a core.
    """
    return max(5, stores // 20)


# What a browser kept of an earlier visit would look fresh.
@never_cache
@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The whole page."""
    return render(request, "overview.html", _content(request))


@never_cache
@for_people_in
@require_safe
def live_part(request: HttpRequest) -> HttpResponse:
    """What the page fetches anew every few seconds."""
    return render(request, "overview_live.html", _content(request))


def _content(request: HttpRequest) -> dict[str, object]:
    now = datetime.now(UTC)
    principal = principal_of_user(request.user)
    lines = lines_for(principal, now=now)
    alerts = Alert.objects.visible_to(principal).open().select_related("store")
    count = alerts.count()
    return {
        "principal": principal,
        "lines": lines,
        "summary": summary_of(lines),
        "refresh_s": refresh_s(len(lines)),
        "alerts": alerts[:ALERTS_SHOWN],
        "alert_count": count,
        "alerts_left_out": max(0, count - ALERTS_SHOWN),
        "now": now,
    }
