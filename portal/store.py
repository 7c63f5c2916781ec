"""A store: now, today against its capacity, its week, its queues, zones and paths, and how far all that can be trusted."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from alerts.models import Alert
from portal import asked, periods
from portal.panels import curves, days, places, week
from portal.panels.basis import Basis
from portal.people import for_people_in
from reports import live
from sites_app.access import principal_of_user
from sites_app.models import Controller, Store

ALERTS_SHOWN = 5


@never_cache
@login_required
@require_safe
def page(request: HttpRequest, code: str) -> HttpResponse:
    """The whole page. A store that isn't the person's to see is not there."""
    basis = _basis(request, code)
    return render(request, "store/page.html", {**_now(basis), **_panels(basis)})


@never_cache
@for_people_in
@require_safe
def live_part(request: HttpRequest, code: str) -> HttpResponse:
    """People and queues now, fetched anew every few seconds."""
    return render(request, "store/now.html", _now(_basis(request, code)))


def _basis(request: HttpRequest, code: str) -> Basis:
    principal = principal_of_user(request.user)
    visible = Store.objects.visible_to(principal).select_related("region").with_hours()
    store, now = get_object_or_404(visible, code=code), datetime.now(UTC)
    return Basis(store, principal, now, _day(asked.text(request.GET, "day"), store.local(now).date()))


def _day(text: str, today: date) -> date:
    """The day that was asked for; none in the future."""
    try:
        return min(date.fromisoformat(text), today)
    except ValueError:
        return today


def _now(basis: Basis) -> dict[str, object]:
    scope = live.Scope.of(Store.objects.filter(pk=basis.store.pk))
    [occupancy] = live.occupancy(scope, now=basis.now)
    return {
        "store": basis.store,
        "now": basis.now,
        "occupancy": occupancy,
        "queues": live.queues(scope, now=basis.now),
        "is_open": basis.store.trading_hours().is_trading(basis.now),
    }


def _panels(basis: Basis) -> dict[str, object]:
    alerts = Alert.objects.filter(store=basis.store).order_by("resolved_at", "-opened_at")
    [occupancy] = live.occupancy(live.Scope.of(Store.objects.filter(pk=basis.store.pk)), now=basis.now)
    return {
        "day": basis.day,
        "today": basis.today,
        "day_before": basis.day - periods.DAY,
        "day_after": basis.day + periods.DAY if basis.day < basis.today else None,
        "past_start": basis.past.start,
        "past_last": basis.past.last_day,
        "curve": curves.occupancy(basis, occupancy.capacity),
        "visitors": curves.visitors(basis),
        "heat": week.heat(basis),
        "queue_rows": places.queues(basis),
        "dwell_rows": places.dwell(basis),
        "paths": places.paths(basis),
        "coverage": days.coverage(basis),
        "alerts": alerts.filter(Q(resolved_at=None) | Q(opened_at__gte=basis.now - periods.WEEK))[:ALERTS_SHOWN],
        "controllers": _controllers(basis.store),
    }


def _controllers(store: Store) -> list[Controller]:
    lost = Count("sensors", filter=Q(sensors__status="offline"))
    return list(Controller.objects.filter(store=store).annotate(sensor_count=Count("sensors"), lost=lost))
