"""Alerts: what needs attention and what did, filtered; acknowledged by whoever sees the store."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from alerts import lifecycle
from alerts.models import Alert
from portal import asked
from portal.asked import Choices, Filters
from sites_app.access import ACKNOWLEDGE, principal_of_user
from sites_app.models import Store

STATES = ("open", "resolved", "all")


@never_cache
@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The list, the latest first."""
    principal = principal_of_user(request.user)
    filters, state = Filters.of(request.GET), asked.one_of(request.GET, "state", STATES)
    kind = asked.one_of(request.GET, "kind", ["", *Alert.Kind.values])
    stores = filters.narrow(Store.objects.visible_to(principal))
    alerts = _of_state(Alert.objects.filter(store__in=stores), state)
    if kind:
        alerts = alerts.filter(kind=kind)
    content = {
        "page": asked.page_of(alerts.select_related("store"), request.GET),
        "filters": filters,
        "choices": Choices.of(principal),
        "state": state,
        "states": [("open", _("Open")), ("resolved", _("Over")), ("all", _("All"))],
        "kind": kind,
        "kinds": Alert.Kind.choices,
        "may": ACKNOWLEDGE in principal.scopes,
        "now": datetime.now(UTC),
    }
    return render(request, "alerts/page.html", content)


def _of_state(alerts: QuerySet[Alert], state: str) -> QuerySet[Alert]:
    return alerts if state == "all" else alerts.filter(resolved_at__isnull=state == "open")


@login_required
@require_POST
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody sees to it; back to where they came from."""
    principal = principal_of_user(request.user)
    alert = get_object_or_404(Alert.objects.visible_to(principal), pk=pk)
    if ACKNOWLEDGE not in principal.scopes:
        raise PermissionDenied
    note = request.POST.get("note", "").replace("\0", "").strip()[:2000]
    if lifecycle.acknowledge(alert, by=request.user.get_username(), note=note, now=datetime.now(UTC)):
        messages.success(request, _("Acknowledged in your name."))
    else:
        messages.info(request, _("Somebody has acknowledged it before, or it's over by now."))
    back = request.POST.get("next", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else reverse("alerts-page"))
