"""Digital signs: a full screen for one store, opened by its token alone; and the page where people make and revoke them."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal import asked
from portal.models import Sign
from reports import live
from sites_app.access import SIGNS, Principal, principal_of_user
from sites_app.models import Store


def _answered(response: HttpResponse) -> HttpResponse:
    """Its address is its key: nobody else is to learn it from it."""
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


@never_cache
@require_safe
def screen(request: HttpRequest, token: str) -> HttpResponse:
    """The sign itself. No login, and no other way to go from here."""
    sign = _sign(token)
    content = {"store": sign.store, "shown": shown(sign.store, now=datetime.now(UTC)), "token": token}
    return _answered(render(request, "signs/screen.html", content))


@never_cache
@require_safe
def now(request: HttpRequest, token: str) -> HttpResponse:
    """What the screen asks for each second."""
    sign, instant = _sign(token), datetime.now(UTC)
    sign.note_seen(now=instant)
    return _answered(JsonResponse(shown(sign.store, now=instant)))


def _sign(token: str) -> Sign:
    sign = Sign.objects.of_token(token)
    if sign is None:
        raise Http404
    return sign


def shown(store: Store, *, now: datetime) -> dict[str, object]:
    """People, capacity, what to do, and for how many milliseconds all that holds."""
    [occupancy] = live.occupancy(live.Scope.of(Store.objects.filter(pk=store.pk)), now=now)
    people, capacity = occupancy.people, occupancy.capacity
    if people is None:
        return {"people": None, "capacity": capacity, "state": "unknown", "holds_ms": 0}
    until = live.instant_of(live.occupancy_until_us([occupancy])) or now
    state = "wait" if capacity and people >= capacity else "come_in"
    holds_ms = max(0, int((until - now).total_seconds() * 1000))
    return {"people": people, "capacity": capacity, "state": state, "holds_ms": holds_ms}


@never_cache
@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The signs of the stores in sight."""
    principal = principal_of_user(request.user)
    signs = Sign.objects.visible_to(principal).select_related("store").order_by("revoked_at", "store__code", "name")
    search = asked.text(request.GET, "q")
    if search:
        signs = signs.filter(store__in=asked.Filters(search=search).narrow(Store.objects.all()))
    content = {
        "page": asked.page_of(signs, request.GET),
        "stores": Store.objects.visible_to(principal).values_list("code", "name") if _may(principal) else [],
        "may": _may(principal),
        "search": search,
        "now": datetime.now(UTC),
    }
    return render(request, "signs/page.html", content)


@login_required
@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """Make a sign; its address is shown this once."""
    principal = _writer(request)
    # A list of suggestions gives the code with the name behind it.
    code = asked.text(request.POST, "store").split(" ")[0]
    store = Store.objects.visible_to(principal).filter(code=code).first()
    name = asked.text(request.POST, "name") or _("Sign")
    if store is None:
        messages.error(request, _("There is no store '%(code)s' that you can see.") % {"code": code})
        return redirect("signs")
    _made, token = Sign.make(store, name, by=principal.name, now=datetime.now(UTC))
    url = settings.PUBLIC_URL + reverse("sign", args=[token])
    told = format_html(
        '{} <a href="{}">{}</a>', _("Open this address on the screen; it's shown only this once:"), url, url
    )
    messages.success(request, told)
    return redirect("signs")


@login_required
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a sign: its screen goes dark within seconds."""
    principal = _writer(request)
    sign = get_object_or_404(Sign.objects.visible_to(principal), pk=pk)
    sign.revoke(by=principal.name, now=datetime.now(UTC))
    messages.success(request, _("'%(name)s' is revoked: its screen shows nothing from now on.") % {"name": sign.name})
    return redirect("signs")


def _may(principal: Principal) -> bool:
    return SIGNS in principal.scopes


def _writer(request: HttpRequest) -> Principal:
    principal = principal_of_user(request.user)
    if not _may(principal):
        raise PermissionDenied
    return principal
