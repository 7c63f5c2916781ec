"""Query parameters into a typed request; what is wrong is named, with what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import cast

from django.http import QueryDict
from rest_framework.request import Request

from ingest.models import Measure
from reports import health
from reports.calendar import quarter_of
from reports.queries import order_names
from reports.request import (
    BYS,
    COMPARES,
    GRANULARITIES,
    HOURS,
    PROFILES,
    By,
    Compare,
    Granularity,
    HealthRequest,
    Hours,
    ReportRequest,
)
from sites_app.access import Principal
from sites_app.models import Region, Store, Zone
from sites_app.problems import Problem, only_parameters, parameter_problem

_REPORT_PARAMETERS = (
    "start", "end", "granularity", "by", "hours", "store", "region", "tag", "zone", "compare", "like_for_like", "order",
    "limit", "format",
)  # fmt: skip
_HEALTH_PARAMETERS = ("start", "end", "hours", "store", "region", "tag", "order", "limit", "format")
LIVE_PARAMETERS = ("store", "region", "tag")
_REPEATABLE = frozenset({"store", "region", "tag", "zone"})
_LONGEST_DAYS = 366 * 5
_YEARS = range(2000, 2201)
# RFC 3339, and no more of ISO 8601 than that.
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?")
_WHOLE = re.compile(r"[0-9]{1,9}")
MAX_LIMIT = 50_000


def report_request(request: Request, measure: Measure, principal: Principal) -> ReportRequest:
    """The report that was asked for. Raises a problem that names the parameter."""
    given = query(request, _REPORT_PARAMETERS)
    start, end = _edge(given, "start"), _edge(given, "end")
    _check_window(start, end)
    wanted = ReportRequest(
        measure=measure,
        start=start,
        end=end,
        granularity=cast(Granularity, _choice(given, "granularity", (*GRANULARITIES, *PROFILES))),
        by=cast(By, _choice(given, "by", BYS)),
        hours=cast(Hours, _choice(given, "hours", HOURS)),
        stores=store_codes(given, principal),
        regions=region_codes(given, principal),
        tags=tags(given),
        zones=_zone_codes(given, principal),
        compare=cast(Compare, _choice(given, "compare", COMPARES, otherwise="")),
        like_for_like=_choice(given, "like_for_like", ("false", "true")) == "true",
        limit=_limit(given),
    )
    if wanted.like_for_like and not wanted.compare:
        raise parameter_problem("like_for_like", f"Like for like needs two periods: add compare={COMPARES[0]}, say.")
    return replace(wanted, order=_order(given, order_names(wanted)))


def health_request(request: Request, principal: Principal) -> HealthRequest:
    """The report on the data itself that was asked for, likewise."""
    given = query(request, _HEALTH_PARAMETERS)
    start, end = _day(given, "start"), _day(given, "end")
    _check_window(start, end)
    return HealthRequest(
        start=start,
        end=end,
        hours=cast(Hours, _choice(given, "hours", HOURS)),
        stores=store_codes(given, principal),
        regions=region_codes(given, principal),
        tags=tags(given),
        order=_order(given, health.ORDER_NAMES),
        limit=_limit(given),
    )


def _day(given: QueryDict, name: str) -> date:
    edge = _edge(given, name)
    if isinstance(edge, datetime):
        raise parameter_problem(name, f"'{given[name]}' is an instant: this report is one of days, such as 2026-11-02.")
    return edge


def query(request: Request, allowed: Iterable[str]) -> QueryDict:
    """The query's parameters, all of them known; what can be said once is said once, and nothing holds a NUL."""
    only_parameters(request, allowed)
    given = request.query_params
    for name, values in given.lists():
        if len(values) > 1 and name not in _REPEATABLE:
            raise parameter_problem(name, f"'{name}' is given {len(values)} times; say it once.")
        if any("\0" in value for value in values):
            raise parameter_problem(name, f"'{name}' holds a NUL character.")
    return given


def store_codes(given: QueryDict, principal: Principal) -> tuple[str, ...]:
    """The stores filtered by; one that isn't there, or not for this reader, is a problem: a report isn't widened."""
    wanted = given.getlist("store")
    if not wanted:
        return ()
    return _known(
        wanted, "store", Store.objects.visible_to(principal).filter(code__in=wanted).values_list("code", flat=True)
    )


