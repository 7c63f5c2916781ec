"""Occupancy against a clock that ticks second by second."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.calendar import Window
from reports.figures import OccupancySample, OccupancyTotals, people, share, store_occupancy, zone_occupancy
from tests.reports.figures.seconds import HOLD, START, ends, holds, instants, known, one_an_instant, ticks

samples = st.lists(
    st.builds(OccupancySample, instants, st.integers(0, 9), st.none() | st.integers(0, 12)), max_size=14
).map(one_an_instant)
quick = settings(max_examples=80, deadline=None)


def at(second: int) -> datetime:
    return START + timedelta(seconds=second)


def by_seconds(
    zones: list[tuple[list[OccupancySample], timedelta]], end: datetime, capacity: int | None
) -> dict[str, object]:
    """The figures of the sum of some zones, from what is known in each second."""
    seconds = [(now, [known(zone, hold, now) for zone, hold in zones]) for now in ticks(START, end)]
    whole = [(now, [s for s in held if s is not None]) for now, held in seconds if held and None not in held]
    sums = [(now, sum(s.people for s in held), _capacity(held, capacity)) for now, held in whole]
    limited = [(count, limit) for _, count, limit in sums if limit]
    peak = max((count for _, count, _ in sums), default=None)
    return {
        "covered_s": len(sums),
        "average_occupancy": sum(count for _, count, _ in sums) / len(sums) if sums else None,
        "person_hours": sum(count for _, count, _ in sums) / 3600 if sums else None,
        "average_utilisation": sum(count for count, _ in limited) / sum(limit for _, limit in limited)
        if limited
        else None,
        "peak": peak,
        "peak_at": next((now for now, count, _ in sums if count == peak), None),
        "peak_utilisation": max((count / limit for count, limit in limited), default=None),
    }


def _capacity(held: list[OccupancySample], own: int | None) -> int | None:
    return own or (sum(s.capacity or 0 for s in held) if all(s.capacity for s in held) else None)


def told(totals: OccupancyTotals) -> dict[str, object]:
    return {
        "covered_s": totals.covered_us / 1_000_000,
        "average_occupancy": totals.average_occupancy,
        "person_hours": totals.person_hours,
        "average_utilisation": totals.average_utilisation,
        "peak": totals.peak,
        "peak_at": totals.peak_at,
        "peak_utilisation": totals.peak_utilisation,
    }


@quick
@given(zone=samples, hold=holds, end=ends)
def test_a_zone_is_what_is_known_of_it_in_each_second(
    zone: list[OccupancySample], hold: timedelta, end: datetime
) -> None:
    assert told(zone_occupancy(zone, hold, Window(START, end))) == by_seconds([(zone, hold)], end, None)


@quick
@given(zones=st.lists(st.tuples(samples, holds), min_size=1, max_size=3), end=ends, capacity=st.none() | st.just(7))
def test_a_store_is_the_sum_of_its_zones_while_all_are_known(
    zones: list[tuple[list[OccupancySample], timedelta]], end: datetime, capacity: int | None
) -> None:
    totals = store_occupancy(dict(enumerate(zones)), Window(START, end), capacity)
    assert told(totals) == by_seconds(zones, end, capacity)


@quick
@given(zone=samples, hold=holds, cuts=st.lists(st.integers(1, 899), max_size=5, unique=True))
def test_buckets_add_up_to_the_whole(zone: list[OccupancySample], hold: timedelta, cuts: list[int]) -> None:
    edges = [at(second) for second in (0, *sorted(cuts), 900)]
    parts = [zone_occupancy(zone, hold, Window(start, end)) for start, end in pairwise(edges)]
    assert sum(parts, OccupancyTotals()) == zone_occupancy(zone, hold, Window(edges[0], edges[-1]))


def test_a_sample_holds_until_the_next_and_no_longer_than_its_hold() -> None:
    zone = [OccupancySample(at(0), 4), OccupancySample(at(60), 10), OccupancySample(at(600), 2)]
    totals = zone_occupancy(zone, HOLD, Window(at(0), at(660)))
    # 60 s of 4, 90 s of 10, nothing known for 450 s, 60 s of 2.
    assert totals.covered_us == (60 + 90 + 60) * 1_000_000
    assert totals.average_occupancy == pytest.approx((60 * 4 + 90 * 10 + 60 * 2) / 210)


def test_the_peak_of_a_store_is_that_of_the_sum_not_the_sum_of_peaks() -> None:
    sales = [OccupancySample(at(0), 9), OccupancySample(at(60), 1)]
    cafe = [OccupancySample(at(0), 1), OccupancySample(at(60), 8)]
    totals = store_occupancy({"sales": (sales, HOLD), "cafe": (cafe, HOLD)}, Window(at(0), at(90)))
    assert (totals.peak, totals.peak_at) == (10, at(0))


def test_a_store_is_unknown_while_one_of_its_zones_is() -> None:
    totals = store_occupancy({"sales": ([OccupancySample(at(0), 9)], HOLD), "cafe": ([], HOLD)}, Window(at(0), at(60)))
    assert (totals.average_occupancy, totals.peak, totals.covered_us) == (None, None, 0)


def test_the_first_of_two_as_high_peaks_is_told() -> None:
    zone = [OccupancySample(at(second), count) for second, count in ((0, 3), (60, 8), (120, 5), (180, 8))]
    assert zone_occupancy(zone, HOLD, Window(at(0), at(240))).peak_at == at(60)


def test_no_data_is_none_and_nobody_is_zero() -> None:
    assert zone_occupancy([], HOLD, Window(at(0), at(60))).person_hours is None
    assert zone_occupancy([OccupancySample(at(0), 0)], HOLD, Window(at(0), at(60))).person_hours == 0


def test_rounding_is_to_two_decimals_for_people_and_four_for_shares() -> None:
    assert (people(41.26666), share(0.99876), people(None), share(None)) == (41.27, 0.9988, None, None)
