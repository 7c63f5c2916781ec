"""The step function: a sample holds until the zone's next one, at most for the hold time; after that it's unknown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from reports.calendar import Window

_MICROSECOND = timedelta(microseconds=1)


class HasInstant(Protocol):
    """Anything that was observed at an instant."""

    @property
    def at(self) -> datetime: ...


S = TypeVar("S", bound=HasInstant)


@dataclass(frozen=True, slots=True)
class Segment(Generic[S]):
    """A stretch over which a sample holds."""

    start: datetime
    end: datetime
    sample: S

    @property
    def us(self) -> int:
        """Its length in microseconds."""
        return microseconds(self.end - self.start)


def microseconds(span: timedelta) -> int:
    """A duration in whole microseconds."""
    return span // _MICROSECOND


def segments(samples: Iterable[S], hold: timedelta, window: Window) -> list[Segment[S]]:
    """Where each sample of one zone holds within the window, in order.

    One sample an instant: of two observed at once the later received stands, which is for the caller to see to.
    Samples before the window count for what they reach into it.
    """
    ordered = sorted(samples, key=lambda sample: sample.at)
    cut = []
    for number, sample in enumerate(ordered):
        until = sample.at + hold
        if number + 1 < len(ordered):
            until = min(until, ordered[number + 1].at)
        start, end = max(sample.at, window.start), min(until, window.end)
        if start < end:
            cut.append(Segment(start, end, sample))
    return cut