def region_codes(given: QueryDict, principal: Principal) -> tuple[str, ...]:
    """The regions filtered by, likewise."""
    wanted = given.getlist("region")
    if not wanted:
        return ()
    regions = Region.objects.filter(code__in=wanted)
    if not principal.sees_all:
        regions = regions.filter(pk__in=Region.objects.under(principal.region_ids))
    return _known(wanted, "region", regions.values_list("code", flat=True))


def _zone_codes(given: QueryDict, principal: Principal) -> tuple[str, ...]:
    """The zones filtered by, as ``STORE_CODE/zoneId``, likewise."""
    wanted = given.getlist("zone")
    if not wanted:
        return ()
    stores = {zone.partition("/")[0] for zone in wanted}
    zones = Zone.objects.filter(store__in=Store.objects.visible_to(principal).filter(code__in=stores))
    found = {f"{store}/{code}" for store, code in zones.values_list("store__code", "code")}
    return _known(wanted, "zone", found)


def tags(given: QueryDict) -> tuple[str, ...]:
    """The tags filtered by: a store with any of them is in."""
    return tuple(given.getlist("tag"))


def _known(wanted: list[str], name: str, found: Iterable[str]) -> tuple[str, ...]:
    missing = sorted(set(wanted) - set(found))
    if missing:
        raise parameter_problem(name, f"There is no {name} '{missing[0]}' that you can see.")
    return tuple(wanted)


def _edge(given: QueryDict, name: str) -> date | datetime:
    text = given.get(name, "")
    if not text:
        raise parameter_problem(name, f"'{name}' is required: a date (2026-11-02) or an instant with its offset.")
    plain = text.upper()  # RFC 3339 allows a small t and z, too
    if not _DATE.fullmatch(plain) and not _INSTANT.fullmatch(plain):
        raise _no_edge(name, text)
    try:
        edge = date.fromisoformat(plain) if _DATE.fullmatch(plain) else datetime.fromisoformat(plain)
    except ValueError as error:
        raise _no_edge(name, text) from error
    if edge.year not in _YEARS:
        raise parameter_problem(name, f"'{text}' lies outside of the years {_YEARS[0]} to {_YEARS[-1]}.")
    if isinstance(edge, datetime):
        _check_instant(name, text, edge)
    return edge


def _no_edge(name: str, text: str) -> Problem:
    hint = " A '+' is %2B in a URL." if " " in text else ""
    return parameter_problem(
        name, f"'{text}' is neither a date (2026-11-02) nor an instant (2026-11-02T09:00:00+01:00).{hint}"
    )


def _check_instant(name: str, text: str, instant: datetime) -> None:
    if instant.tzinfo is None:
        raise parameter_problem(name, f"'{text}' has no offset: write it as 2026-11-02T09:00:00+01:00.")
    if quarter_of(instant) != instant:
        raise parameter_problem(
            name, f"'{text}' isn't on a quarter of an hour: reports are cut at :00, :15, :30 and :45."
        )


def _check_window(start: date | datetime, end: date | datetime) -> None:
    if isinstance(start, datetime) != isinstance(end, datetime):
        raise parameter_problem("end", "Give two dates or two instants, not one of each.")
    if not start < end:
        raise parameter_problem("end", "'end' must lie after 'start'; the window is half-open, so end is not in it.")
    if end.toordinal() - start.toordinal() > _LONGEST_DAYS:
        raise parameter_problem("start", "A report covers at most five years.")


def _choice(given: QueryDict, name: str, choices: tuple[str, ...], *, otherwise: str | None = None) -> str:
    """One of some values; the first where none is given, or what is to be otherwise."""
    value = given.get(name)
    if value is None:
        return choices[0] if otherwise is None else otherwise
    if value not in choices:
        raise parameter_problem(name, f"'{value}' is not known; choose one of {', '.join(choices)}.")
    return value


def _order(given: QueryDict, names: Sequence[str]) -> str:
    order = given.get("order")
    if order is None:
        return ""
    if order.removeprefix("-") not in names:
        raise parameter_problem(
            "order",
            f"'{order}' is no column of this report; choose one of {', '.join(names)}, '-' before it for descending.",
        )
    return order


def _limit(given: QueryDict) -> int | None:
    text = given.get("limit")
    if text is None:
        return None
    if not _WHOLE.fullmatch(text) or not 1 <= int(text) <= MAX_LIMIT:
        raise parameter_problem("limit", f"'{text}' is no whole number from 1 to {MAX_LIMIT:,}.")
    return int(text)
