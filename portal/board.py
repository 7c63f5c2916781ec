"""All stores in brief: what the overview adds up, and sorts by.

Some hundred stores are looked at anew for each view. Of more, a board is kept for all people together: the worker makes it
anew all the time, a view picks the stores that its person sees. The lines that are shown are always of the moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.core.cache import cache

from portal import kept
from portal.lines import Line, lines_of
from reports import figures
from sites_app.models import Store, StoreQuerySet

AT_ONCE = 150
"""So many stores are looked at for each view."""
_KEY, _WANTED = "portal:board", "portal:board:wanted"
_LOOKED_AT_LATELY_S = 60
_USUALLY, _WHEN_LOOKED_AT = timedelta(seconds=60), timedelta(seconds=5)
_TOO_OLD = timedelta(minutes=3)
_SHARE = 10
"""Making it takes at most a tenth of a core."""


class Brief(NamedTuple):
    """A store in brief; what isn't known is None."""

    store_id: int
    region_id: int
    rank: int
    order: tuple[int, float, str]
    is_open: bool
    people: int | None
    has_queues: bool
    queues_known: bool
    queue_exceeded: bool
    has_doors: bool
    visitors: int | None
    last_week: int | None
    incomplete: bool
    has_gaps: bool

    @classmethod
    def of(cls, line: Line) -> Brief:
        queues, today = line.queues, line.today
        return cls(
            line.store.pk,
            line.store.region_id,
            line.rank,
            line.order,
            line.is_open,
            line.occupancy.people,
            queues is not None,
            queues is not None and not queues.missing,
            line.queue_exceeded,
            today.doors > 0,
            today.visitors,
            today.last_week,
            today.has_gaps or (today.doors > 0 and line.is_late),
            today.has_gaps,
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """Stores together. Sums are of the known alone, and say of how many stores they are."""

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


def summary_of(briefs: Sequence[Brief]) -> Summary:
    """Stores together."""
    people = [brief.people for brief in briefs if brief.people is not None]
    counted = [brief for brief in briefs if brief.visitors is not None]
    # Only stores that have both days: else a store that opened this week would be growth.
    compared = [brief for brief in counted if brief.last_week is not None and not brief.has_gaps]
    now, before = (sum(getattr(brief, name) or 0 for brief in compared) for name in ("visitors", "last_week"))
    return Summary(
        stores=len(briefs),
        open=sum(brief.is_open for brief in briefs),
        people=sum(people),
        known=len(people),
        queues_over=sum(brief.queue_exceeded for brief in briefs),
        queues_known=sum(brief.queues_known for brief in briefs),
        with_queues=sum(brief.has_queues for brief in briefs),
        visitors=sum(brief.visitors or 0 for brief in counted),
        counted=len(counted),
        with_doors=sum(brief.has_doors for brief in briefs),
        with_gaps=sum(brief.incomplete for brief in briefs),
        change=figures.change(now, before),
        compared=len(compared),
    )


@dataclass(frozen=True, slots=True)
class Board:
    """Stores in brief, as of a moment."""

    as_of: datetime
    took_s: float
    briefs: Sequence[Brief]


def briefs_of(stores: StoreQuerySet, *, now: datetime) -> tuple[datetime, list[Brief], list[Line] | None]:
    """These stores in brief, as of when; with their lines, where they are few enough to be looked at at once."""
    ids = set(stores.order_by().values_list("pk", flat=True)[: AT_ONCE + 1])
    if len(ids) <= AT_ONCE:
        lines = lines_of(stores, now=now)
        return now, [Brief.of(line) for line in lines], lines
    board = _kept(now) or make(now=now)
    ids = set(stores.order_by().values_list("pk", flat=True))
    return board.as_of, [brief for brief in board.briefs if brief.store_id in ids], None


def _kept(now: datetime) -> Board | None:
    cache.set(_WANTED, True, _LOOKED_AT_LATELY_S)
    board = _read()
    return board if board and now - board.as_of < _TOO_OLD else None


def _read() -> Board | None:
    board: Board | None = kept.read(_KEY)
    return board


def make(*, now: datetime) -> Board:
    """Look at all stores, and keep what is seen."""
    start = datetime.now(now.tzinfo)
    lines = lines_of(Store.objects.all(), now=now)
    took_s = (datetime.now(now.tzinfo) - start).total_seconds()
    board = Board(now, took_s, sorted(map(Brief.of, lines), key=lambda brief: brief.order))
    kept.write(_KEY, board, version=now.isoformat())
    return board


def refresh(*, now: datetime) -> bool:
    """Make it anew where it's time: often while somebody looks, at a pace that leaves room for other work."""
    if Store.objects.order_by()[AT_ONCE : AT_ONCE + 1].count() == 0:
        return False
    board = _read()
    if board:
        pause = _WHEN_LOOKED_AT if cache.get(_WANTED) else _USUALLY
        if now - board.as_of < max(pause, timedelta(seconds=_SHARE * board.took_s)):
            return False
    make(now=now)
    return True


def by_region(briefs: Iterable[Brief], ancestors: dict[int, int]) -> dict[int, list[Brief]]:
    """Briefs by the region that they are shown under."""
    found: dict[int, list[Brief]] = {}
    for brief in briefs:
        if brief.region_id in ancestors:
            found.setdefault(ancestors[brief.region_id], []).append(brief)
    return found
