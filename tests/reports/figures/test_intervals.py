"""Footfall, dwell and changes: sums of intervals, each put where it starts."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from reports.calendar import QUARTER, Window
from reports.figures import (
    DwellInterval,
    DwellTotals,
    FootfallInterval,
    FootfallTotals,
    change,
    coverage,
    dwell,
    footfall,
    whole,
)
from tests.reports.figures.seconds import START

HOUR = timedelta(hours=1)
quick = settings(max_examples=60, deadline=None)
counts = st.integers(0, 500)
quarters = st.integers(-8, 24).map(lambda number: START + number * QUARTER)
doors = st.lists(st.builds(FootfallInterval, quarters, counts, counts, st.booleans()), max_size=40)
hours = st.integers(-4, 12).map(lambda number: START + number * HOUR)
stays = st.lists(st.builds(DwellInterval, hours, st.integers(0, 900_000), st.none() | counts), max_size=30)


@quick
@given(intervals=doors, length=st.integers(1, 20))
def test_footfall_is_the_sum_of_the_intervals_that_start_in_the_window(
    intervals: list[FootfallInterval], length: int
) -> None:
    within = [START + number * QUARTER for number in range(length)]
    ours = [interval for interval in intervals if interval.start in within]
    totals = footfall(intervals, Window(START, START + length * QUARTER))
    assert (totals.visitors_in, totals.visitors_out) == (
        sum(interval.count_in for interval in ours),
        sum(interval.count_out for interval in ours),
    )
    assert (totals.intervals, totals.complete_quarters) == (len(ours), len([i for i in ours if i.complete]))


@quick
@given(intervals=doors, cut=st.integers(1, 19))
def test_footfall_of_parts_adds_up(intervals: list[FootfallInterval], cut: int) -> None:
    middle, end = START + cut * QUARTER, START + 20 * QUARTER
    parts = footfall(intervals, Window(START, middle)) + footfall(intervals, Window(middle, end))
    assert parts == footfall(intervals, Window(START, end))


@quick
@given(intervals=stays)
def test_dwell_is_the_mean_over_visits_each_counted_by_itself(intervals: list[DwellInterval]) -> None:
    window = Window(START, START + 6 * HOUR)
    ours = [interval for interval in intervals if START <= interval.start < window.end]
    # One entry a visit; one for an interval that doesn't tell its visits.
    visits = [i.average_dwell_ms for i in ours for _ in range(1 if i.visits is None else i.visits)]
    totals = dwell(intervals, window)
    assert totals.average_dwell_ms == (sum(visits) / len(visits) if visits else None)
    known = all(interval.visits is not None for interval in ours)
    assert totals.visits == (sum(interval.visits or 0 for interval in ours) if known else None)
    assert totals.dwell_hours == (sum(visits) / 3_600_000 if ours and known else None)


@quick
@given(intervals=stays, cut=st.integers(1, 5))
def test_dwell_of_parts_adds_up(intervals: list[DwellInterval], cut: int) -> None:
    middle, end = START + cut * HOUR, START + 6 * HOUR
    parts = dwell(intervals, Window(START, middle)) + dwell(intervals, Window(middle, end))
    assert parts == dwell(intervals, Window(START, end))


def at_hour(number: int) -> datetime:
    return START + number * HOUR


def test_one_hour_without_visits_makes_the_sum_of_visits_unknown() -> None:
    totals = dwell([DwellInterval(at_hour(0), 10_000, 3), DwellInterval(at_hour(1), 30_000)], Window(START, at_hour(2)))
    assert (totals.average_dwell_ms, totals.visits, totals.dwell_hours) == ((3 * 10_000 + 30_000) / 4, None, None)


def test_hours_that_nobody_visited_have_no_mean() -> None:
    totals = dwell([DwellInterval(at_hour(0), 0, 0)], Window(START, at_hour(1)))
    assert (totals.average_dwell_ms, totals.visits, totals.dwell_hours) == (None, 0, 0)
    assert dwell([], Window(START, at_hour(1))) == DwellTotals()


def test_an_hour_belongs_to_the_bucket_in_which_it_starts() -> None:
    interval = DwellInterval(at_hour(0), 10_000, 3)
    assert dwell([interval], Window(at_hour(0), at_hour(0) + QUARTER)).visits == 3
    assert dwell([interval], Window(at_hour(0) + QUARTER, at_hour(1))).intervals == 0


def test_no_intervals_are_none_of_the_visitors() -> None:
    assert footfall([], Window(START, at_hour(1))) == FootfallTotals()


def test_a_change_needs_something_before() -> None:
    assert (change(120, 100), change(80, 100), change(0, 100)) == (0.2, -0.2, -1.0)
    assert (change(5, 0), change(5, None), change(None, 5)) == (None, None, None)


def test_coverage_is_a_share_of_what_was_expected() -> None:
    assert (coverage(30, 60), coverage(0, 60), coverage(0, 0)) == (0.5, 0.0, None)
    assert coverage(90, 60) == 1.0


def test_milliseconds_are_whole() -> None:
    assert (whole(1234.5678), whole(None)) == (1235, None)
