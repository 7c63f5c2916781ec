"""How much of each of the last days is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.figures import Row, known
from portal.panels.basis import Basis
from portal.periods import DAY
from reports import health, queries
from reports.request import HealthRequest

DAYS = 14
_AT_ONCE = ("occupancy", "queues")
"""What is told as it happens."""
ENOUGH, LITTLE = 0.98, 0.8
"""Shares from which on a day is whole enough, and under which its figures aren't to be trusted."""


@dataclass(frozen=True, slots=True)
class DayKnown:
    """A day, the share that is known of the stream of which least is, and how that looks."""

    day: date
    share: float | None
    looks: str


def coverage(basis: Basis) -> Sequence[DayKnown]:
    """The two weeks up to the day."""
    end = basis.day + DAY
    request = HealthRequest(end - timedelta(days=DAYS), end, stores=(basis.store.code,))
    report = health.run(request, basis.principal, now=basis.now)
    return days_of([queries.named(report.columns, row) for row in report.rows], basis.now)


def days_of(rows: Sequence[Row], now: datetime) -> list[DayKnown]:
    """A store's days, of rows of the report on the data itself."""
    told = told_streams(rows)
    found = []
    for row in rows:
        shares = [row["coverage"][stream] for stream in streams_due(row, told, now)]
        least = min(known(shares), default=None)
        found.append(DayKnown(date.fromisoformat(row["start"][:10]), least, looks(least)))
    return found


def streams_due(row: Row, told: Sequence[str], now: datetime) -> list[str]:
    """The streams of which a day can be expected to be whole.

    Of a day that isn't over, intervals of the last hour are still on their way; they are missed once they are a gap.
    """
    is_over = datetime.fromisoformat(row["end"]) <= now
    return [stream for stream in told if is_over or row["gaps_open"] or stream in _AT_ONCE]


def told_streams(rows: Sequence[Row]) -> list[str]:
    """The streams that have told anything in all that time; what a store never tells, no figure of it lacks.

    Of a store that has told nothing at all, each is missed.
    """
    streams = list(rows[0]["coverage"]) if rows else []
    told = [stream for stream in streams if any(row["coverage"][stream] for row in rows)]
    return told or streams


def looks(share: float | None) -> str:
    """``whole``, ``some``, ``little`` or ``none`` is known."""
    if share is None:
        return "none"
    return "whole" if share >= ENOUGH else "some" if share >= LITTLE else "little"
