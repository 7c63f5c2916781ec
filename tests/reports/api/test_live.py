"""``GET /live/occupancy`` and ``/live/queues``: what is known now, and never an old number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from ingest import facts
from sites_app.models import Controller, Zone, counting_zones
from tests import chain
from tests.caller import Caller, with_key

pytestmark = pytest.mark.django_db
HOLD = timedelta(seconds=180)
SOON = timedelta(seconds=20)  # enough for the slowest run, and far from a hold's end


@pytest.fixture
def caller() -> Caller:
    return with_key()


@pytest.fixture
def controller() -> Controller:
    return chain.controller(chain.store("S1", timezone="Asia/Kathmandu"))


def ago(age: timedelta) -> datetime:
    return (datetime.now(UTC) - age).replace(microsecond=0)


def occupied(
    zone: Zone, people: int, *, age: timedelta, capacity: int | None = None, held: timedelta | None = None
) -> None:
    """A sample that its controller took so long ago, and that we have held for as long, or for ``held``."""
    row = facts.OccupancyRow(zone.store_id, zone.pk, ago(age), ago(age if held is None else held), people, capacity)
    facts.write(facts.Facts(occupancy=[row]))


def queued(
    zone: Zone, people: int, *, age: timedelta, held: timedelta | None = None, threshold: int | None = 4
) -> None:
    seen, got = ago(age), ago(age if held is None else held)
    row = facts.QueueRow(zone.store_id, zone.pk, seen, got, people, 30_000, 60_000, threshold)
    facts.write(facts.Facts(queues=[row]))


def store_now(caller: Caller) -> dict[str, Any]:
    row: dict[str, Any] = caller.get("live/occupancy")["results"][0]
    return row


def queue_now(caller: Caller) -> dict[str, Any]:
    row: dict[str, Any] = caller.get("live/queues")["results"][0]
    return row


def test_a_store_is_the_sum_of_its_zones_now(caller: Caller, controller: Controller) -> None:
    occupied(chain.zone(controller, "cafe"), 20, age=SOON, capacity=30)
    occupied(chain.zone(controller, "floor"), 40, age=2 * SOON, capacity=70)
    row = store_now(caller)
    assert (row["store"], row["name"], row["people"], row["capacity"]) == ("S1", "Store S1", 60, 100)
    assert (row["utilisation"], row["status"]) == (0.6, "normal")
    assert [(zone["zone"], zone["people"], zone["capacity"]) for zone in row["zones"]] == [
        ("S1/cafe", 20, 30),
        ("S1/floor", 40, 70),
    ]


def test_a_store_is_as_old_as_the_stalest_of_its_zones(caller: Caller, controller: Controller) -> None:
    occupied(chain.zone(controller, "cafe"), 20, age=SOON)
    occupied(chain.zone(controller, "floor"), 40, age=4 * SOON)
    row = store_now(caller)
    as_of = datetime.fromisoformat(row["as_of"])
    assert as_of.utcoffset() == timedelta(hours=5, minutes=45)
    assert abs(datetime.now(UTC) - as_of - 4 * SOON) < SOON
    assert 80 <= row["age_s"] < 100
    assert 20 <= row["zones"][0]["age_s"] < 40


def test_a_number_that_no_longer_holds_is_not_told(caller: Caller, controller: Controller) -> None:
    occupied(chain.zone(controller, "floor", capacity=50), 40, age=HOLD + SOON, capacity=50)
    row = store_now(caller)
    assert (row["people"], row["utilisation"], row["status"]) == (None, None, "unknown")
    assert (row["capacity"], row["zones"][0]["people"]) == (50, None)
    assert row["age_s"] >= 200


def test_a_number_holds_for_three_poll_intervals(caller: Caller, controller: Controller) -> None:
    controller.poll_interval_s = 600
    controller.save()
    occupied(chain.zone(controller, "floor"), 40, age=HOLD + SOON)
    assert store_now(caller)["people"] == 40


def test_a_store_with_one_stale_zone_is_unknown_and_tells_the_others(caller: Caller, controller: Controller) -> None:
    occupied(chain.zone(controller, "cafe"), 20, age=SOON)
    occupied(chain.zone(controller, "floor"), 40, age=HOLD + SOON)
    row = store_now(caller)
    assert (row["people"], row["status"]) == (None, "unknown")
    assert [zone["people"] for zone in row["zones"]] == [20, None]


def test_a_store_with_a_zone_that_never_spoke_is_unknown(caller: Caller, controller: Controller) -> None:
    occupied(chain.zone(controller, "cafe"), 20, age=SOON)
    chain.zone(controller, "floor")
    row = store_now(caller)
    assert (row["people"], row["status"], row["as_of"], row["age_s"]) == (None, "unknown", None, None)


def test_a_store_without_controllers_is_unknown(caller: Caller) -> None:
    chain.store("S1")
    row = store_now(caller)
    assert (row["people"], row["status"], row["zones"], row["as_of"]) == (None, "unknown", [], None)


@pytest.mark.parametrize(
    ("people", "status"),
    [(0, "normal"), (79, "normal"), (80, "warning"), (94, "warning"), (95, "critical"), (130, "critical")],
)
def test_a_status_is_the_share_of_the_capacity(
    caller: Caller, controller: Controller, people: int, status: str
) -> None:
    occupied(chain.zone(controller, "floor"), people, age=SOON, capacity=100)
    assert store_now(caller)["status"] == status


def test_without_a_capacity_nothing_is_said_of_its_use(caller: Caller, controller: Controller) -> None:
    occupied(chain.zone(controller, "floor"), 400, age=SOON)
    row = store_now(caller)
    assert (row["people"], row["capacity"], row["utilisation"], row["status"]) == (400, None, None, "normal")


@pytest.mark.parametrize("ahead", [timedelta(minutes=4), timedelta(seconds=30)])
def test_a_clock_that_is_ahead_keeps_no_number_fresh(caller: Caller, controller: Controller, ahead: timedelta) -> None:
    floor, till = chain.zone(controller, "floor"), chain.zone(controller, "till", "queue")
    occupied(floor, 40, age=SOON - ahead, held=SOON)
    queued(till, 3, age=SOON - ahead, held=SOON)
    assert (store_now(caller)["people"], queue_now(caller)["people_waiting"]) == (40, 3)
    for row in (store_now(caller), queue_now(caller)):
        assert row["age_s"] >= 20
        assert datetime.fromisoformat(row["as_of"]) <= datetime.now(UTC)


def test_what_a_clock_ahead_said_is_unknown_once_we_have_had_it_for_its_hold(
    caller: Caller, controller: Controller
) -> None:
    floor, till = chain.zone(controller, "floor"), chain.zone(controller, "till", "queue")
    gone = HOLD + SOON
    occupied(floor, 40, age=gone - timedelta(minutes=5), held=gone)  # by its own clock, that is in 100 s
    queued(till, 3, age=gone - timedelta(minutes=5), held=gone)
    assert (store_now(caller)["people"], store_now(caller)["status"]) == (None, "unknown")
    assert (queue_now(caller)["people_waiting"], queue_now(caller)["status"]) == (None, "unknown")


def test_what_comes_late_is_as_old_as_it_is(caller: Caller, controller: Controller) -> None:
    occupied(chain.zone(controller, "floor"), 40, age=HOLD + SOON, held=timedelta(0))
    assert store_now(caller)["people"] is None


def test_an_older_sample_that_comes_late_does_not_replace_the_newer(caller: Caller, controller: Controller) -> None:
    floor = chain.zone(controller, "floor")
    occupied(floor, 40, age=SOON)
    occupied(floor, 7, age=2 * SOON, held=timedelta(0))
    assert store_now(caller)["people"] == 40


def test_zones_that_are_gone_or_not_yet_there_do_not_count(caller: Caller, controller: Controller) -> None:
    occupied(chain.zone(controller, "floor"), 40, age=SOON)
    chain.zone(controller, "gone", retired_at=ago(SOON))
    chain.zone(controller, "planned", appeared_at=ago(-timedelta(days=1)))
    chain.zone(controller, "till_1", "queue", retired_at=ago(SOON))
    assert store_now(caller)["people"] == 40
    assert caller.get("live/queues")["results"] == []


def test_a_queue_now(caller: Caller, controller: Controller) -> None:
    till = chain.zone(controller, "till", "queue")
    queued(till, 5, age=SOON)
    row = queue_now(caller)
    assert 20 <= row.pop("age_s") < 40
    assert datetime.fromisoformat(row.pop("as_of")).utcoffset() == timedelta(hours=5, minutes=45)
    assert row == {
        "store": "S1",
        "zone": "S1/till",
        "name": till.name,
        "people_waiting": 5,
        "average_wait_ms": 30_000,
        "longest_wait_ms": 60_000,
        "threshold": 4,
        "status": "exceeded",
    }


@pytest.mark.parametrize(
    ("people", "threshold", "status"), [(4, 4, "normal"), (5, 4, "exceeded"), (50, None, "normal")]
)
def test_a_queue_is_exceeded_over_its_threshold(
    caller: Caller, controller: Controller, people: int, threshold: int | None, status: str
) -> None:
    queued(chain.zone(controller, "till", "queue"), people, age=SOON, threshold=threshold)
    assert queue_now(caller)["status"] == status


def test_a_queue_that_no_longer_holds_is_unknown(caller: Caller, controller: Controller) -> None:
    queued(chain.zone(controller, "till", "queue"), 5, age=HOLD + SOON)
    row = queue_now(caller)
    figures = ("people_waiting", "average_wait_ms", "longest_wait_ms")
    assert [row[name] for name in figures] == [None, None, None]
    assert (row["status"], row["age_s"] >= 200) == ("unknown", True)


def test_a_queue_that_never_spoke_is_unknown(caller: Caller, controller: Controller) -> None:
    chain.zone(controller, "till", "queue")
    row = queue_now(caller)
    assert (row["people_waiting"], row["status"], row["as_of"], row["age_s"]) == (None, "unknown", None, None)


def test_which_zones_count_is_what_the_registry_says(caller: Caller) -> None:
    kinds = product(Zone.Kind, (False, True), (None, False, True))
    alone: list[list[dict[str, Any]]] = [
        [dict(zip(("kind", "has_occupancy", "counts_by_hand"), each, strict=True))] for each in kinds
    ]
    beside = [[*zones, {"kind": Zone.Kind.AREA, "has_occupancy": seen}] for zones in alone for seen in (False, True)]
    wanted = {}
    for number, zones in enumerate([*alone, *beside]):
        made = chain.controller(chain.store(f"S{number:03}"))
        there = [chain.zone(made, f"zone-{place}", **fields) for place, fields in enumerate(zones)]
        wanted[made.store.code] = [f"{made.store.code}/{zone.code}" for zone in counting_zones(there)]
    told = {row["store"]: [zone["zone"] for zone in row["zones"]] for row in caller.get("live/occupancy")["results"]}
    assert told == wanted
    assert {len(zones) for zones in told.values()} == {0, 1, 2}


def test_live_figures_take_as_many_queries_for_many_stores_as_for_one(
    caller: Caller, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    for number in range(12):
        made = chain.controller(chain.store(f"S{number}"))
        occupied(chain.zone(made, "floor"), 40, age=SOON)
        queued(chain.zone(made, "till", "queue"), 5, age=SOON)
    for path in ("live/occupancy", "live/queues"):
        with django_assert_max_num_queries(8):
            assert len(caller.get(path)["results"]) == 12
