"""Rollups give what the definitions give, for whatever samples came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import facts
from ingest.models import Dirty, Measure, OccupancySample
from reports import basis, figures, rollups
from reports.calendar import Window
from reports.models import DwellRollup, FootfallRollup, OccupancyRegionRollup, OccupancyRollup, QueueRollup
from sites_app.models import Controller, Zone
from tests import chain

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 28, 22, tzinfo=UTC)  # 23:00 in Berlin, the night in which the clock is put forward
END = START + timedelta(hours=4)
SEEN = datetime(2026, 3, 30, tzinfo=UTC)

seconds = st.integers(min_value=0, max_value=4 * 3600 - 1)
people = st.integers(min_value=0, max_value=12)
capacities = st.none() | st.integers(min_value=1, max_value=20)
waits = st.none() | st.integers(min_value=0, max_value=10**6)
thresholds = st.none() | st.integers(min_value=0, max_value=8)
slow = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def controller() -> Controller:
    store = chain.store()
    chain.opens(store, "09:00", "00:30")
    return chain.controller(store)


def drain() -> None:
    for measure in Measure:
        while rollups.drain(measure):
            pass


def totals_of(row: Any, kind: Any, names: tuple[str, ...]) -> Any:
    values = {name: getattr(row, name) for name in names}
    return kind(**{name: int(value) if name == "wait_person_us" else value for name, value in values.items()})


def kept_of(model: Any, kind: Any, names: tuple[str, ...]) -> dict[Any, Any]:
    """What is stored of quarters and hours. An hour in which the store closes is two rows: they merge into its own figures."""
    found: dict[Any, Any] = {}
    for row in model.objects.filter(grain__in=["quarter", "hour"]):
        key = row.zone_id, row.grain, row.start
        found[key] = found.get(key, kind()) + totals_of(row, kind, names)
    return found


OCCUPANCY = ("covered_us", "person_us", "capacity_us", "capacity_person_us", "peak", "peak_at", "peak_utilisation")
QUEUES = (
    "covered_us",
    "person_us",
    "peak",
    "peak_at",
    "wait_person_us",
    "waited_person_us",
    "longest_wait_ms",
    "over_us",
    "threshold_us",
    "breaches",
)


@slow
@given(
    samples=st.lists(st.tuples(st.sampled_from(["a", "b"]), seconds, people, capacities), max_size=60),
    store_capacity=st.none() | st.integers(min_value=1, max_value=30),
)
def test_occupancy_equals_its_definition(controller: Controller, samples: Any, store_capacity: int | None) -> None:
    clear(controller)
    controller.store.capacity = store_capacity
    controller.store.save()
    zones = {name: chain.zone(controller, name) for name in ("a", "b")}
    by_zone: dict[str, dict[datetime, figures.OccupancySample]] = {"a": {}, "b": {}}
    for name, second, count, capacity in samples:
        at = START + timedelta(seconds=second)
        by_zone[name].setdefault(at, figures.OccupancySample(at, count, capacity))
    facts.write(
        facts.Facts(
            occupancy=[
                facts.OccupancyRow(controller.store_id, zones[name].pk, s.at, SEEN, s.people, s.capacity)
                for name, kept in by_zone.items()
                for s in kept.values()
            ]
        )
    )
    drain()
    stored = kept_of(OccupancyRollup, figures.OccupancyTotals, OCCUPANCY)
    wanted: dict[Any, figures.OccupancyTotals] = {}
    for grain, length in (("quarter", timedelta(minutes=15)), ("hour", timedelta(hours=1))):
        start = START
        while start < END + length:
            window = Window(start, start + length)
            for name, zone in zones.items():
                wanted[zone.pk, grain, start] = figures.zone_occupancy(by_zone[name].values(), controller.hold, window)
            wanted[0, grain, start] = figures.store_occupancy(
                {name: (kept.values(), controller.hold) for name, kept in by_zone.items()}, window, store_capacity
            )
            start += length
    assert stored == {key: totals for key, totals in wanted.items() if totals.covered_us}


@slow
@given(
    samples=st.lists(st.tuples(st.sampled_from(["a", "b"]), seconds, people, waits, waits, thresholds), max_size=80),
)
def test_queues_equal_their_definition(controller: Controller, samples: Any) -> None:
    clear(controller)
    zones = {name: chain.zone(controller, name, "queue") for name in ("a", "b")}
    by_zone: dict[str, dict[datetime, figures.QueueSample]] = {"a": {}, "b": {}}
    for name, second, *values in samples:
        at = START + timedelta(seconds=second)
        by_zone[name].setdefault(at, figures.QueueSample(at, *values))
    facts.write(
        facts.Facts(
            queues=[
                facts.QueueRow(
                    controller.store_id,
                    zones[name].pk,
                    s.at,
                    SEEN,
                    s.people,
                    s.average_wait_ms,
                    s.longest_wait_ms,
                    s.threshold,
                )
                for name, kept in by_zone.items()
                for s in kept.values()
            ]
        )
    )
    drain()
    stored = kept_of(QueueRollup, figures.QueueTotals, QUEUES)
    wanted: dict[Any, figures.QueueTotals] = {}
    for grain, length in (("quarter", timedelta(minutes=15)), ("hour", timedelta(hours=1))):
        start = START
        while start < END + length:
            window, of_store = Window(start, start + length), figures.QueueTotals()
            for name, zone in zones.items():
                of_zone = figures.queue(by_zone[name].values(), controller.hold, window)
                wanted[zone.pk, grain, start] = of_zone
                of_store += of_zone
            wanted[0, grain, start] = of_store
            start += length
    assert stored == {key: totals for key, totals in wanted.items() if totals.covered_us}


def test_a_breach_is_one_also_where_its_quarter_is_recomputed_alone(controller: Controller) -> None:
    till = chain.zone(controller, "till", "queue")
    row = facts.QueueRow(controller.store_id, till.pk, START, SEEN, 5, None, None, 3)
    facts.write(facts.Facts(queues=[row._replace(observed_at=START - controller.hold, people=1), row]))
    drain()
    Dirty.objects.create(store_id=controller.store_id, measure=Measure.QUEUES, quarter=START)
    drain()
    assert QueueRollup.objects.get(grain="quarter", zone_id=till.pk, start=START).breaches == 1


def test_footfall_sums_entrances_and_splits_open_from_closed(controller: Controller) -> None:
    doors = [chain.zone(controller, name, "entrance") for name in ("left", "right")]
    quarter = timedelta(minutes=15)
    # 23:00 to 01:00 in Berlin; the store closes at 00:30.
    facts.write(
        facts.Facts(
            footfall=[
                facts.FootfallRow(
                    controller.store_id, door.pk, START + n * quarter, SEEN, START + (n + 1) * quarter, True, n, 1
                )
                for door in doors
                for n in range(8)
            ]
        )
    )
    drain()
    days = FootfallRollup.objects.filter(grain="day", zone_id=0).order_by("start", "is_open")
    berlin_midnight = datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert [(d.start, d.is_open, d.visitors_in, d.visitors_out, d.complete_quarters) for d in days] == [
        (berlin_midnight - timedelta(days=1), True, 2 * (0 + 1 + 2 + 3), 8, 8),
        (berlin_midnight, False, 2 * (6 + 7), 4, 4),
        (berlin_midnight, True, 2 * (4 + 5), 4, 4),
    ]


def test_a_restated_interval_replaces_the_older_and_its_rollups(controller: Controller) -> None:
    door = chain.zone(controller, "door", "entrance")

    def state(count: int, received: datetime, *, complete: bool) -> None:
        row = facts.FootfallRow(
            controller.store_id, door.pk, START, received, START + timedelta(minutes=15), complete, count, 0
        )
        facts.write(facts.Facts(footfall=[row]))
        drain()

    state(5, SEEN, complete=False)
    state(9, SEEN + timedelta(minutes=5), complete=True)
    state(5, SEEN, complete=False)  # a late repetition of the older
    day = FootfallRollup.objects.get(grain="day", zone_id=0)
    assert (day.visitors_in, day.complete_quarters) == (9, 1)


def test_dwell_without_visits_weighs_one_and_makes_visits_unknown(controller: Controller) -> None:
    zone = chain.zone(controller, "promo")
    hour = timedelta(hours=1)
    facts.write(
        facts.Facts(
            dwell=[
                facts.DwellRow(controller.store_id, zone.pk, START - hour, SEEN, START, 10_000, 3),
                facts.DwellRow(controller.store_id, zone.pk, START, SEEN, START + hour, 30_000, None),
            ]
        )
    )
    drain()
    day = DwellRollup.objects.get(grain="day", zone_id=0)
    assert (day.weighted_ms, day.weight, day.visits, day.intervals) == (60_000, 4, None, 2)


def test_a_mark_left_while_a_batch_is_drained_is_not_lost(controller: Controller) -> None:
    door = chain.zone(controller, "door", "entrance")
    row = facts.FootfallRow(controller.store_id, door.pk, START, SEEN, START + timedelta(minutes=15), True, 1, 1)
    facts.write(facts.Facts(footfall=[row]))
    assert Dirty.objects.filter(measure="footfall").count() == 1
    drain()
    facts.write(facts.Facts(footfall=[row._replace(count_in=2, received_at=SEEN + timedelta(seconds=1))]))
    assert Dirty.objects.filter(measure="footfall").count() == 1


def test_what_has_no_facts_any_more_has_no_rollups(controller: Controller) -> None:
    zone = chain.zone(controller, "floor")
    while basis.refresh():
        pass
    facts.write(facts.Facts(occupancy=[facts.OccupancyRow(controller.store_id, zone.pk, START, SEEN, 3, 10)]))
    drain()
    assert set(OccupancyRollup.objects.values_list("grain", "zone_id")) == {
        (grain, place) for grain in ("quarter", "hour", "day", "month") for place in (0, zone.pk)
    }
    assert OccupancyRegionRollup.objects.count() == 2
    OccupancySample.objects.all().delete()
    Dirty.objects.create(store_id=controller.store_id, measure=Measure.OCCUPANCY, quarter=START)
    drain()
    assert not OccupancyRollup.objects.exists()
    assert not OccupancyRegionRollup.objects.exists()


def test_a_store_without_zones_has_no_rollups(controller: Controller) -> None:
    for measure in Measure:
        Dirty.objects.create(store_id=controller.store_id, measure=measure, quarter=START)
    drain()
    assert not Dirty.objects.exists()
    assert not OccupancyRollup.objects.exists()


def clear(controller: Controller) -> None:
    """Hypothesis runs many examples in one test's transaction: begin each afresh."""
    from ingest.models import QueueSample, ZoneState

    for model in (OccupancySample, QueueSample, ZoneState, Dirty, OccupancyRollup, QueueRollup, Zone):
        model.objects.all().delete()
