"""How time is cut into buckets: days of 92, 96 and 100 quarters, odd offsets, weeks and months."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import calendar
from reports.calendar import QUARTER, Window

GRANULARITIES = ("15m", "hour", "day", "week", "month")
# Whole hours, half and quarter hours, changes by half an hour, at midnight, and none at all.
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/Havana",
    "Pacific/Chatham",
    "UTC",
]


def quarters_of(day: date, timezone: str) -> int:
    window = calendar.window_for(day, day + timedelta(days=1), ZoneInfo(timezone))
    return len(calendar.quarters(window.start, window.end))


def local(bucket: Window, timezone: str) -> tuple[str, str]:
    start, end = (edge.astimezone(ZoneInfo(timezone)) for edge in (bucket.start, bucket.end))
    return f"{start:%m-%d %H:%M %z}", f"{end:%m-%d %H:%M %z}"


@pytest.mark.parametrize(
    ("timezone", "day", "quarters"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 92),
        ("Europe/Berlin", date(2026, 10, 25), 100),
        ("Europe/Berlin", date(2026, 11, 1), 96),
        ("America/New_York", date(2026, 3, 8), 92),
        ("America/New_York", date(2026, 11, 1), 100),
        ("Asia/Kathmandu", date(2026, 11, 1), 96),
        ("Australia/Lord_Howe", date(2026, 10, 4), 94),
        ("Australia/Lord_Howe", date(2026, 4, 5), 98),
        ("Africa/Cairo", date(2026, 4, 24), 92),
        ("Africa/Cairo", date(2026, 10, 29), 100),
        ("America/Havana", date(2026, 11, 1), 100),
        ("Pacific/Apia", date(2011, 12, 30), 0),  # a day that Samoa skipped
    ],
)
def test_a_local_day_has_the_quarters_that_its_clock_gives_it(timezone: str, day: date, quarters: int) -> None:
    assert quarters_of(day, timezone) == quarters


def test_a_day_in_kathmandu_begins_at_its_own_midnight() -> None:
    window = calendar.window_for(date(2026, 11, 2), date(2026, 11, 3), ZoneInfo("Asia/Kathmandu"))
    assert window == Window(datetime(2026, 11, 1, 18, 15, tzinfo=UTC), datetime(2026, 11, 2, 18, 15, tzinfo=UTC))
    hours = calendar.buckets(window, "hour", ZoneInfo("Asia/Kathmandu"))
    assert (len(hours), hours[10].start) == (24, datetime(2026, 11, 2, 4, 15, tzinfo=UTC))


def test_a_day_whose_midnight_is_skipped_begins_with_its_first_moment() -> None:
    start = calendar.day_start(date(2026, 4, 24), ZoneInfo("Africa/Cairo"))
    assert start.astimezone(ZoneInfo("Africa/Cairo")).isoformat() == "2026-04-24T01:00:00+03:00"


def test_a_day_whose_midnight_comes_twice_begins_with_the_first() -> None:
    start = calendar.day_start(date(2026, 11, 1), ZoneInfo("America/Havana"))
    assert start.astimezone(ZoneInfo("America/Havana")).isoformat() == "2026-11-01T00:00:00-04:00"


def test_the_hour_that_comes_twice_is_two_buckets() -> None:
    window = calendar.window_for(date(2026, 10, 25), date(2026, 10, 26), ZoneInfo("Europe/Berlin"))
    hours = [local(bucket, "Europe/Berlin") for bucket in calendar.buckets(window, "hour", ZoneInfo("Europe/Berlin"))]
    assert len(hours) == 25
    assert hours[2:4] == [
        ("10-25 02:00 +0200", "10-25 02:00 +0100"),
        ("10-25 02:00 +0100", "10-25 03:00 +0100"),
    ]


def test_the_hour_that_is_skipped_is_no_bucket() -> None:
    window = calendar.window_for(date(2026, 3, 29), date(2026, 3, 30), ZoneInfo("Europe/Berlin"))
    hours = [local(bucket, "Europe/Berlin") for bucket in calendar.buckets(window, "hour", ZoneInfo("Europe/Berlin"))]
    assert len(hours) == 23
    assert hours[1] == ("03-29 01:00 +0100", "03-29 03:00 +0200")


def test_on_lord_howe_a_change_by_half_an_hour_makes_half_an_hour() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    autumn = calendar.buckets(calendar.window_for(date(2026, 4, 5), date(2026, 4, 6), zone), "hour", zone)
    assert [local(bucket, zone.key) for bucket in autumn[1:4]] == [
        ("04-05 01:00 +1100", "04-05 01:30 +1030"),
        ("04-05 01:30 +1030", "04-05 02:00 +1030"),
        ("04-05 02:00 +1030", "04-05 03:00 +1030"),
    ]
    spring = calendar.buckets(calendar.window_for(date(2026, 10, 4), date(2026, 10, 5), zone), "hour", zone)
    assert local(spring[2], zone.key) == ("10-04 02:30 +1100", "10-04 03:00 +1100")


def test_weeks_are_iso_weeks_and_clipped_to_the_window() -> None:
    zone = ZoneInfo("Europe/Berlin")
    # Wednesday to Wednesday; Monday the 26th begins the week after the change of clock.
    weeks = calendar.buckets(calendar.window_for(date(2026, 10, 21), date(2026, 11, 4), zone), "week", zone)
    assert [local(week, zone.key)[0] for week in weeks] == [
        "10-21 00:00 +0200",
        "10-26 00:00 +0100",
        "11-02 00:00 +0100",
    ]
    assert local(weeks[-1], zone.key)[1] == "11-04 00:00 +0100"


def test_a_week_across_new_year_is_one_bucket() -> None:
    zone = ZoneInfo("Europe/Berlin")
    weeks = calendar.buckets(calendar.window_for(date(2026, 12, 28), date(2027, 1, 4), zone), "week", zone)
    assert len(weeks) == 1


def test_months_are_calendar_months() -> None:
    zone = ZoneInfo("America/New_York")
    months = calendar.buckets(calendar.window_for(date(2026, 1, 31), date(2026, 4, 1), zone), "month", zone)
    assert [local(month, zone.key)[0][:5] for month in months] == ["01-31", "02-01", "03-01"]
    assert months[2].end - months[2].start == timedelta(days=31) - timedelta(hours=1)


def test_a_report_in_total_is_its_window() -> None:
    window = Window(datetime(2026, 11, 1, 9, tzinfo=UTC), datetime(2026, 11, 1, 10, tzinfo=UTC))
    assert calendar.buckets(window, "total", ZoneInfo("Europe/Berlin")) == [window]
    assert calendar.buckets(Window(window.end, window.end), "total", ZoneInfo("Europe/Berlin")) == []


def test_instants_mean_just_those_in_every_zone() -> None:
    start, end = datetime.fromisoformat("2026-11-01T09:00:00+01:00"), datetime.fromisoformat("2026-11-01T12:00:00Z")
    for timezone in ZONES:
        assert calendar.window_for(start, end, ZoneInfo(timezone)) == Window(start, end)


@settings(max_examples=150, deadline=None)
@given(
    timezone=st.sampled_from(ZONES),
    granularity=st.sampled_from(GRANULARITIES),
    first=st.integers(0, 4 * 24 * 365),
    length=st.integers(1, 4 * 24 * 20),
)
def test_buckets_partition_the_window_and_hold_what_the_clock_puts_together(
    timezone: str, granularity: str, first: int, length: int
) -> None:
    zone = ZoneInfo(timezone)
    start = datetime(2026, 1, 1, tzinfo=UTC) + first * QUARTER
    window = Window(start, start + length * QUARTER)
    cut = calendar.buckets(window, granularity, zone)
    assert (cut[0].start, cut[-1].end) == (window.start, window.end)
    assert all(one.start < one.end == other.start for one, other in pairwise(cut))
    named = [_name(quarter, granularity, zone) for quarter in calendar.quarters(window.start, window.end)]
    changes = sum(one != other for one, other in pairwise(named))
    assert len(cut) == 1 + changes


def _name(quarter: datetime, granularity: str, zone: ZoneInfo) -> object:
    """What the store's clock and calendar call the bucket of a quarter; the hour that comes twice has two offsets."""
    local = quarter.astimezone(zone)
    return {
        "15m": quarter,
        "hour": (local.date(), local.hour, local.utcoffset()),
        "day": local.date(),
        "week": local.isocalendar()[:2],
        "month": (local.year, local.month),
    }[granularity]
