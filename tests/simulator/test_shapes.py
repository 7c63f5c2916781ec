"""What people know of stores shows in the fleet: mornings, lunch, Saturdays, December, late shopping, closed Sundays."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from simulator.fleet import Controller, Fleet
from simulator.world import world_of

HOUR_S, QUARTER_S = 3600, 900
FLEET = Fleet(7, 24)
BERLIN, ZURICH, SEVILLA = (FLEET.controller(code, "Controller 1") for code in ("S001", "S004", "S009"))
STATION = FLEET.controller("S005", "Controller 1")
LAS_VEGAS = FLEET.controller("S015", "Controller 1")
MONDAY = date(2026, 6, 1)


def at(controller: Controller, day: date, hour: float) -> int:
    """A time of the local day, in seconds since 1970."""
    zone = controller.store.timezone
    return int(datetime(day.year, day.month, day.day, int(hour), round(hour % 1 * 60), tzinfo=zone).timestamp())


def came(controller: Controller, day: date, start: float = 0, end: float = 24) -> int:
    """How many came in from one local hour to another."""
    last = at(controller, day + timedelta(days=1), 0) if end == 24 else at(controller, day, end)
    [row] = world_of(controller).crossings([at(controller, day, start), last])
    return sum(row[::2])


def usual(controller: Controller, weekday: int, start: float = 0, end: float = 24) -> float:
    """The mean over eight such weekdays (0 is Monday)."""
    days = [MONDAY + timedelta(weeks=week, days=weekday) for week in range(8)]
    return sum(came(controller, day, start, end) for day in days) / len(days)


def test_saturday_is_the_day_of_shops_and_no_day_of_stations() -> None:
    assert usual(BERLIN, 5) > 1.3 * usual(BERLIN, 1)
    assert usual(STATION, 5) < 0.9 * usual(STATION, 1)


def test_lunch_shows_in_town() -> None:
    for weekday in range(5):
        assert usual(BERLIN, weekday, 12.5, 13.5) > 1.5 * usual(BERLIN, weekday, 14.5, 15.5)


def test_mornings_belong_to_commuters() -> None:
    assert usual(STATION, 2, 7.5, 8.5) > 2 * usual(STATION, 2, 9.75, 10.75)
    assert usual(STATION, 2, 7.5, 8.5) > usual(BERLIN, 2, 9.5, 10.5)


def test_late_shopping_fills_the_evening() -> None:
    wednesday, thursday = usual(BERLIN, 2, 18.75, 19.75), usual(BERLIN, 3, 18.75, 19.75)
    assert thursday > 1.25 * wednesday
    assert usual(BERLIN, 3) > 1.15 * usual(BERLIN, 2)
    assert usual(BERLIN, 3, 20, 21) > 0
    assert usual(BERLIN, 2, 20, 21) == 0


def test_december_is_full_and_february_is_not() -> None:
    def saturdays(month: int) -> int:
        return sum(
            came(BERLIN, day) for day in (date(2025, month, number) for number in range(1, 22)) if day.weekday() == 5
        )

    assert saturdays(12) > 1.3 * saturdays(2)


def test_a_large_store_has_more_visitors_than_a_small_one() -> None:
    sizes = [usual(FLEET.controller(code, "Controller 1"), 2) for code in ("S018", "S001", "S004", "S009", "S022")]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 4 * sizes[-1]


@pytest.mark.parametrize("day", [date(2026, 6, 7), date(2026, 12, 25), date(2012, 3, 14)])
def test_nobody_comes_on_sundays_and_holidays_nor_before_the_store_was_there(day: date) -> None:
    assert came(BERLIN, day) == 0
    assert came(BERLIN, day + timedelta(days=3)) > 0


def test_the_siesta_empties_the_store() -> None:
    assert came(SEVILLA, MONDAY, 10, 14) > 0
    assert came(SEVILLA, MONDAY, 14, 17) == 0
    assert world_of(SEVILLA).inside(at(SEVILLA, MONDAY, 16)) == 0
    assert came(SEVILLA, MONDAY, 17, 21) > 0


def test_those_who_shop_past_midnight_are_still_inside() -> None:
    miami = FLEET.controller("S013", "Controller 1")
    friday, saturday = MONDAY + timedelta(days=4), MONDAY + timedelta(days=5)
    assert came(miami, saturday, 0, 2) > 0
    assert world_of(miami).inside(at(miami, saturday, 0.5)) > 20
    assert world_of(miami).inside(at(miami, friday, 0.5)) == 0


@pytest.mark.parametrize("code", ["S005", "S010"])
@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 6, 10), date(2026, 10, 25)])
def test_commuters_go_by_the_clock_on_the_wall(code: str, day: date) -> None:
    station = FLEET.controller(code, "Controller 1")
    busiest = max(range(24, 44), key=lambda quarter: came(station, day, quarter / 4, quarter / 4 + 0.25))
    assert 7 <= busiest / 4 < 8.75


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 6, 10), 24), (date(2026, 11, 1), 25)])
def test_a_day_has_as_many_hours_as_it_has(day: date, hours: int) -> None:
    start, end = at(LAS_VEGAS, day, 0), at(LAS_VEGAS, day + timedelta(days=1), 0)
    assert end - start == hours * HOUR_S
    rows = world_of(LAS_VEGAS).crossings(range(start, end + 1, QUARTER_S))
    assert all(sum(row[::2]) > 0 and sum(row[1::2]) > 0 for row in rows)
    assert min(world_of(LAS_VEGAS).inside(instant) for instant in range(start, end, QUARTER_S)) > 10


def test_queues_grow_over_their_thresholds_when_its_full_and_only_then() -> None:
    over = over_threshold(date(2026, 12, 5))
    assert len(over) > len(FLEET.controllers)
    assert max(over.values()) < 12 * 3600
    assert len(over_threshold(date(2026, 6, 2))) < len(over) / 2


def over_threshold(day: date) -> dict[tuple[str, str], int]:
    """For how many seconds of a day each queue was over its threshold; without those that never were."""
    seconds: dict[tuple[str, str], int] = {}
    for controller in FLEET.controllers:
        for instant in range(at(controller, day, 6), at(controller, day, 23), 300):
            for zone, length in zip(controller.queues, world_of(controller).queue_lengths(instant), strict=True):
                assert zone.threshold is not None
                if length > zone.threshold:
                    key = controller.full_name, zone.zone_id
                    seconds[key] = seconds.get(key, 0) + 300
    return seconds
