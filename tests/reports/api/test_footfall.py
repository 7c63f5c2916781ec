"""``GET /reports/footfall``: sums, buckets, labels, coverage, league tables."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from reports import tasks
from reports.request import BYS, GRANULARITIES
from sites_app.models import Zone
from tests import chain
from tests.caller import Caller, with_key
from tests.reports.api.facts import QUARTER, WEEK, every, footfall

pytestmark = pytest.mark.django_db
PATH = "reports/footfall"


@pytest.fixture
def caller() -> Caller:
    return with_key()


def door(code: str = "S1", zone_id: str = "door", **fields: Any) -> Zone:
    """An entrance of a new store."""
    return chain.zone(chain.controller(chain.store(code, **fields)), zone_id, "entrance")


def visitors(answer: dict[str, Any]) -> list[tuple[str, int | None]]:
    return [(row["start"], row["visitors_in"]) for row in answer["rows"]]


def test_visitors_of_all_entrances_are_added_up(caller: Caller) -> None:
    left = door()
    right = chain.zone(left.controller, "right", "entrance")
    footfall(left, [("2025-11-03T09:00:00+01:00", 5, 2), ("2025-11-04T09:15:00+01:00", 7, 0)])
    footfall(right, [("2025-11-03T09:00:00+01:00", 1, 3)])
    answer = caller.get(PATH, **WEEK)
    assert answer["columns"] == [
        {"name": "visitors_in", "unit": "people"},
        {"name": "visitors_out", "unit": "people"},
    ]
    row = answer["rows"][0]
    assert (row["store"], row["visitors_in"], row["visitors_out"]) == ("S1", 13, 5)
    assert (row["start"], row["end"]) == ("2025-11-03T00:00:00+01:00", "2025-11-10T00:00:00+01:00")
    assert (answer["totals"]["visitors_in"], answer["totals"]["visitors_out"]) == (13, 5)


def test_rows_of_zones_are_named_by_their_store(caller: Caller) -> None:
    left = door()
    footfall(left, [("2025-11-03T09:00:00+01:00", 5, 2)])
    chain.zone(left.controller, "right", "entrance")
    rows = caller.get(PATH, **WEEK, by="zone")["rows"]
    assert [(row["store"], row["zone"], row["visitors_in"]) for row in rows] == [
        ("S1", "S1/door", 5),
        ("S1", "S1/right", None),
    ]


def test_only_entrances_are_counted(caller: Caller) -> None:
    entrance = door()
    footfall(entrance, [("2025-11-03T09:00:00+01:00", 5, 2)])
    footfall(chain.zone(entrance.controller, "floor", "area"), [("2025-11-03T09:00:00+01:00", 50, 20)])
    assert caller.get(PATH, **WEEK)["totals"]["visitors_in"] == 5


def test_without_data_there_is_no_figure_and_not_a_zero(caller: Caller) -> None:
    closed = door()
    footfall(closed, [("2025-11-03T09:00:00+01:00", 0, 0)])
    days = caller.get(PATH, start="2025-11-03", end="2025-11-05", granularity="day")["rows"]
    assert [(row["visitors_in"], row["visitors_out"]) for row in days] == [(0, 0), (None, None)]
    assert caller.get(PATH, start="2025-12-01", end="2025-12-02")["totals"]["visitors_in"] is None


def test_a_restated_interval_replaces_the_older(caller: Caller) -> None:
    entrance = door()
    footfall(entrance, [("2025-11-03T09:00:00+01:00", 5, 2)], complete=False)
    footfall(entrance, [("2025-11-03T09:00:00+01:00", 9, 4)])
    assert caller.get(PATH, **WEEK)["totals"]["visitors_in"] == 9


# --- Buckets ---


def test_the_hour_that_comes_twice_is_two_rows_in_their_order(caller: Caller) -> None:
    footfall(door(), [(at, number, 0) for number, at in enumerate(every("2025-10-26T01:00:00+02:00", QUARTER * 4, 4))])
    answer = caller.get(PATH, start="2025-10-26", end="2025-10-27", granularity="hour")
    assert len(answer["rows"]) == 25
    assert visitors(answer)[1:5] == [
        ("2025-10-26T01:00:00+02:00", 0),
        ("2025-10-26T02:00:00+02:00", 1),
        ("2025-10-26T02:00:00+01:00", 2),
        ("2025-10-26T03:00:00+01:00", 3),
    ]
    ordered = caller.get(PATH, start="2025-10-26", end="2025-10-27", granularity="hour", order="start", hours="all")
    assert visitors(ordered) == visitors(answer)


def test_hours_in_kathmandu_are_its_own(caller: Caller) -> None:
    ktm = door("KTM", timezone="Asia/Kathmandu")
    footfall(ktm, [(at, 1, 0) for at in every("2025-11-03T09:45:00+05:45", QUARTER, 6)])
    answer = caller.get(PATH, start="2025-11-03", end="2025-11-04", granularity="hour")
    assert visitors(answer)[9:12] == [
        ("2025-11-03T09:00:00+05:45", 1),
        ("2025-11-03T10:00:00+05:45", 4),
        ("2025-11-03T11:00:00+05:45", 1),
    ]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2025-11-03T10:15:00Z", "2025-11-03T11:45:00Z"),  # within hours
        ("2025-11-02T22:00:00Z", "2025-11-05T04:00:00Z"),  # within days, on Berlin's hours
        ("2025-11-02T23:00:00Z", "2025-11-04T23:00:00Z"),  # on Berlin's days
        ("2025-11-02T18:15:00Z", "2025-11-04T18:15:00Z"),  # on Kathmandu's days
        ("2025-11-02T10:30:00Z", "2025-11-04T10:30:00Z"),  # within a day and across a week
    ],
)
def test_instants_mean_just_those_however_they_are_cut(caller: Caller, start: str, end: str) -> None:
    quarters = every("2025-11-01T00:00:00Z", QUARTER, 4 * 24 * 5)
    for entrance in (door("BER"), door("KTM", timezone="Asia/Kathmandu", under="Asia")):
        footfall(entrance, [(at, 1, 2) for at in quarters])
    wanted = (datetime.fromisoformat(end) - datetime.fromisoformat(start)) // QUARTER
    leaves = ["europe-germany", "asia"]
    for granularity, by in product(GRANULARITIES, BYS):
        answer = caller.get(PATH, start=start, end=end, granularity=granularity, by=by, region=leaves)
        assert sum(row["visitors_in"] for row in answer["rows"]) == 2 * wanted, (granularity, by)
        assert {row["coverage"] for row in answer["rows"]} == {1.0}
        assert (answer["totals"]["visitors_in"], answer["totals"]["visitors_out"]) == (2 * wanted, 4 * wanted)


def test_buckets_at_the_edge_are_cut_where_the_window_is(caller: Caller) -> None:
    footfall(door(), [(at, 1, 0) for at in every("2025-11-03T00:00:00Z", QUARTER, 4 * 24)])
    answer = caller.get(PATH, start="2025-11-03T09:45:00Z", end="2025-11-03T11:15:00Z", granularity="hour")
    assert [(row["start"], row["end"], row["visitors_in"]) for row in answer["rows"]] == [
        ("2025-11-03T10:45:00+01:00", "2025-11-03T11:00:00+01:00", 1),
        ("2025-11-03T11:00:00+01:00", "2025-11-03T12:00:00+01:00", 4),
        ("2025-11-03T12:00:00+01:00", "2025-11-03T12:15:00+01:00", 1),
    ]


def test_weeks_and_months_begin_on_the_store_s_own_days(caller: Caller) -> None:
    footfall(door(), [(f"2025-10-{day}T12:00:00+01:00", 1, 0) for day in range(27, 32)])
    footfall(Zone.objects.get(), [(f"2025-11-0{day}T12:00:00+01:00", 10, 0) for day in range(1, 5)])
    window = {"start": "2025-10-29", "end": "2025-11-04"}
    assert visitors(caller.get(PATH, **window, granularity="week")) == [
        ("2025-10-29T00:00:00+01:00", 3 + 20),
        ("2025-11-03T00:00:00+01:00", 10),
    ]
    assert visitors(caller.get(PATH, **window, granularity="month")) == [
        ("2025-10-29T00:00:00+01:00", 3),
        ("2025-11-01T00:00:00+01:00", 30),
    ]


# --- Rows of many stores ---


def test_rows_of_stores_on_one_clock_carry_its_offset(caller: Caller) -> None:
    footfall(door("BER"), [("2025-11-03T09:00:00+01:00", 5, 0)])
    footfall(door("PAR", timezone="Europe/Paris"), [("2025-11-03T09:00:00+01:00", 2, 0)])
    answer = caller.get(PATH, start="2025-11-03", end="2025-11-04", by="chain", granularity="day")
    assert visitors(answer) == [("2025-11-03T00:00:00+01:00", 7)]


def test_stores_on_different_clocks_meet_at_the_same_time_of_their_own_day(caller: Caller) -> None:
    footfall(door("BER"), [("2025-11-03T09:00:00+01:00", 5, 0)])
    footfall(door("NYC", timezone="America/New_York"), [("2025-11-03T09:00:00-05:00", 2, 0)])
    footfall(door("KTM", timezone="Asia/Kathmandu"), [("2025-11-03T09:00:00+05:45", 1, 0)])
    day = {"start": "2025-11-03", "end": "2025-11-04"}
    rows = caller.get(PATH, **day, by="chain", granularity="hour")["rows"]
    assert len(rows) == 24
    nine = rows[9]
    assert (nine["start"], nine["end"], nine["visitors_in"]) == ("2025-11-03T09:00:00", "2025-11-03T10:00:00", 8)
    whole = caller.get(PATH, **day, by="chain")["rows"]
    assert [(row["start"], row["end"]) for row in whole] == [("2025-11-03T00:00:00", "2025-11-04T00:00:00")]


@pytest.mark.parametrize(("day", "hours"), [(date(2025, 10, 26), 24), (date(2025, 3, 30), 24)])
def test_hours_meet_also_where_one_store_has_them_twice_or_never(caller: Caller, day: date, hours: int) -> None:
    night = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=12)
    for entrance in (door("BER"), door("NYC", timezone="America/New_York")):
        footfall(entrance, [(at, 1, 0) for at in every(night.isoformat(), QUARTER, 4 * 48)])
    rows = caller.get(PATH, start=day, end=day + timedelta(days=1), by="chain", granularity="hour", hours="all")["rows"]
    assert [row["start"] for row in rows] == [f"{day}T{hour:02}:00:00" for hour in range(hours)]
    assert all(row["start"] < row["end"] for row in rows)
    assert rows[2]["end"] == f"{day}T03:00:00"
    # Four quarters of each store; Berlin has eight of the second hour in autumn, and none in spring.
    assert [row["visitors_in"] for row in rows[1:4]] == ([8, 12, 8] if day.month == 10 else [8, 4, 8])


def test_days_meet_also_where_a_store_s_midnight_is_skipped(caller: Caller) -> None:
    for entrance in (door("CAI", timezone="Africa/Cairo"), door("KTM", timezone="Asia/Kathmandu")):
        footfall(entrance, [("2025-04-25T10:00:00Z", 1, 0)])
    answer = caller.get(PATH, start="2025-04-25", end="2025-04-26", by="chain", granularity="day")
    assert visitors(answer) == [("2025-04-25T00:00:00", 2)]


def test_a_window_of_instants_is_the_same_for_all_stores(caller: Caller) -> None:
    for entrance in (door("BER"), door("NYC", timezone="America/New_York")):
        footfall(entrance, [("2025-11-03T10:00:00Z", 1, 0)])
    answer = caller.get(PATH, start="2025-11-03T10:00:00Z", end="2025-11-03T12:00:00Z", by="chain")
    assert visitors(answer) == [("2025-11-03T10:00:00+00:00", 2)]


# --- Trading hours and coverage ---


def test_by_default_only_trading_hours_count(caller: Caller) -> None:
    entrance = door()
    chain.opens(entrance.store, "09:00", "20:00")
    footfall(entrance, [(at, 1, 0) for at in every("2025-11-03T00:00:00+01:00", QUARTER, 96)])
    day = {"start": "2025-11-03", "end": "2025-11-04"}
    only_open, every_hour = caller.get(PATH, **day), caller.get(PATH, **day, hours="all")
    assert (only_open["totals"]["visitors_in"], only_open["totals"]["coverage"]) == (44, 1.0)
    assert (every_hour["totals"]["visitors_in"], every_hour["totals"]["coverage"]) == (96, 1.0)


def test_coverage_is_the_share_of_complete_quarters(caller: Caller) -> None:
    left = door()
    chain.zone(left.controller, "right", "entrance")
    footfall(left, [(at, 1, 0) for at in every("2025-11-03T00:00:00+01:00", QUARTER, 48)])
    footfall(left, [("2025-11-03T12:00:00+01:00", 1, 0)], complete=False)
    day = {"start": "2025-11-03", "end": "2025-11-04"}
    assert caller.get(PATH, **day)["totals"]["coverage"] == 0.25
    assert [row["coverage"] for row in caller.get(PATH, **day, by="zone")["rows"]] == [0.5, 0.0]


def test_nothing_is_expected_before_a_store_opened_nor_after_it_closed(caller: Caller) -> None:
    entrance = door(opened_on=date(2025, 11, 5), closed_on=date(2025, 11, 6))
    footfall(entrance, [(at, 1, 0) for at in every("2025-11-05T00:00:00+01:00", QUARTER, 96)])
    assert caller.get(PATH, **WEEK)["totals"]["coverage"] == 0.5
    days = caller.get(PATH, **WEEK, granularity="day")["rows"]
    assert [row["coverage"] for row in days] == [None, None, 1.0, 0.0, None, None, None]


@pytest.mark.parametrize("granularity", ["total", "month"])
def test_a_store_that_opens_and_closes_within_a_month_is_covered_for_the_days_between(
    caller: Caller, granularity: str
) -> None:
    entrance = door(opened_on=date(2025, 10, 11), closed_on=date(2025, 10, 20))
    footfall(entrance, [(at, 1, 0) for at in every("2025-10-11T00:00:00+02:00", QUARTER, 96 * 5)])
    quarter = {"start": "2025-09-01", "end": "2025-11-30", "granularity": granularity}
    report = caller.get(PATH, **quarter)
    assert report["totals"]["coverage"] == 0.5
    assert [row["coverage"] for row in report["rows"] if row["coverage"] is not None] == [0.5]


@pytest.mark.parametrize("never", [date.min, date.max])
def test_one_store_s_date_beyond_the_calendar_stops_nobody_s_report(caller: Caller, never: date) -> None:
    entrance = door("S1", opened_on=date(2025, 11, 3))
    footfall(entrance, [(at, 1, 0) for at in every("2025-11-03T00:00:00+01:00", QUARTER, 96 * 7)])
    for number, timezone in enumerate(("Asia/Tokyo", "America/Los_Angeles")):
        door(f"O{number}", timezone=timezone, opened_on=never)
        door(f"C{number}", timezone=timezone, closed_on=never)
    rows = {row["store"]: row["coverage"] for row in caller.get(PATH, **WEEK)["rows"]}
    assert rows["S1"] == 1.0
    assert rows["O0"] == (None if never == date.max else 0.0)


def test_what_was_counted_before_the_opening_covers_nothing_of_what_is_expected(caller: Caller) -> None:
    entrance = door(opened_on=date(2025, 11, 7))
    footfall(entrance, [(at, 1, 0) for at in every("2025-11-03T00:00:00+01:00", QUARTER, 96)])
    totals = caller.get(PATH, **WEEK)["totals"]
    assert (totals["visitors_in"], totals["coverage"]) == (96, 0.0)


def test_nothing_is_expected_of_an_entrance_before_it_appeared_nor_once_it_is_retired(caller: Caller) -> None:
    old = door()
    old.retired_at = datetime(2025, 11, 4, 23, tzinfo=UTC)  # two of seven days
    new = chain.zone(old.controller, "new", "entrance", appeared_at=datetime(2025, 11, 4, 23, tzinfo=UTC))
    old.save()
    footfall(old, [(at, 1, 0) for at in every("2025-11-03T00:00:00+01:00", QUARTER, 2 * 96)])
    footfall(new, [(at, 1, 0) for at in every("2025-11-05T00:00:00+01:00", QUARTER, 5 * 96)])
    assert caller.get(PATH, **WEEK)["totals"]["coverage"] == 1.0
    assert [row["coverage"] for row in caller.get(PATH, **WEEK, by="zone")["rows"]] == [1.0, 1.0]


def test_the_future_is_not_expected(caller: Caller) -> None:
    entrance = door(timezone="UTC")
    now = datetime.now(UTC)
    until = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    footfall(entrance, [(at, 1, 0) for at in every((until - 3 * QUARTER).isoformat(), QUARTER, 3)])
    footfall(entrance, [(until.isoformat(), 1, 0)], complete=False)
    window = {"start": (until - 3 * QUARTER).isoformat(), "end": (until + timedelta(days=2)).isoformat()}
    assert caller.get(PATH, **window)["totals"]["coverage"] >= 0.75  # 1.0, unless a quarter has just ended
    assert caller.get(PATH, start=now.date() + timedelta(days=2), end=now.date() + timedelta(days=3))["totals"] == {
        "visitors_in": None,
        "visitors_out": None,
        "coverage": None,
    }


def test_one_store_s_early_data_does_not_make_up_for_what_another_lacks(caller: Caller) -> None:
    early, late = door("S1", opened_on=date(2025, 11, 4)), door("S2")
    footfall(early, [(at, 1, 0) for at in every("2025-11-03T00:00:00+01:00", QUARTER, 2 * 96)])
    footfall(late, [(at, 1, 0) for at in every("2025-11-03T00:00:00+01:00", QUARTER, 96)])
    totals = caller.get(PATH, start="2025-11-03", end="2025-11-05")["totals"]
    assert totals["coverage"] == round((96 + 96) / (96 + 2 * 96), 4)


# --- League tables ---


def test_a_league_table_has_the_highest_first_and_the_unknown_last(caller: Caller) -> None:
    for code, count in (("S1", 5), ("S2", 9), ("S3", 7)):
        footfall(door(code), [("2025-11-03T09:00:00+01:00", count, 0)])
    door("S4")

    def codes(**asked: str) -> list[str]:
        return [row["store"] for row in caller.get(PATH, **WEEK, **asked)["rows"]]

    assert codes(order="-visitors_in") == ["S2", "S3", "S1", "S4"]
    assert codes(order="visitors_in") == ["S1", "S3", "S2", "S4"]
    assert codes(order="-visitors_in", limit="2") == ["S2", "S3"]
    assert codes(order="-store") == ["S4", "S3", "S2", "S1"]


def test_a_limit_leaves_the_totals_as_they_are(caller: Caller) -> None:
    for code in ("S1", "S2"):
        footfall(door(code), [("2025-11-03T09:00:00+01:00", 5, 0)])
    assert caller.get(PATH, **WEEK, limit="1")["totals"]["visitors_in"] == 10


@pytest.mark.parametrize("by", ["store", "region", "chain"])
def test_whole_months_are_in_the_totals_of_a_chain_whose_regions_are_summed(caller: Caller, by: str) -> None:
    footfall(door(), [("2025-11-03T12:00:00Z", 5, 2)])
    tasks.roll_up()  # takes note of the region, whose sums are then read
    for end in ("2025-12-01", "2025-12-05"):
        answer = caller.get(PATH, start="2025-11-01", end=end, by=by)
        assert answer["totals"]["visitors_in"] == 5
        assert {row["visitors_in"] for row in answer["rows"]} == {5}
