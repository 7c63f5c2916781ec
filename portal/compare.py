"""Compare: stores beside each other, as a league table and as curves; each view is an address to share."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal import asked, periods
from portal.asked import Choices
from portal.figures import METRICS
from portal.league import PERS, Comparison, League
from portal.periods import CHOICES
from portal.sides import MOST_BESIDE, beside
from sites_app.access import Principal, principal_of_user

PAGE_ROWS = 25
COMPARES: dict[str, str | Promise] = {
    "previous_period": _("The period before"),
    "previous_year_weekday": _("A year before, same weekdays"),
    "previous_year": _("A year before, same dates"),
    "none": _("Nothing"),
}
PER_NAMES: dict[str, str | Promise] = {"": _("Store"), "m2": _("Square metre"), "hour": _("Trading hour")}


@never_cache
@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The table, and the curves of the stores that were chosen from it."""
    principal, now = principal_of_user(request.user), datetime.now(UTC)
    comparison, picked = comparison_of(request.GET, now), _picked(request.GET)
    league = League.of(comparison, principal, now=now)
    shown = asked.page_of(league.entries, request.GET, PAGE_ROWS)
    content = {
        "comparison": comparison,
        "league": league,
        "page": shown,
        "rows": league.with_sparks(list(shown), principal, now=now),
        "beside": beside(comparison, picked, principal, now=now),
        "picked": picked,
        "picked_elsewhere": [code for code in picked if code not in {entry.code for entry in shown}],
        "most_beside": MOST_BESIDE,
        **_form(comparison, principal),
    }
    return render(request, "compare/page.html", content)


def comparison_of(given: QueryDict, now: datetime) -> Comparison:
    """What was asked for."""
    words = [asked.text(given, name) for name in ("period", "start", "last")]
    period = periods.asked(words[0], words[1], words[2], now.date(), "last_7_days")
    compare = asked.one_of(given, "compare", list(COMPARES))
    metric = METRICS[asked.one_of(given, "metric", list(METRICS))]
    return Comparison(
        metric=metric,
        period=period,
        compare="" if compare == "none" else compare,  # type: ignore[arg-type]  # one of the engine's own
        like_for_like=compare != "none" and asked.text(given, "like_for_like") == "1",
        per=asked.one_of(given, "per", PERS) if metric.adds_up else "",
        filters=asked.Filters.of(given),
        order=asked.one_of(given, "order", ("-value", "value", "-change", "change", "name", "-name")),
    )


def _picked(given: QueryDict) -> list[str]:
    """The stores to be drawn, in the order in which they were chosen."""
    return list(dict.fromkeys(code[:40].replace("\0", "") for code in given.getlist("store")))[:MOST_BESIDE]


def _form(comparison: Comparison, principal: Principal) -> dict[str, object]:
    return {
        "metrics": METRICS.values(),
        "periods": CHOICES,
        "compares": COMPARES.items(),
        "compare": comparison.compare or "none",
        "pers": PER_NAMES.items(),
        "filters": comparison.filters,
        "choices": Choices.of(principal),
    }
