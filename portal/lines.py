"""The overview's figures: a line for each store in sight, and all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal import charts
from reports import figures, live
from reports.live import StoreOccupancy, StoreQueues
from reports.today import Today, visitors_today
from sites_app.access import Principal
from sites_app.models import Store

LATE = timedelta(minutes=45)
"""How old the last whole quarter may be before a day's visitors are no longer up to date.

A quarter takes 15 minutes to be over, and is then fetched within 5; the rest is room for a slow controller.
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One store on the page. Without queues ``queues`` is None."""

    store: Store
    occupancy: StoreOccupancy
    queues: StoreQueues | None
    today: Today
    is_open: bool
    now: datetime

    @property
    def queue_exceeded(self) -> bool:
        """Whether one of its queues is over its threshold."""
        worst = self.queues.worst if self.queues else None
        return worst is not None and worst.status == "exceeded"

    @property
    def filled(self) -> int:
        """Per cent of the bar."""
        return charts.bar_share(self.occupancy.people, self.occupancy.capacity)

    @property
    def is_late(self) -> bool:
        """Whether today's visitors stopped some time ago."""
        start = self.store.local(self.now).replace(hour=0, minute=0, second=0, microsecond=0)
        return self.now - (self.today.until or start) > LATE

    @property
    def spark(self) -> str:
        return charts.spark_path(self.today.by_hour, highest=self._highest)

    @property
    def spark_before(self) -> str:
        """The same weekday last week, at the same scale."""
        return charts.spark_path(self.today.last_week_by_hour, highest=self._highest)

    @property
    def _highest(self) -> int:
        return max((value for value in (*self.today.by_hour, *self.today.last_week_by_hour) if value), default=1)

    @property
    def spark_label(self) -> str:
        """The spark line for those who don't see it."""
        return "Visitors by hour of today: " + ", ".join(
            f"{hour}:00 {visitors}" for hour, visitors in enumerate(self.today.by_hour) if visitors is not None
        )

    @property
    def crowd(self) -> str:
        """How full the store is, in a word; empty where it's as usual."""
        utilisation = self.occupancy.utilisation or 0
        if utilisation > 1:
            return "over capacity"
        return {"critical": "nearly full", "warning": "filling up"}.get(self.occupancy.status, "")

    @property
    def group(self) -> str:
        """The heading that the store stands under."""
        return _GROUPS[self._rank]

    @property
    def order(self) -> tuple[int, float, str]:
        """The stores that need a look come first, the fullest of them at the head.

        All others have a fixed place: lines that change places every few seconds can't be read.
        """
        fullness = self.occupancy.utilisation or 0 if self._rank == _LOOK else 0
        return self._rank, -fullness, self.store.code

    @property
    def _rank(self) -> int:
        if self.occupancy.status in ("critical", "warning") or self.queue_exceeded:
            return _LOOK
        if self.occupancy.status == "unknown":
            return _UNKNOWN
        return _OPEN if self.is_open else _CLOSED


_LOOK, _UNKNOWN, _OPEN, _CLOSED = range(4)
_GROUPS = ("Need a look", "Unknown", "Open", "Closed")


@dataclass(frozen=True, slots=True)
class Summary:
    """All stores in sight together. Sums are of the known alone, and say of how many stores they are."""

    stores: int
    open: int
    people: int
    known: int
    queues_over: int
    queues_known: int
    with_queues: int
    visitors: int
    counted: int
    with_doors: int
    with_gaps: int
    change: float | None
    compared: int

    @property
    def unknown(self) -> int:
        return self.stores - self.known

    @property
    def queues_unknown(self) -> int:
        return self.with_queues - self.queues_known


def lines_for(principal: Principal, *, now: datetime) -> list[Line]:
    """The stores that a person sees, those that need a look first; twelve queries for any number of stores."""
    visible = Store.objects.visible_to(principal)
    stores = [store for store in visible.select_related("region").with_hours() if not _is_over(store, now)]
    scope = live.Scope.of(visible)
    occupancy = {item.store.pk: item for item in live.occupancy(scope, now=now)}
    queues = live.by_store(live.queues(scope, now=now))
    today = visitors_today(stores, now=now)
    lines = [
        Line(
            store=store,
            occupancy=occupancy[store.pk],
            queues=queues.get(store.pk),
            today=today[store.pk],
            is_open=store.trading_hours().is_trading(now),
            now=now,
        )
        for store in stores
        if store.pk in occupancy  # it may have gone in between
    ]
    return sorted(lines, key=lambda line: line.order)


def _is_over(store: Store, now: datetime) -> bool:
    """Whether the store was closed for good."""
    return store.closed_on is not None and store.closed_on < store.local(now).date()


def summary_of(lines: Sequence[Line]) -> Summary:
    """The figures at the head of the page."""
    people = [line.occupancy.people for line in lines if line.occupancy.people is not None]
    queues = [line.queues for line in lines if line.queues]
    counted = [line.today for line in lines if line.today.visitors is not None]
    # Only stores that have both days: else a store that opened this week would be growth.
    compared = [today for today in counted if today.last_week is not None and not today.has_gaps]
    return Summary(
        stores=len(lines),
        open=sum(line.is_open for line in lines),
        people=sum(people),
        known=len(people),
        queues_over=sum(line.queue_exceeded for line in lines),
        queues_known=sum(len(item.known) == len(item.queues) for item in queues),
        with_queues=len(queues),
        visitors=sum(today.visitors or 0 for today in counted),
        counted=len(counted),
        with_doors=sum(line.today.doors > 0 for line in lines),
        with_gaps=sum(line.today.has_gaps or (line.today.doors > 0 and line.is_late) for line in lines),
        change=figures.change(
            sum(today.visitors or 0 for today in compared), sum(today.last_week or 0 for today in compared)
        ),
        compared=len(compared),
    )
