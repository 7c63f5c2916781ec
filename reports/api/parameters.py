"""Query parameters into a typed request; what is wrong is named, with what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import cast

from django.http import QueryDict
from rest_framework.request import Request

from ingest.models import Measure
from reports.calendar import quarter_of
from reports.measures import SPECS
from reports.queries import order_names
from reports.request import BYS, GRANULARITIES, HOURS, By, Granularity, Hours, ReportRequest
from sites_app.access import Principal
from sites_app.models import Region, Store
from sites_app.problems import only_parameters, parameter_problem

_REPORT_PARAMETERS = (
    "start",
    "end",
    "granularity",
    "by",
    "hours",
    "store",
    "region",
    "tag",
    "order",
    "limit",
    "format",
)
LIVE_PARAMETERS = ("store", "region", "tag")
_LONGEST_DAYS = 366 * 5
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT")
MAX_LIMIT = 50_000


def report_request(request: Request, measure: Measure, principal: Principal) -> ReportRequest:
    """The report that was asked for. Raises a problem that names the parameter."""
    only_parameters(request, _REPORT_PARAMETERS)
    given = request.query_params
    start, end = _edge(given, "start"), _edge(given, "end")
    _check_window(start, end)
    by = cast(By, _choice(given, "by", BYS))
    return ReportRequest(
        measure=measure,
        start=start,
        end=end,
        granularity=cast(Granularity, _choice(given, "granularity", GRANULARITIES)),
        by=by,
        hours=cast(Hours, _choice(given, "hours", HOURS)),
        stores=store_codes(given, principal),
        regions=region_codes(given, principal),
        tags=tuple(given.getlist("tag")),
        order=_order(given, measure, by),
        limit=_limit(given),
    )


def store_codes(given: QueryDict, principal: Principal) -> tuple[str, ...]:
    """The stores filtered by; one that isn't there, or not for this reader, is a problem: a report isn't widened."""
    wanted = given.getlist("store")
    return _known(
        wanted, "store", Store.objects.visible_to(principal).filter(code__in=wanted).values_list("code", flat=True)
    )


def region_codes(given: QueryDict, principal: Principal) -> tuple[str, ...]:
    """The regions filtered by, likewise."""
    wanted = given.getlist("region")
    regions = Region.objects.filter(code__in=wanted)
    if not principal.sees_all:
        regions = regions.filter(pk__in=Region.objects.under(principal.region_ids))
    return _known(wanted, "region", regions.values_list("code", flat=True))


def _known(wanted: list[str], name: str, found: Iterable[str]) -> tuple[str, ...]:
    missing = sorted(set(wanted) - set(found))
    if missing:
        raise parameter_problem(name, f"There is no {name} '{missing[0]}' that you can see.")
    return tuple(wanted)


def _edge(given: QueryDict, name: str) -> date | datetime:
    text = given.get(name)
    if not text:
        raise parameter_problem(name, f"'{name}' is required: a date (2026-11-02) or an instant with its offset.")
    try:
        if not _INSTANT.match(text):
            return date.fromisoformat(text)
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise parameter_problem(
            name, f"'{text}' is neither a date (2026-11-02) nor an instant (2026-11-02T09:00:00+01:00)."
        ) from error
    if instant.tzinfo is None:
        raise parameter_problem(
            name, f"'{text}' has no offset: write it as 2026-11-02T09:00:00+01:00 (a '+' is %2B in a URL)."
        )
    if quarter_of(instant) != instant:
        raise parameter_problem(
            name, f"'{text}' isn't on a quarter of an hour: reports are cut at :00, :15, :30 and :45."
        )
    return instant


def _check_window(start: date | datetime, end: date | datetime) -> None:
    if isinstance(start, datetime) != isinstance(end, datetime):
        raise parameter_problem("end", "Give two dates or two instants, not one of each.")
    if not start < end:
        raise parameter_problem("end", "'end' must lie after 'start'; the window is half-open, so end is not in it.")
    if end.toordinal() - start.toordinal() > _LONGEST_DAYS:
        raise parameter_problem("start", "A report covers at most five years.")
    if start.year < 2000 or end.year > 2200:
        raise parameter_problem("start", "Years from 2000 to 2200, please.")


def _choice(given: QueryDict, name: str, choices: tuple[str, ...]) -> str:
    value = given.get(name, choices[0])
    if value not in choices:
        raise parameter_problem(name, f"'{value}' is not known; choose one of {', '.join(choices)}.")
    return value


def _order(given: QueryDict, measure: Measure, by: str) -> str:
    order = given.get("order", "")
    names = order_names(SPECS[measure], by)
    if order and order.removeprefix("-") not in names:
        raise parameter_problem(
            "order",
            f"'{order}' is no column of this report; choose one of {', '.join(names)}, '-' before it for descending.",
        )
    return order


def _limit(given: QueryDict) -> int | None:
    text = given.get("limit")
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_LIMIT:
        raise parameter_problem("limit", f"'{text}' is no whole number from 1 to {MAX_LIMIT:,}.")
    return int(text)
