"""Days as bits say what the trading hours say, quarter by quarter, also where a clock is changed."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import calendar
from reports.trading import Trading, changed_days, trading_as_written
from sites_app.hours import Opening, Special, TradingHours, clock_of

ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Havana", "UTC"]
# The clocks of all of these are changed within a few days of one of these.
DAYS = [date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 10, 4), date(2026, 10, 25), date(2026, 11, 1)]

times = st.times().map(lambda t: t.replace(second=0, microsecond=0))
openings = st.lists(st.builds(Opening, st.integers(1, 7), times, times), max_size=6)


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(ZONES), day=st.sampled_from(DAYS), weekly=openings, special=st.none() | st.tuples(times, times)
)
def test_a_day_is_open_where_its_trading_hours_are(
    zone: str, day: date, weekly: list[Opening], special: tuple[time, time] | None
) -> None:
    hours = TradingHours(zone, tuple(sorted(weekly)), (Special(day, *special),) if special else ())
    days = Trading(hours)
    for ordinal in range(day.toordinal() - 2, day.toordinal() + 3):
        found = days.day(ordinal)
        quarters = [calendar.quarter_start(number) for number in range(found.start, found.end)]
        assert [bool(found.open >> bit & 1) for bit in range(len(quarters))] == [hours.is_open(q) for q in quarters]
        assert {q.astimezone(days.zone).toordinal() for q in quarters} == {ordinal}
        on_the_hour = found.hours(found.all)
        assert [bool(on_the_hour >> bit & 1) for bit in range(len(quarters))] == [q.minute == 0 for q in quarters]


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    day=st.sampled_from(DAYS),
    weekly=openings,
    from_=st.integers(-200, 200),
    length=st.integers(-5, 300),
)
def test_open_quarters_are_counted_whole_or_cut(
    zone: str, day: date, weekly: list[Opening], from_: int, length: int
) -> None:
    hours = TradingHours(zone, tuple(sorted(weekly)))
    start = calendar.day_quarters(day.toordinal(), clock_of(zone))[0] + from_
    quarters = hours.open_quarters(calendar.quarter_start(start), calendar.quarter_start(start + length))
    assert Trading(hours).open_between(start, start + length) == len(quarters)


def test_hours_are_read_as_they_are_written() -> None:
    written = "Europe/Berlin|1 09:00:00-20:00:00;6 22:00:00-02:00:00|2026-12-24 09:00:00-14:00:00;2026-12-25 off"
    monday, saturday = date(2026, 11, 2), date(2026, 11, 7)
    days = trading_as_written(written)
    assert days.day(monday.toordinal()).open.bit_count() == 11 * 4
    assert days.day(saturday.toordinal()).open.bit_count() == 2 * 4
    assert days.day(saturday.toordinal() + 1).open.bit_count() == 2 * 4
    assert days.day(date(2026, 12, 25).toordinal()).open == 0
    assert trading_as_written("Asia/Kathmandu||").day(monday.toordinal()).open.bit_count() == 96


@pytest.mark.parametrize(
    ("after", "changed"),
    [
        ("Europe/Berlin|1 09:00:00-20:00:00|", []),
        ("Europe/Berlin|1 09:00:00-20:05:00|", [date(2026, 11, 2)]),
        ("Europe/Berlin|1 09:00:00-20:00:00|2026-11-03 10:00:00-12:00:00", [date(2026, 11, 3)]),
    ],
)
def test_only_days_that_differ_have_changed(after: str, changed: list[date]) -> None:
    before = "Europe/Berlin|1 09:00:00-20:00:00|"
    first, last = date(2026, 11, 1).toordinal(), date(2026, 11, 5).toordinal()
    assert changed_days(before, after, first, last) == tuple(day.toordinal() for day in changed)


def test_with_another_clock_all_days_have_changed() -> None:
    first = date(2026, 11, 1).toordinal()
    days = changed_days("Europe/Berlin||", "Europe/London||", first, first + 1)
    assert days == tuple(range(first - 1, first + 3))


def test_a_report_of_two_centuries_is_not_remembered_whole() -> None:
    always = Trading(TradingHours("Asia/Kathmandu", (), ()))
    first = date(2000, 1, 1).toordinal()
    days = always.days(first, first + 200 * 365)
    assert len(days) == 200 * 365
    assert days[0] == always.day(first)
    assert len(always._days) <= 2_000
