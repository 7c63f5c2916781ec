"""Occupancy: people over time, in a zone or in a store as the sum of its counting zones."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from reports.calendar import Window
from reports.figures.steps import microseconds, segments

_HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class OccupancySample:
    """The people in a zone at an instant, and its capacity where that is known."""

    at: datetime
    people: int
    capacity: int | None = None


class OccupancyTotals(NamedTuple):
    """What can be merged of occupancy. ``capacity_*`` are over the covered time with a known capacity."""

    covered_us: int = 0
    person_us: int = 0
    capacity_us: int = 0
    capacity_person_us: int = 0
    peak: int | None = None
    peak_at: datetime | None = None
    peak_utilisation: float | None = None

    def __add__(self, other: OccupancyTotals) -> OccupancyTotals:  # type: ignore[override]
        peak, peak_at = first_peak((self.peak, self.peak_at), (other.peak, other.peak_at))
        shares = [share for share in (self.peak_utilisation, other.peak_utilisation) if share is not None]
        return OccupancyTotals(
            self.covered_us + other.covered_us,
            self.person_us + other.person_us,
            self.capacity_us + other.capacity_us,
            self.capacity_person_us + other.capacity_person_us,
            peak,
            peak_at,
            max(shares, default=None),
        )

    @property
    def average_occupancy(self) -> float | None:
        """People, the mean over the covered time: ∫people dt / covered."""
        return self.person_us / self.covered_us if self.covered_us else None

    @property
    def person_hours(self) -> float | None:
        """∫people dt, in hours; None where nothing is covered."""
        return self.person_us / _HOUR_US if self.covered_us else None

    @property
    def average_utilisation(self) -> float | None:
        """∫people dt / ∫capacity dt over the covered time with a known capacity."""
        return self.capacity_person_us / self.capacity_us if self.capacity_us else None


def first_peak(
    one: tuple[int | None, datetime | None], other: tuple[int | None, datetime | None]
) -> tuple[int | None, datetime | None]:
    """The higher of two peaks; of two as high the earlier."""
    peaks = [peak for peak in (one, other) if peak[0] is not None]
    return min(peaks, key=lambda peak: (-(peak[0] or 0), peak[1]), default=(None, None))


def _slice(start: datetime, us: int, people: int, capacity: int | None) -> OccupancyTotals:
    """Totals of a stretch over which nothing changes."""
    known = capacity or 0
    return OccupancyTotals(
        covered_us=us,
        person_us=people * us,
        capacity_us=known * us,
        capacity_person_us=people * us if known else 0,
        peak=people,
        peak_at=start,
        peak_utilisation=people / known if known else None,
    )


def zone_occupancy(samples: Iterable[OccupancySample], hold: timedelta, window: Window) -> OccupancyTotals:
    """The occupancy of one zone over a window."""
    total = OccupancyTotals()
    for segment in segments(samples, hold, window):
        total += _slice(segment.start, segment.us, segment.sample.people, segment.sample.capacity)
    return total


def store_occupancy(
    zones: Mapping[Hashable, tuple[Iterable[OccupancySample], timedelta]],
    window: Window,
    store_capacity: int | None = None,
) -> OccupancyTotals:
    """The occupancy of a store: the sum over its counting zones (each with its hold), known only where all are.

    Its peak is the peak of that sum. Its capacity is the store's own, else the sum of the zones', where all are known.
    """
    cut = [segments(samples, hold, window) for samples, hold in zones.values()]
    edges = sorted({edge for zone in cut for segment in zone for edge in (segment.start, segment.end)})
    total = OccupancyTotals()
    for start, end in pairwise(edges):
        holding = [segment.sample for zone in cut for segment in zone if segment.start <= start < segment.end]
        if len(holding) == len(cut):
            capacities = [sample.capacity for sample in holding]
            summed = sum(capacity or 0 for capacity in capacities) if all(capacities) else None
            people = sum(sample.people for sample in holding)
            total += _slice(start, microseconds(end - start), people, store_capacity or summed)
    return total
