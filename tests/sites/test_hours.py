"""Trading hours as quarters of an hour: past midnight, on special dates, and in nights when the clock is changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sites_app.hours import QUARTER, Opening, Special, TradingHours

EVERY_DAY = range(1, 8)


def hours(timezone: str, opens: str, closes: str, *special: Special, weekdays: range = EVERY_DAY) -> TradingHours:
    weekly = tuple(Opening(day, time.fromisoformat(opens), time.fromisoformat(closes)) for day in weekdays)
    return TradingHours(timezone, weekly, special)


def closed_on(day: date) -> Special:
    return Special(day, None, None)


def open_clock(trading: TradingHours, day: date) -> list[str]:
    """The open quarters of a local day, as its clock shows their starts."""
    zone = ZoneInfo(trading.timezone)
    start = datetime.combine(day, time(0), zone).astimezone(UTC) - timedelta(hours=2)
    quarters = trading.open_quarters(start, start + timedelta(hours=29))
    local = [quarter.astimezone(zone) for quarter in quarters]
    return [f"{quarter:%H:%M}" for quarter in local if quarter.date() == day]


def test_a_quarter_is_open_if_any_of_it_is() -> None:
    quarters = open_clock(hours("Europe/Berlin", "09:10", "20:05"), date(2026, 6, 3))
    assert (quarters[0], quarters[-1], len(quarters)) == ("09:00", "20:00", 45)


def test_closing_on_a_quarter_leaves_that_quarter_closed() -> None:
    quarters = open_clock(hours("Europe/Berlin", "09:15", "20:00"), date(2026, 6, 3))
    assert (quarters[0], quarters[-1]) == ("09:15", "19:45")


def test_without_hours_a_store_is_always_open() -> None:
    assert len(open_clock(TradingHours("Asia/Kathmandu"), date(2026, 6, 3))) == 96


def test_a_day_without_hours_is_closed() -> None:
    monday_to_saturday = hours("Europe/Berlin", "09:00", "20:00", weekdays=range(1, 7))
    assert open_clock(monday_to_saturday, date(2026, 6, 7)) == []
    assert len(open_clock(monday_to_saturday, date(2026, 6, 6))) == 44


def test_hours_past_midnight_belong_to_the_day_on_which_they_began() -> None:
    only_friday = hours("America/New_York", "18:00", "02:00", weekdays=range(5, 6))
    assert open_clock(only_friday, date(2026, 6, 5))[0] == "18:00"
    assert open_clock(only_friday, date(2026, 6, 5))[-1] == "23:45"
    assert open_clock(only_friday, date(2026, 6, 6)) == [f"{h:02}:{m:02}" for h in (0, 1) for m in (0, 15, 30, 45)]
    assert open_clock(only_friday, date(2026, 6, 7)) == []


def test_hours_that_close_as_they_open_last_a_day() -> None:
    only_monday = hours("Europe/Berlin", "06:00", "06:00", weekdays=range(1, 2))
    assert len(open_clock(only_monday, date(2026, 6, 1))) == 4 * 18
    assert len(open_clock(only_monday, date(2026, 6, 2))) == 4 * 6


def test_several_stretches_a_day_leave_the_siesta_closed() -> None:
    weekly = (Opening(3, time(10), time(14)), Opening(3, time(17), time(21)))
    quarters = open_clock(TradingHours("Europe/Madrid", weekly), date(2026, 6, 3))
    assert (len(quarters), "13:45" in quarters, "14:00" in quarters, "17:00" in quarters) == (32, True, False, True)


def test_special_hours_stand_in_place_of_the_weekly_ones() -> None:
    christmas_eve = Special(date(2026, 12, 24), time(9), time(14))
    trading = hours("Europe/Berlin", "09:00", "20:00", christmas_eve, closed_on(date(2026, 12, 25)))
    assert open_clock(trading, date(2026, 12, 24))[-1] == "13:45"
    assert open_clock(trading, date(2026, 12, 25)) == []
    assert open_clock(trading, date(2026, 12, 26))[-1] == "19:45"


def test_the_night_before_a_closed_day_is_still_traded_to_its_end() -> None:
    trading = hours("Europe/Berlin", "20:00", "03:00", closed_on(date(2026, 12, 25)))
    assert open_clock(trading, date(2026, 12, 25))[-1] == "02:45"
    assert open_clock(trading, date(2026, 12, 26))[0] == "20:00"


def test_a_store_without_weekly_hours_is_closed_on_its_special_dates_alone() -> None:
    trading = TradingHours("Europe/Berlin", (), (closed_on(date(2026, 12, 25)),))
    assert open_clock(trading, date(2026, 12, 25)) == []
    assert len(open_clock(trading, date(2026, 12, 26))) == 96


def test_special_hours_may_have_several_stretches() -> None:
    day = date(2026, 12, 31)
    trading = hours("Europe/Berlin", "09:00", "20:00", Special(day, time(9), time(12)), Special(day, time(22), time(1)))
    quarters = open_clock(trading, day)
    assert (quarters[0], "12:00" in quarters, quarters[-1]) == ("09:00", False, "23:45")
    assert open_clock(trading, date(2027, 1, 1))[:5] == ["00:00", "00:15", "00:30", "00:45", "09:00"]


@pytest.mark.parametrize(
    ("timezone", "day", "quarters"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 92),
        ("Europe/Berlin", date(2026, 10, 25), 100),
        ("America/New_York", date(2026, 11, 1), 100),
        ("Australia/Lord_Howe", date(2026, 10, 4), 94),
        ("Australia/Lord_Howe", date(2026, 4, 5), 98),
        ("Africa/Cairo", date(2026, 4, 23), 96),
        ("Africa/Cairo", date(2026, 4, 24), 92),  # its midnight is skipped
        ("Africa/Cairo", date(2026, 10, 29), 100),
        ("America/Havana", date(2026, 11, 1), 100),  # its midnight comes twice
        ("Asia/Kathmandu", date(2026, 3, 29), 96),
    ],
)
def test_round_the_clock_is_the_whole_day_also_when_the_clock_is_changed(
    timezone: str, day: date, quarters: int
) -> None:
    assert len(open_clock(hours(timezone, "00:00", "00:00"), day)) == quarters


@pytest.mark.parametrize(
    ("timezone", "day", "quarters"),
    [("Europe/Berlin", date(2026, 3, 29), 20), ("Europe/Berlin", date(2026, 10, 25), 28)],
)
def test_a_night_is_an_hour_shorter_or_longer_when_the_clock_is_changed_in_it(
    timezone: str, day: date, quarters: int
) -> None:
    trading = hours(timezone, "22:00", "04:00")
    start = datetime.combine(day - timedelta(days=1), time(22), ZoneInfo(timezone)).astimezone(UTC)
    assert len(trading.open_quarters(start, start + timedelta(hours=12))) == quarters


def test_closing_at_a_time_that_is_skipped_means_the_moment_of_the_change() -> None:
    # Miami on 8 March 2026: after 01:59 comes 03:00. A store that closes "at 02:00" has traded until then.
    trading = hours("America/New_York", "11:00", "02:00")
    assert open_clock(trading, date(2026, 3, 8))[:9] == [
        *(f"{hour:02}:{minute:02}" for hour in (0, 1) for minute in (0, 15, 30, 45)),
        "11:00",
    ]
    half_past = hours("America/New_York", "11:00", "02:30")
    assert open_clock(half_past, date(2026, 3, 8)) == open_clock(trading, date(2026, 3, 8))


def test_opening_at_a_time_that_is_skipped_means_the_moment_of_the_change() -> None:
    trading = hours("Europe/Berlin", "02:30", "05:00")
    assert open_clock(trading, date(2026, 3, 29)) == [f"{h:02}:{m:02}" for h in (3, 4) for m in (0, 15, 30, 45)]


def test_hours_that_are_skipped_as_a_whole_are_closed() -> None:
    assert open_clock(hours("Europe/Berlin", "02:15", "02:45"), date(2026, 3, 29)) == []


def test_of_a_time_that_comes_twice_the_first_opens_and_the_last_closes() -> None:
    trading = hours("Europe/Berlin", "02:30", "02:45")
    # 02:30 summer time to 02:45 winter time.
    assert open_clock(trading, date(2026, 10, 25)) == ["02:30", "02:45", "02:00", "02:15", "02:30"]


@settings(max_examples=60, deadline=None)
@given(
    timezone=st.sampled_from(["Europe/Berlin", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe"]),
    week=st.lists(
        st.tuples(
            st.integers(1, 7),
            # Away from the hours in which the clock is changed, what the clock shows says it all.
            st.integers(4 * 60, 24 * 60 - 1),
            st.integers(4 * 60, 24 * 60 - 1) | st.integers(0, 59),
        ),
        min_size=1,
        max_size=9,
    ),
    day=st.sampled_from([date(2026, 3, 29), date(2026, 4, 5), date(2026, 10, 25), date(2026, 11, 1), date(2026, 7, 1)]),
)
def test_quarters_are_open_where_any_of_their_minutes_is_by_the_clock(
    timezone: str, week: list[tuple[int, int, int]], day: date
) -> None:
    weekly = tuple(Opening(weekday, _clock(opens), _clock(closes)) for weekday, opens, closes in week)
    trading = TradingHours(timezone, weekly)
    start = datetime.combine(day, time(0), UTC) - timedelta(hours=18)
    end = start + timedelta(hours=60)
    expected = []
    quarter = start
    while quarter < end:
        if any(_is_open(weekly, quarter + timedelta(minutes=minute), timezone) for minute in range(15)):
            expected.append(quarter)
        quarter += QUARTER
    assert trading.open_quarters(start, end) == expected


def _clock(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)


def _is_open(weekly: tuple[Opening, ...], instant: datetime, timezone: str) -> bool:
    """Whether a minute is within the hours, judged by what the store's clock shows."""
    local = instant.astimezone(ZoneInfo(timezone))
    clock, today = local.time(), local.isoweekday()
    yesterday = (today - 2) % 7 + 1
    for opening in weekly:
        overnight = opening.closes <= opening.opens
        if opening.weekday == today and opening.opens <= clock and (overnight or clock < opening.closes):
            return True
        if opening.weekday == yesterday and overnight and clock < opening.closes:
            return True
    return False
