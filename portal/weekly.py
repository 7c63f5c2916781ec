"""The week in a letter: the main figures against the week before, the stores that changed most, and all of them as a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from portal import charts, writing
from portal.figures import METRICS, Metric
from portal.models import Schedule
from portal.periods import DAY, WEEK
from reports import queries
from reports.figures import change
from reports.formats import FORMATS
from reports.request import ReportRequest
from reports.tables import table_of
from sites_app.access import Principal, principal_of_user
from sites_app.models import Store

MAIN = ("visitors_in", "peak_occupancy", "average_utilisation", "service_level", "average_wait_ms", "average_dwell_ms")
MOST_CHANGED = 5


@dataclass(frozen=True, slots=True)
class Main:
    """A figure of all stores together, as it's written."""

    title: str
    value: str
    before: str
    change: str
    looks: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A store, and by how much its visitors changed. ``bar`` is in per cent of the largest change."""

    name: str
    visitors: str
    change: str
    looks: str
    bar: int


def compose(schedule: Schedule, *, monday: date, now: datetime) -> EmailMultiAlternatives:
    """The letter on the week before this Monday."""
    principal = principal_of_user(schedule.user)
    with translation.override(schedule.language):
        names = {"start": writing.short_day(monday - WEEK), "end": writing.day(monday - DAY)}
        of = schedule.region.name if schedule.region else _("all stores")
        subject = _("%(of)s, %(start)s – %(end)s") % {"of": of[:1].upper() + of[1:], **names}
        content = {
            "subject": subject,
            "main": _main(schedule, principal, monday, now),
            "moved": _moved(schedule, principal, monday, now),
            "url": settings.PUBLIC_URL,
        }
        text = render_to_string("mail/weekly.txt", content)
        letter = EmailMultiAlternatives(subject, text, to=[schedule.user.email], headers=_headers(schedule, monday))
        letter.attach_alternative(render_to_string("mail/weekly.html", content), "text/html")
    name, workbook = _workbook(schedule, principal, monday, now)
    letter.attach(name, workbook, FORMATS["xlsx"].media_type)
    return letter


def _headers(schedule: Schedule, monday: date) -> dict[str, str]:
    """The same however often sending is tried, so that mail systems know a second one again."""
    return {"Message-ID": f"<schedule-{schedule.pk}-{monday}@xovis>", "Auto-Submitted": "auto-generated"}


def _request(schedule: Schedule, monday: date, metric: Metric, **wanted: Any) -> ReportRequest:
    return ReportRequest(
        metric.measure,
        monday - WEEK,
        monday,
        regions=(schedule.region.code,) if schedule.region else (),
        tags=(schedule.tag,) if schedule.tag else (),
        compare="previous_period",
        **wanted,
    )


def _main(schedule: Schedule, principal: Principal, monday: date, now: datetime) -> list[Main]:
    totals: dict[str, Any] = {}
    found = []
    for metric in (METRICS[name] for name in MAIN):
        if metric.measure not in totals:
            request = _request(schedule, monday, metric, by="chain")
            totals[metric.measure] = queries.run(request, principal, now=now).totals
        value, before = (of.get(metric.name) for of in (totals[metric.measure], totals[metric.measure]["previous"]))
        by = change(value, before)
        found.append(
            Main(
                str(metric.title),
                writing.figure(value, metric.unit),
                writing.figure(before, metric.unit),
                writing.signed_percent(by) if by is not None else writing.UNKNOWN,
                _looks(by, metric),
            )
        )
    return found


def _looks(by: float | None, metric: Metric) -> str:
    return "flat" if by is None else writing.trend(-by if metric.less_is_better else by)


def _moved(schedule: Schedule, principal: Principal, monday: date, now: datetime) -> Sequence[Moved]:
    """The stores whose visitors changed most, of those that are known well enough in both weeks."""
    metric = METRICS["visitors_in"]
    request = _request(schedule, monday, metric, like_for_like=True)
    report = queries.run(request, principal, now=now, row_limit=None)
    rows = [queries.named(report.columns, row) for row in report.rows]
    changed = [row for row in rows if row["change"]["visitors_in"] is not None]
    changed.sort(key=lambda row: -abs(row["change"]["visitors_in"]))
    shown = sorted(changed[:MOST_CHANGED], key=lambda row: -row["change"]["visitors_in"])
    names = dict(Store.objects.filter(code__in=[row["store"] for row in shown]).values_list("code", "name"))
    largest = max((abs(row["change"]["visitors_in"]) for row in shown), default=0)
    return [_of_row(row, names, metric, largest) for row in shown]


def _of_row(row: dict[str, Any], names: dict[str, str], metric: Metric, largest: float) -> Moved:
    by = row["change"]["visitors_in"]
    bar = charts.bar_share(1000 * abs(by), round(1000 * largest))
    return Moved(names[row["store"]], writing.whole(row["visitors_in"]), writing.signed_percent(by), _looks(by, metric), bar)  # fmt: skip


def _workbook(schedule: Schedule, principal: Principal, monday: date, now: datetime) -> tuple[str, bytes]:
    """Each store's visitors of each day, beside those of a week before."""
    request = _request(schedule, monday, METRICS["visitors_in"], granularity="day")
    report = queries.run(request, principal, now=now, row_limit=None)
    return f"visitors-{monday - WEEK}.xlsx", b"".join(FORMATS["xlsx"].write(table_of(report), None))
