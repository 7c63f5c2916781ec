"""Queues against a clock that ticks second by second."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from reports.calendar import Window
from reports.figures import QueueSample, QueueTotals, queue
from tests.reports.figures.seconds import HOLD, START, ends, holds, instants, known, latest, one_an_instant, ticks

waits = st.none() | st.integers(0, 600_000)
samples = st.lists(
    st.builds(QueueSample, instants, st.integers(0, 8), waits, waits, st.none() | st.integers(2, 5)), max_size=20
).map(one_an_instant)
quick = settings(max_examples=80, deadline=None)


def at(second: int) -> datetime:
    return START + timedelta(seconds=second)


def by_seconds(zone: list[QueueSample], hold: timedelta, end: datetime) -> dict[str, object]:
    held = [(now, sample) for now in ticks(START, end) if (sample := known(zone, hold, now))]
    limited = [sample for _, sample in held if sample.threshold is not None]
    over = [sample for sample in limited if sample.people > (sample.threshold or 0)]
    waited = [sample for _, sample in held if sample.average_wait_ms is not None and sample.people > 0]
    peak = max((sample.people for _, sample in held), default=None)
    return {
        "covered_s": len(held),
        "average_length": sum(sample.people for _, sample in held) / len(held) if held else None,
        "peak": peak,
        "peak_at": next((now for now, sample in held if sample.people == peak), None),
        "average_wait_ms": sum((s.average_wait_ms or 0) * s.people for s in waited) / sum(s.people for s in waited)
        if waited
        else None,
        "longest_wait_ms": max((s.longest_wait_ms for _, s in held if s.longest_wait_ms is not None), default=None),
        "seconds_over_threshold": len(over) if limited else None,
        "service_level": 1 - len(over) / len(limited) if limited else None,
        "breaches": sum(_breached(zone, hold, now) for now in ticks(START, end)),
    }


def _breached(zone: list[QueueSample], hold: timedelta, now: datetime) -> bool:
    """Whether a sample of this very second found the queue over its threshold, and the one before, still held, not."""
    here, before = latest(zone, now), latest(zone, now - timedelta(seconds=1))
    if here is None or before is None or here.at != now or before.at + hold < now:
        return False
    if here.threshold is None or before.threshold is None:
        return False
    return here.people > here.threshold and not before.people > before.threshold


def told(totals: QueueTotals) -> dict[str, object]:
    names = ("average_length", "peak", "peak_at", "average_wait_ms", "longest_wait_ms", "seconds_over_threshold")
    figures = {name: getattr(totals, name) for name in (*names, "service_level", "breaches")}
    return {"covered_s": totals.covered_us / 1_000_000, **figures}


@quick
@given(zone=samples, hold=holds, end=ends)
def test_a_queue_is_what_is_known_of_it_in_each_second(zone: list[QueueSample], hold: timedelta, end: datetime) -> None:
    assert told(queue(zone, hold, Window(START, end))) == by_seconds(zone, hold, end)


@quick
@given(zone=samples, hold=holds, cuts=st.lists(st.integers(1, 899), max_size=5, unique=True))
def test_buckets_add_up_to_the_whole(zone: list[QueueSample], hold: timedelta, cuts: list[int]) -> None:
    edges = [at(second) for second in (0, *sorted(cuts), 900)]
    parts = [queue(zone, hold, Window(start, end)) for start, end in pairwise(edges)]
    assert sum(parts, QueueTotals()) == queue(zone, hold, Window(edges[0], edges[-1]))


def lengths(*steps: tuple[int, int], threshold: int | None = 4) -> QueueTotals:
    zone = [QueueSample(at(second), count, threshold=threshold) for second, count in steps]
    return queue(zone, HOLD, Window(at(0), at(3600)))


def test_a_breach_is_a_crossing_from_at_the_threshold_to_over_it() -> None:
    assert lengths((0, 4), (60, 5), (120, 6), (180, 4), (240, 5)).breaches == 2


def test_a_queue_that_begins_over_its_threshold_has_not_crossed_it() -> None:
    assert lengths((0, 7), (60, 7)).breaches == 0


def test_samples_that_touch_to_the_instant_make_a_breach_and_those_apart_none() -> None:
    assert lengths((0, 2), (90, 7)).breaches == 1
    assert lengths((0, 2), (91, 7)).breaches == 0


def test_a_breach_belongs_to_the_bucket_of_the_later_sample() -> None:
    zone = [QueueSample(at(-30), 1, threshold=4), QueueSample(at(0), 9, threshold=4)]
    assert queue(zone, HOLD, Window(at(-60), at(0))).breaches == 0
    assert queue(zone, HOLD, Window(at(0), at(60))).breaches == 1


def test_a_threshold_that_is_lowered_can_be_crossed_by_a_queue_as_long_as_before() -> None:
    zone = [QueueSample(at(0), 5, threshold=6), QueueSample(at(60), 5, threshold=4)]
    assert queue(zone, HOLD, Window(at(0), at(120))).breaches == 1


def test_seconds_over_the_threshold_make_the_service_level() -> None:
    totals = lengths((0, 2), (60, 5), (120, 4))  # 60 s under, 60 s over, then 90 s at the threshold
    assert (totals.seconds_over_threshold, totals.service_level) == (60, 1 - 60 / 210)


def test_without_a_threshold_nothing_is_known_of_it() -> None:
    totals = lengths((0, 20), threshold=None)
    assert (totals.seconds_over_threshold, totals.service_level) == (None, None)


def test_waits_are_weighted_by_the_people_who_wait() -> None:
    zone = [QueueSample(at(0), 1, 10_000), QueueSample(at(60), 3, 50_000), QueueSample(at(120), 0, 99_000)]
    assert queue(zone, HOLD, Window(at(0), at(120))).average_wait_ms == (1 * 10_000 + 3 * 50_000) / 4
    assert queue(zone, HOLD, Window(at(120), at(180))).average_wait_ms is None
