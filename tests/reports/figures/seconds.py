"""Figures by brute force: a clock that ticks through a window second by second, and asks what is known then.

It shares nothing with the code under test but the samples: no segments, no merging, no microseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from hypothesis import strategies as st

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOLD = timedelta(seconds=90)


class Sample(Protocol):
    @property
    def at(self) -> datetime: ...


S = TypeVar("S", bound=Sample)

# Samples reach from before the window into it, and lie behind it, too.
instants = st.integers(-150, 1000).map(lambda second: START + timedelta(seconds=second))
ends = st.integers(1, 900).map(lambda second: START + timedelta(seconds=second))
holds = st.sampled_from([timedelta(seconds=15), HOLD, timedelta(seconds=180)])


def one_an_instant(samples: Iterable[S]) -> list[S]:
    """Of samples at the same instant the last one."""
    return list({sample.at: sample for sample in samples}.values())


def ticks(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += SECOND


def latest(samples: Sequence[S], at: datetime) -> S | None:
    """The last sample that was taken by now."""
    return max((sample for sample in samples if sample.at <= at), key=lambda sample: sample.at, default=None)


def known(samples: Sequence[S], hold: timedelta, at: datetime) -> S | None:
    """The sample that holds now, if any does."""
    sample = latest(samples, at)
    return sample if sample is not None and at < sample.at + hold else None
