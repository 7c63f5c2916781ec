"""Queues: lengths and waits over time, and how often and how long a queue was over its threshold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from reports.calendar import Window
from reports.figures.occupancy import first_peak
from reports.figures.steps import Segment, segments

_SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class QueueSample:
    """A queue at an instant; waits in milliseconds."""

    at: datetime
    people: int
    average_wait_ms: int | None = None
    longest_wait_ms: int | None = None
    threshold: int | None = None


class QueueTotals(NamedTuple):
    """What can be merged of queues. ``wait_person_us`` is in milliseconds × people × microseconds.

    Of several queues of a store the sums add up: lengths are thereby weighted by covered time.
    """

    covered_us: int = 0
    person_us: int = 0
    peak: int | None = None
    peak_at: datetime | None = None
    wait_person_us: int = 0
    waited_person_us: int = 0
    longest_wait_ms: int | None = None
    over_us: int = 0
    threshold_us: int = 0
    breaches: int = 0

    def __add__(self, other: QueueTotals) -> QueueTotals:  # type: ignore[override]
        peak, peak_at = first_peak((self.peak, self.peak_at), (other.peak, other.peak_at))
        waits = [wait for wait in (self.longest_wait_ms, other.longest_wait_ms) if wait is not None]
        return QueueTotals(
            self.covered_us + other.covered_us,
            self.person_us + other.person_us,
            peak,
            peak_at,
            self.wait_person_us + other.wait_person_us,
            self.waited_person_us + other.waited_person_us,
            max(waits, default=None),
            self.over_us + other.over_us,
            self.threshold_us + other.threshold_us,
            self.breaches + other.breaches,
        )

    @property
    def average_length(self) -> float | None:
        """People, the mean over the covered time."""
        return self.person_us / self.covered_us if self.covered_us else None

    @property
    def average_wait_ms(self) -> float | None:
        """∫wait × people dt / ∫people dt where a wait is known and people are waiting."""
        return self.wait_person_us / self.waited_person_us if self.waited_person_us else None

    @property
    def seconds_over_threshold(self) -> float | None:
        """The time with more people than the threshold; None without a known threshold."""
        return self.over_us / _SECOND_US if self.threshold_us else None

    @property
    def service_level(self) -> float | None:
        """1 − the share of the covered time with a known threshold that was over it."""
        return 1 - self.over_us / self.threshold_us if self.threshold_us else None


def queue(samples: Iterable[QueueSample], hold: timedelta, window: Window) -> QueueTotals:
    """One queue over a window.

    A breach is a crossing from at or under the threshold to over it, between samples that touch (the earlier still
    holds when the later comes, to the very instant), each against its own threshold. It belongs to the later one.
    """
    ordered = sorted(samples, key=lambda sample: sample.at)
    total = QueueTotals()
    for segment in segments(ordered, hold, window):
        total += _slice(segment)
    breaches = sum(
        window.start <= later.at < window.end and later.at <= earlier.at + hold and _crosses(earlier, later)
        for earlier, later in pairwise(ordered)
    )
    return total + QueueTotals(breaches=breaches)


def _crosses(earlier: QueueSample, later: QueueSample) -> bool:
    if earlier.threshold is None or later.threshold is None:
        return False
    return earlier.people <= earlier.threshold and later.people > later.threshold


def _slice(segment: Segment[QueueSample]) -> QueueTotals:
    sample, us = segment.sample, segment.us
    waited = sample.average_wait_ms is not None and sample.people > 0
    return QueueTotals(
        covered_us=us,
        person_us=sample.people * us,
        peak=sample.people,
        peak_at=segment.start,
        wait_person_us=(sample.average_wait_ms or 0) * sample.people * us if waited else 0,
        waited_person_us=sample.people * us if waited else 0,
        longest_wait_ms=sample.longest_wait_ms,
        over_us=us if sample.threshold is not None and sample.people > sample.threshold else 0,
        threshold_us=us if sample.threshold is not None else 0,
    )
