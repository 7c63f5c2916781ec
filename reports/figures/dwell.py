"""Dwell: how long people stay in a zone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from reports.calendar import Window

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class DwellInterval:
    """The mean stay over the interval from ``start`` on, and of how many visits; older firmware doesn't tell those."""

    start: datetime
    average_dwell_ms: int
    visits: int | None = None


class DwellTotals(NamedTuple):
    """A mean weighs by its visits, or 1 where they aren't known; then the sum of visits isn't known either."""

    intervals: int = 0
    weighted_ms: int = 0
    weight: int = 0
    visits: int | None = 0

    def __add__(self, other: DwellTotals) -> DwellTotals:  # type: ignore[override]
        known = self.visits is not None and other.visits is not None
        return DwellTotals(
            self.intervals + other.intervals,
            self.weighted_ms + other.weighted_ms,
            self.weight + other.weight,
            (self.visits or 0) + (other.visits or 0) if known else None,
        )

    @property
    def average_dwell_ms(self) -> float | None:
        """Milliseconds: Σ(average × visits) / Σ visits."""
        return self.weighted_ms / self.weight if self.weight else None

    @property
    def dwell_hours(self) -> float | None:
        """Σ(average × visits), in hours; None where visits aren't known or there are no intervals."""
        return self.weighted_ms / _HOUR_MS if self.intervals and self.visits is not None else None


def dwell(intervals: Iterable[DwellInterval], window: Window) -> DwellTotals:
    """All intervals that start within the window, those of several zones together."""
    total = DwellTotals()
    for interval in intervals:
        if window.start <= interval.start < window.end:
            weight = 1 if interval.visits is None else interval.visits
            total += DwellTotals(1, interval.average_dwell_ms * weight, weight, interval.visits)
    return total
