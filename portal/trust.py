"""How far each store's figures can be trusted: its last days, since when something is missing, what was healed.

Of a large chain that takes seconds. It's kept for all people together, as the overview's board is, and made anew by the worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, takewhile
from typing import Any

from portal import kept
from portal.board import AT_ONCE
from portal.figures import known
from portal.panels.days import DayKnown, days_of, looks, streams_due, told_streams
from portal.periods import DAY
from reports import health, queries
from reports.request import HealthRequest
from sites_app.access import READ, Principal
from sites_app.models import Store, StoreQuerySet

DAYS = 14
SKEW_LIMIT_MS = 60_000
"""A clock that is off by more puts people into the wrong quarter of an hour."""
_KEY = "portal:trust"
_EVERY, _TOO_OLD = timedelta(minutes=5), timedelta(minutes=30)
_SHARE = 20
"""Making it takes at most a twentieth of a core."""
_ALL = Principal("portal", frozenset({READ}), sees_all=True)


@dataclass(frozen=True, slots=True)
class Trust:
    """A store's last days. ``since`` is the first of those up to now that aren't whole; None where all is well."""

    code: str
    days: Sequence[DayKnown]
    since: date | None
    least: Sequence[tuple[str, float]]
    healed: int
    healed_s: int
    open: int
    skew_ms: int | None
    never_left: int | None

    @property
    def rank(self) -> tuple[int, float, str]:
        """Those first that are least to be trusted."""
        worst = min((share for _, share in self.least), default=1.0)
        odd = self.clock_is_off or self.never_left
        return (0 if self.since else 1 if odd else 2 if self.healed else 3, worst, self.code)

    @property
    def clock_is_off(self) -> bool:
        return self.skew_ms is not None and abs(self.skew_ms) > SKEW_LIMIT_MS


@dataclass(frozen=True, slots=True)
class Kept:
    """All stores, as of a moment."""

    as_of: datetime
    took_s: float
    trust: Sequence[Trust]


def trust_in(stores: StoreQuerySet, *, now: datetime) -> tuple[datetime, list[Trust]]:
    """These stores by rank, and as of when."""
    codes = tuple(stores.order_by().values_list("code", flat=True))
    if len(codes) <= AT_ONCE:
        return now, _look(codes, now) if codes else []
    found = _read()
    if found is None or now - found.as_of > _TOO_OLD:
        found = make(now=now)
    wanted = set(codes)
    return found.as_of, [trust for trust in found.trust if trust.code in wanted]


def make(*, now: datetime) -> Kept:
    """Look at all stores, and keep what is seen."""
    start = datetime.now(now.tzinfo)
    found = _look((), now)
    made = Kept(now, (datetime.now(now.tzinfo) - start).total_seconds(), found)
    kept.write(_KEY, made, version=now.isoformat())
    return made


def refresh(*, now: datetime) -> bool:
    """Make it anew where it's time, and where there are many stores."""
    if Store.objects.order_by()[AT_ONCE : AT_ONCE + 1].count() == 0:
        return False
    before = _read()
    if before and now - before.as_of < max(_EVERY, timedelta(seconds=_SHARE * before.took_s)):
        return False
    make(now=now)
    return True


def _read() -> Kept | None:
    found: Kept | None = kept.read(_KEY)
    return found


def _look(codes: tuple[str, ...], now: datetime) -> list[Trust]:
    """These stores, or all, by rank."""
    end = now.date() + DAY
    wanted = HealthRequest(end - timedelta(days=DAYS), end, stores=codes)
    report = health.run(wanted, _ALL, now=now, row_limit=None)
    rows = (queries.named(report.columns, row) for row in report.rows)
    by_store = groupby(rows, key=lambda row: str(row["store"]))
    return sorted((_trust(code, list(days), now) for code, days in by_store), key=lambda trust: trust.rank)


def _trust(code: str, rows: list[dict[str, Any]], now: datetime) -> Trust:
    days = days_of(rows, now)
    # The latest day in which anything was expected says how things stand.
    expected = [day for day in reversed(days) if day.share is not None]
    streak = list(takewhile(lambda day: day.looks != "whole", expected))
    return Trust(
        code,
        days,
        since=streak[-1].day if streak else None,
        least=_least(rows, now),
        healed=sum(row["gaps_healed"] for row in rows),
        healed_s=sum(row["gaps_healed_s"] for row in rows),
        open=sum(row["gaps_open"] for row in rows),
        skew_ms=max(known([row["clock_skew_ms"] for row in rows]), key=abs, default=None),
        never_left=max(known([row["night_occupancy"] for row in rows]), default=None),
    )


def _least(rows: Sequence[dict[str, Any]], now: datetime) -> list[tuple[str, float]]:
    """The streams of which a day isn't whole, with the worst day's share."""
    worst: dict[str, float] = {}
    told = told_streams(rows)
    for stream in told:
        due = [row for row in rows if stream in streams_due(row, told, now)]
        share = min(known([row["coverage"][stream] for row in due]), default=1.0)
        if looks(share) != "whole":
            worst[stream] = share
    return sorted(worst.items(), key=lambda item: item[1])
