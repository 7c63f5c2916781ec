"""Footfall, occupancy, queues, dwell and paths of a controller tell one story, whenever they are asked."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, compress, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.fleet import ENTRANCE, Controller, Fleet
from simulator.hours import instants
from simulator.journeys import journeys_of
from simulator.truth import Rows, of
from simulator.world import world_of

DAY_S, HOUR_S, QUARTER_S = 86_400, 3600, 900
FIRST = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())
FLEET = Fleet(7, 24)
ALWAYS_OPEN = FLEET.controller("S015", "Controller 1")

controllers = st.sampled_from(FLEET.controllers)
times = st.integers(FIRST, FIRST + 4 * 365 * DAY_S)
windows = st.tuples(times, st.integers(1, 3 * DAY_S)).map(lambda pair: (pair[0], sum(pair)))
days = st.dates(date(2024, 1, 1), date(2027, 12, 31))
quick = settings(max_examples=60, deadline=None)


def crossed(controller: Controller, start: int, end: int) -> list[int]:
    """In and out by each entrance: ``[in, out, in, out …]``."""
    [row] = world_of(controller).crossings([start, end])
    return row


def hours_of(instant: int, count: int) -> list[int]:
    """The edges of some whole hours."""
    first = instant // HOUR_S * HOUR_S
    return [first + HOUR_S * number for number in range(count + 1)]


@quick
@given(controllers, windows)
def test_occupancy_grows_by_who_came_in_less_who_went_out(controller: Controller, window: tuple[int, int]) -> None:
    before, after = (sum(world_of(controller).occupancy(instant)) for instant in window)
    row = crossed(controller, *window)
    assert after - before == sum(row[::2]) - sum(row[1::2])


@quick
@given(controllers.filter(lambda one: not one.areas), windows)
def test_an_entrance_that_has_an_occupancy_balances_alone(controller: Controller, window: tuple[int, int]) -> None:
    before, after = (world_of(controller).occupancy(instant) for instant in window)
    row = crossed(controller, *window)
    grown = [new - old for old, new in zip(before, after, strict=True)]
    assert grown == [came - went for came, went in zip(row[::2], row[1::2], strict=True)]


@quick
@given(controllers, times, st.lists(st.integers(1, DAY_S), min_size=2, max_size=6))
def test_windows_add_up_wherever_they_are_cut(controller: Controller, start: int, steps: list[int]) -> None:
    edges = list(accumulate(steps, initial=start))
    parts = world_of(controller).crossings(edges)
    assert [sum(column) for column in zip(*parts, strict=True)] == crossed(controller, edges[0], edges[-1])
    assert all(count >= 0 for row in parts for count in row)


@quick
@given(controllers, times)
def test_nobody_is_where_nobody_can_be(controller: Controller, instant: int) -> None:
    world = world_of(controller)
    inside, queues = world.inside(instant), world.queue_lengths(instant)
    assert min(world.occupancy(instant)) >= 0
    assert sum(world.occupancy(instant)) == inside
    assert all(length >= 0 for length in queues)
    assert 2 * sum(queues) <= inside


@quick
@given(controllers, days)
def test_a_closed_store_empties_and_stays_empty_until_it_opens(controller: Controller, day: date) -> None:
    if controller is ALWAYS_OPEN:
        return
    store = controller.store
    spans = instants(store.hours, day, store.timezone) + instants(store.hours, day + timedelta(days=1), store.timezone)
    for (_, closed), (opens, _) in pairwise(spans):
        empty = closed + QUARTER_S + 2 * controller.stay_s
        for instant in (empty, (empty + opens) // 2, opens):
            assert world_of(controller).inside(instant) == 0
        assert not any(crossed(controller, empty, opens))


@quick
@given(controllers, days)
def test_whoever_comes_on_a_trading_day_goes(controller: Controller, day: date) -> None:
    if controller is ALWAYS_OPEN:
        return
    store = controller.store
    spans = instants(store.hours, day, store.timezone)
    if not spans:
        return
    row = crossed(controller, spans[0][0], spans[-1][1] + QUARTER_S + 2 * controller.stay_s)
    assert row[::2] == row[1::2]
    assert sum(row) > 0


@quick
@given(controllers, times)
def test_paths_begin_and_end_with_the_footfall(controller: Controller, instant: int) -> None:
    edges = hours_of(instant, 3)
    journeys = journeys_of(controller)
    for (edge, following), counts in zip(pairwise(edges), journeys.paths(edges), strict=True):
        legs = dict(zip(journeys.legs, counts, strict=True))
        row = crossed(controller, edge, following)
        assert [legs[None, door.zone_id] for door in controller.entrances] == row[::2]
        assert [legs[door.zone_id, None] for door in controller.entrances] == row[1::2]
        assert min(counts) >= 0


@quick
@given(controllers, days)
def test_over_a_day_every_zone_is_left_as_often_as_it_is_entered(controller: Controller, day: date) -> None:
    if controller is ALWAYS_OPEN:
        return
    noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=controller.store.timezone).timestamp())
    night = [noon - 7 * HOUR_S - 1800, noon + 16 * HOUR_S + 1800]
    journeys = journeys_of(controller)
    [counts] = journeys.paths(night)
    came: Counter[str | None] = Counter()
    for (start, to), count in zip(journeys.legs, counts, strict=True):
        came[start] -= count
        came[to] += count
    assert set(came.values()) == {0}


@quick
@given(controllers, times)
def test_visits_are_the_paths_into_a_zone(controller: Controller, instant: int) -> None:
    edges = hours_of(instant, 2)
    journeys = journeys_of(controller)
    rows = journeys.paths(edges)
    for zone in controller.zones:
        # Who goes back to an entrance on the way out doesn't visit it again.
        inward = [to == zone.zone_id and (start is None or zone.kind != ENTRANCE) for start, to in journeys.legs]
        visits = [sum(compress(row, inward)) for row in rows]
        dwell = journeys.dwell(zone, edges[0], edges[-1], HOUR_S)
        assert [count for _, count in dwell] == visits
        assert all((average > 0) == (count > 0) for average, count in dwell)


@quick
@given(controllers, times, st.sampled_from([QUARTER_S, HOUR_S]))
def test_a_longer_dwell_is_the_mean_over_its_visits(controller: Controller, instant: int, step: int) -> None:
    start = instant // DAY_S * DAY_S
    for zone in controller.zones:
        [(average, visits)] = journeys_of(controller).dwell(zone, start, start + DAY_S, DAY_S)
        parts = journeys_of(controller).dwell(zone, start, start + DAY_S, step)
        assert visits == sum(count for _, count in parts)
        # Each mean is cut to whole milliseconds.
        assert abs(average * visits - sum(mean * count for mean, count in parts)) <= visits


@quick
@given(controllers, days)
def test_dwell_fits_the_occupancy(controller: Controller, day: date) -> None:
    """By Little's law: people inside on average = visits × their stay. Areas' stays are rough, so is the check."""
    if not controller.areas:
        return
    start = int(datetime(day.year, day.month, day.day, 5, tzinfo=UTC).timestamp())
    inside_s = sum(60 * world_of(controller).inside(instant) for instant in range(start, start + DAY_S, 60))
    stays = [journeys_of(controller).dwell(zone, start, start + DAY_S, DAY_S) for zone in controller.areas]
    stayed_s = sum(average * visits for [(average, visits)] in stays) / 1000
    assert stayed_s == pytest.approx(inside_s, rel=0.35)


@quick
@given(windows, st.sampled_from(["S003", "S005", "S007", "S012"]))
def test_the_truth_of_a_window_is_that_of_its_parts(window: tuple[int, int], store: str) -> None:
    start, end = window
    middle = (start + end) // 2
    whole, early, late = (
        of(FLEET.controllers_of(store), *part) for part in ((start, end), (start, middle), (middle, end))
    )
    for stream, rows in whole.items():
        assert in_order(rows) == in_order(early[stream] + late[stream])


def in_order(rows: Rows) -> list[list[tuple[str, str]]]:
    return sorted(sorted((name, str(value)) for name, value in row.items()) for row in rows)
