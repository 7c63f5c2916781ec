"""The overview: all stores in sight, now and today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from alerts.models import Alert
from portal import charts
from reports import figures, live
from reports.live import QueueNow, StoreOccupancy
from reports.today import Today, visitors_today
from sites_app.access import Principal, principal_of_user
from sites_app.models import Store

_URGENCY = {"critical": 0, "warning": 1, "unknown": 2, "normal": 3}
ALERTS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One store on the page."""

    occupancy: StoreOccupancy
    queue: QueueNow | None
    today: Today
    local_time: datetime
    age_s: int | None

    @property
    def store(self) -> Store:
        return self.occupancy.store

    @property
    def filled(self) -> int:
        """Per cent of the bar."""
        return charts.bar_share(self.occupancy.people, self.occupancy.capacity)

    @property
    def spark(self) -> str:
        return charts.spark_points(self.today.by_hour)

    @property
    def local_until(self) -> datetime | None:
        """When today's figures end, on the store's clock."""
        return self.store.local(self.today.until) if self.today.until else None


@dataclass(frozen=True, slots=True)
class Summary:
    """All stores in sight together. Sums are of the known alone, and say of how many stores they are."""

    people: int
    stores: int
    known: int
    queues_over: int
    visitors: int
    change: float | None
    compared: int


@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The whole page."""
    return render(request, "overview.html", _content(request))


@login_required
@require_safe
def live_part(request: HttpRequest) -> HttpResponse:
    """What the page fetches anew every few seconds."""
    return render(request, "overview_live.html", _content(request))


def _content(request: HttpRequest) -> dict[str, object]:
    now = datetime.now(UTC)
    principal = principal_of_user(request.user)
    lines = lines_for(principal, now=now)
    alerts = Alert.objects.visible_to(principal).open().select_related("store")
    return {
        "lines": lines,
        "summary": summary_of(lines),
        "alerts": alerts[:ALERTS_SHOWN],
        "alert_count": alerts.count(),
        "now": now,
    }


def lines_for(principal: Principal, *, now: datetime) -> list[Line]:
    """The stores that a person sees, those that need a look first."""
    stores = Store.objects.visible_to(principal).select_related("region")
    occupancy = live.occupancy(stores, now=now)
    worst = live.worst_queues(live.queues(stores, now=now))
    today = visitors_today([item.store for item in occupancy], now=now)
    lines = [
        Line(
            item,
            worst.get(item.store.pk),
            today[item.store.pk],
            item.store.local(now),
            live.age_s(item.as_of, now),
        )
        for item in occupancy
    ]
    return sorted(lines, key=_urgency)


def _urgency(line: Line) -> tuple[int, bool, float, str]:
    exceeded = line.queue is not None and line.queue.status == "exceeded"
    return _URGENCY[line.occupancy.status], not exceeded, -(line.occupancy.utilisation or 0), line.store.code


def summary_of(lines: Sequence[Line]) -> Summary:
    """The figures at the head of the page."""
    known = [line for line in lines if line.occupancy.people is not None]
    compared = [line for line in lines if line.today.last_week is not None]
    return Summary(
        people=sum(line.occupancy.people or 0 for line in known),
        stores=len(lines),
        known=len(known),
        queues_over=sum(line.queue is not None and line.queue.status == "exceeded" for line in lines),
        visitors=sum(line.today.visitors or 0 for line in lines),
        # Only stores that have both days: else a store that opened this week would be growth.
        change=figures.change(
            sum(line.today.visitors or 0 for line in compared), sum(line.today.last_week or 0 for line in compared)
        ),
        compared=len(compared),
    )
