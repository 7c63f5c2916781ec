"""Today so far: what is counted, up to when, and whether last week may stand beside it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reports.today import Today, visitors_today
from sites_app.models import Store, Zone
from tests import chain, told

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 11, 11, 7, tzinfo=UTC)  # a Wednesday, 12:07 in Berlin
MIDNIGHT = datetime(2026, 3, 10, 23, tzinfo=UTC)
NOON = datetime(2026, 3, 11, 11, tzinfo=UTC)
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)


@pytest.fixture
def doors() -> list[Zone]:
    controllers = [chain.controller(chain.store(), "ground")]
    controllers.append(chain.controller(controllers[0].store, "upper"))
    return [chain.zone(controller, controller.name, "entrance") for controller in controllers]


def today(store: Store, now: datetime = NOW) -> Today:
    told.roll_up()
    return visitors_today([store], now=now)[store.pk]


def test_the_day_goes_to_the_last_quarter_that_every_entrance_has_told(doors: list[Zone]) -> None:
    told.visitors_through(doors[0], 5, start=MIDNIGHT, end=NOON)
    told.visitors_through(doors[1], 2, start=MIDNIGHT, end=NOON - HOUR)
    shown = today(doors[0].store)
    assert (shown.visitors, shown.until, shown.coverage) == (44 * 7, NOON - HOUR, 1.0)
    assert list(shown.by_hour[:13]) == [28] * 11 + [None] * 2


def test_a_day_with_a_gap_says_so_and_is_not_compared(doors: list[Zone]) -> None:
    for door in doors:
        told.visitors_through(door, 5, start=MIDNIGHT - WEEK, end=NOON - WEEK)
    told.visitors_through(doors[0], 5, start=MIDNIGHT, end=NOON)
    told.visitors_through(doors[1], 5, start=MIDNIGHT, end=NOON - 4 * HOUR)
    told.visitors_through(doors[1], 5, start=NOON - HOUR, end=NOON)
    shown = today(doors[0].store)
    assert (shown.visitors, shown.until) == (5 * (48 + 36), NOON)
    assert shown.coverage == (48 + 36) / 96
    assert (shown.has_gaps, shown.last_week, shown.change) == (True, 480, None)
    assert list(shown.by_hour[7:12]) == [40, None, None, None, 40]


def test_last_week_is_not_known_where_much_of_it_is_missing(doors: list[Zone]) -> None:
    for door in doors:
        told.visitors_through(door, 5, start=MIDNIGHT - WEEK, end=NOON - WEEK - 2 * HOUR)
        told.visitors_through(door, 5, start=MIDNIGHT, end=NOON)
    shown = today(doors[0].store)
    assert (shown.visitors, shown.last_week, shown.change) == (480, None, None)


def test_last_week_goes_to_the_same_time_of_the_stores_clock_across_its_change(doors: list[Zone]) -> None:
    now = datetime(2026, 4, 1, 10, 7, tzinfo=UTC)  # 12:07 again, in summer time
    spring = now.replace(minute=0)
    for door in doors:
        told.visitors_through(door, 1, start=spring - 12 * HOUR, end=spring)
        told.visitors_through(door, 1, start=MIDNIGHT + 2 * WEEK, end=NOON + 2 * WEEK + 6 * HOUR)
    shown = today(doors[0].store, now)
    assert (shown.visitors, shown.last_week, shown.change) == (96, 96, 0.0)


def test_an_entrance_that_is_no_longer_there_is_not_waited_for(doors: list[Zone]) -> None:
    told.visitors_through(doors[0], 5, start=MIDNIGHT, end=NOON)
    told.visitors_through(doors[1], 5, start=MIDNIGHT, end=NOON - 2 * HOUR)
    doors[1].retired_at = NOON - 2 * HOUR
    doors[1].save()
    shown = today(doors[0].store)
    assert (shown.visitors, shown.until, shown.coverage) == (48 * 5 + 40 * 5, NOON, 1.0)


def test_nothing_counted_is_not_nought(doors: list[Zone]) -> None:
    shown = today(doors[0].store)
    assert (shown.visitors, shown.until, shown.coverage, shown.change) == (None, None, None, None)
