"""Gaps on days: intervals that were fetched only after they had been missing, and those that still are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Q

from ingest import gaps, healing
from ingest.models import HealedGap, Stream
from reports.calendar import quarter_number, quarter_start
from reports.cuts import Cut
from reports.queries.scope import Scope, ScopedStore


class Gap(NamedTuple):
    """A stretch that a stream of one controller lacks, or lacked."""

    store_id: int
    is_open: bool
    start: datetime
    end: datetime


@dataclass(slots=True)
class Gaps:
    """How many gaps touch a day, and how long they are within it, all streams added up."""

    healed: int = 0
    healed_s: int = 0
    open: int = 0
    open_s: int = 0

    def __add__(self, other: Gaps) -> Gaps:
        return Gaps(
            self.healed + other.healed,
            self.healed_s + other.healed_s,
            self.open + other.open,
            self.open_s + other.open_s,
        )

    def count(self, gap: Gap, start: datetime, end: datetime) -> None:
        """Count a gap in, of which this stretch lies within."""
        seconds = int((end - start).total_seconds())
        if gap.is_open:
            self.open, self.open_s = self.open + 1, self.open_s + seconds
        else:
            self.healed, self.healed_s = self.healed + 1, self.healed_s + seconds


def within(scope: Scope, first: datetime, last: datetime, now: datetime) -> list[Gap]:
    """The gaps of these stores that lie between two instants, or reach into that."""
    return [*_healed(scope, first, last), *(gap for gap in _open(scope, now) if gap.start < last and gap.end > first)]


def _healed(scope: Scope, first: datetime, last: datetime) -> Iterator[Gap]:
    rows = HealedGap.objects.filter(_of(scope), start__lt=last, end__gt=first).order_by()
    for store_id, start, end in rows.values_list("controller__store_id", "start", "end"):
        yield Gap(store_id, False, start, end)


def _open(scope: Scope, now: datetime) -> Iterator[Gap]:
    late = Q(cursor=None) | Q(cursor__lt=now - min(healing.GRACE.values()))
    streams = Stream.objects.filter(_of(scope), late, kind__in=healing.STEPS).select_related("controller")
    needed = ("kind", "cursor", "watched_from", *(f"controller__{n}" for n in ("store_id", "enabled", "clock_skew_ms")))
    streams = streams.order_by().only(*needed)
    stores = {stream.controller_id: stream.controller.store_id for stream in streams}
    for gap in gaps.open_gaps(streams, now=now):
        yield Gap(stores[gap.controller_id], True, gap.start, gap.end)


def _of(scope: Scope) -> Q:
    return Q() if scope.store_ids is None else Q(controller__store__in=scope.store_ids)


def by_day(
    found: Iterable[Gap], stores: Mapping[int, ScopedStore], cuts: Mapping[ZoneInfo, Cut]
) -> tuple[dict[tuple[int, int], Gaps], Gaps]:
    """Gaps by store and local day; and together, where one that touches several days is one."""
    days: dict[tuple[int, int], Gaps] = defaultdict(Gaps)
    together = Gaps()
    for gap in found:
        parts = list(_days(gap, cuts[stores[gap.store_id].trading.zone])) if gap.store_id in stores else []
        for day, start, end in parts:
            days[gap.store_id, day].count(gap, start, end)
        if parts:
            together.count(gap, parts[0][1], parts[-1][2])
    return days, together


def _days(gap: Gap, cut: Cut) -> Iterator[tuple[int, datetime, datetime]]:
    """The local days that a gap touches, and where in them it lies."""
    first, last = quarter_number(gap.start), quarter_number(gap.end - timedelta(microseconds=1))
    for (day, _), (a, b) in zip(cut.days, cut.edges, strict=True):
        if a <= last and first < b:
            yield day, max(gap.start, quarter_start(a)), min(gap.end, quarter_start(b))
