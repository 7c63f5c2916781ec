"""Footfall: visitors who came and went, from the intervals of a store's entrances."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from reports.calendar import Window


@dataclass(frozen=True, slots=True)
class FootfallInterval:
    """What an entrance counted in the quarter of an hour from ``start`` on."""

    start: datetime
    count_in: int
    count_out: int
    complete: bool = True


class FootfallTotals(NamedTuple):
    """Visitors, and of how many complete quarters."""

    visitors_in: int = 0
    visitors_out: int = 0
    complete_quarters: int = 0
    intervals: int = 0

    def __add__(self, other: FootfallTotals) -> FootfallTotals:  # type: ignore[override]
        return FootfallTotals(
            self.visitors_in + other.visitors_in,
            self.visitors_out + other.visitors_out,
            self.complete_quarters + other.complete_quarters,
            self.intervals + other.intervals,
        )


def footfall(intervals: Iterable[FootfallInterval], window: Window) -> FootfallTotals:
    """The sums of all intervals that start within the window, those of several entrances together."""
    total = FootfallTotals()
    for interval in intervals:
        if window.start <= interval.start < window.end:
            total += FootfallTotals(interval.count_in, interval.count_out, int(interval.complete), 1)
    return total
