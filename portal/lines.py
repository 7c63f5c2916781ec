"""The overview's lines: a store each, as it is now and was today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from portal import charts
from reports import live
from reports.live import StoreOccupancy, StoreQueues
from reports.today import Today, visitors_today
from sites_app.models import Store, StoreQuerySet

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
        return (
            _("Visitors by hour of today:")
            + " "
            + ", ".join(
                f"{hour}:00 {visitors}" for hour, visitors in enumerate(self.today.by_hour) if visitors is not None
            )
        )

    @property
    def crowd(self) -> str:
        """How full the store is, in a word; empty where it's as usual."""
        utilisation = self.occupancy.utilisation or 0
        if utilisation > 1:
            return _("over capacity")
        return {"critical": _("nearly full"), "warning": _("filling up")}.get(self.occupancy.status, "")

    @property
    def group(self) -> str:
        """The heading that the store stands under."""
        return (_("Need a look"), _("Unknown"), _("Open"), _("Closed"))[self.rank]

    @property
    def is_closed_group(self) -> bool:
        return self.rank == CLOSED

    @property
    def order(self) -> tuple[int, float, str]:
        """The stores that need a look come first, the fullest of them at the head.

        All others have a fixed place: lines that change places every few seconds can't be read.
        """
        fullness = self.occupancy.utilisation or 0 if self.rank == LOOK else 0
        return self.rank, -fullness, self.store.code

    @property
    def rank(self) -> int:
        if self.occupancy.status in ("critical", "warning") or self.queue_exceeded:
            return LOOK
        if self.occupancy.status == "unknown":
            return UNKNOWN
        return OPEN if self.is_open else CLOSED


LOOK, UNKNOWN, OPEN, CLOSED = range(4)
"""What the stores are grouped by, in this order."""


def lines_of(visible: StoreQuerySet, *, now: datetime) -> list[Line]:
    """A line for each of these stores, those that need a look first; ten queries for any number of stores."""
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
