"""Webhooks, from the controller's post to facts: each event once, whatever order it comes in, and all of a batch or nothing."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from ingest import digest, facts, quarantine
from ingest.models import Dirty, Event, OccupancySample, Quarantine, QueueSample, Stream, ZoneState
from sites_app.models import Controller, Sensor, Zone
from tests import chain
from tests.fleet import Fleet
from tests.ingest.turns import NOW, ask
from tests.server import web_server

pytestmark = pytest.mark.django_db
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
QUEUE, OCCUPANCY = "queue.threshold_exceeded", "occupancy.threshold_reached"


@pytest.fixture
def controller() -> Controller:
    return chain.controller(chain.store())


@pytest.fixture
def floor(controller: Controller) -> Zone:
    return chain.zone(controller, "floor")


def land(controller: Controller, number: int, kind: str, data: Any, at: Any = NOW, received: Any = None) -> None:
    """An event as landing stores it."""
    body = {"eventId": f"E{number}", "event": kind, "timestamp": at.isoformat(), "data": data}
    Event.objects.create(
        store=controller.store,
        controller=controller,
        event_id=f"E{number}",
        event=kind,
        observed_at=at,
        received_at=received or at + SECOND,
        body=json.dumps(body).encode(),
    )


def people(count: int, zone_id: str = "floor") -> dict[str, Any]:
    return {"zoneId": zone_id, "current_people": count, "capacity": 100, "threshold_percentage": 90}


@pytest.fixture(scope="module")
def server(django_db_setup: None) -> Iterator[str]:
    with web_server() as url:
        yield url


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("faults", [{}, {"repeat": 2, "shuffle": True}], ids=["plain", "repeated and shuffled"])
def test_what_a_controller_posts_becomes_facts(fleet: Fleet, server: str, faults: dict[str, Any]) -> None:
    fleet.stop_clock(NOW)
    site = fleet.site("S001")
    controller = chain.registered(site)
    ask([controller], Stream.Kind.DISCOVERY)
    fleet.fault(site, **faults)
    fleet.webhook(site, f"{server}/ingest/xcs/{controller.pk}")
    lengths = [12, 3, 9]
    ids = fleet.emit(
        site,
        [
            {
                "event": QUEUE,
                "timestamp": (NOW + n * MINUTE).isoformat(),
                "data": {"zoneId": "checkout_1", "people_waiting": length, "threshold": 5},
            }
            for n, length in enumerate(lengths)
        ],
    )
    wait_until_delivered(fleet, site, len(ids))
    assert set(Event.objects.values_list("event_id", flat=True)) == set(ids)
    assert digest.digest_batch(now=NOW + DAY) == len(ids)
    samples = QueueSample.objects.order_by("observed_at").values_list("observed_at", "people", "threshold")
    assert list(samples) == [(NOW + n * MINUTE, length, 5) for n, length in enumerate(lengths)]
    assert ZoneState.objects.get(zone__zone_id="checkout_1").people_waiting == 9
    assert not Quarantine.objects.exists()
    assert not Event.objects.filter(digested_at=None).exists()


def wait_until_delivered(fleet: Fleet, site: Any, count: int) -> None:
    for _ in range(1200):
        told = fleet.deliveries(site)
        if told["counts"]["delivered"] == count:
            return
        time.sleep(0.05)  # waits for a process, not for time to pass
    raise AssertionError(told)


def test_an_event_is_digested_once(controller: Controller, floor: Zone) -> None:
    land(controller, 1, OCCUPANCY, people(90))
    assert [digest.digest_batch(now=NOW + n * MINUTE) for n in range(2)] == [1, 0]
    assert Event.objects.get().digested_at == NOW
    sample = OccupancySample.objects.get()
    assert (sample.people, sample.capacity, sample.received_at) == (90, 100, NOW + SECOND)
    assert set(Dirty.objects.values_list("store", "measure")) == {(controller.store_id, "occupancy")}


@pytest.mark.django_db(transaction=True)
def test_digesters_at_the_same_time_share_the_work(
    controller: Controller, floor: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest, "BATCH", 5)
    for number in range(40):
        land(controller, number, OCCUPANCY, people(number), NOW + number * SECOND)
    together = threading.Barrier(4)

    def work(_: int) -> int:
        done = 0
        try:
            together.wait(60)
            while batch := digest.digest_batch(now=NOW):
                done += batch
        finally:
            connection.close()
        return done

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(work, range(4))) == 40
    assert OccupancySample.objects.count() == 40
    assert ZoneState.objects.get().people == 39


def test_a_batch_is_digested_whole_or_not_at_all(
    controller: Controller, floor: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(controller, 1, OCCUPANCY, people(90))

    def die(*arguments: Any, **options: Any) -> int:
        raise RuntimeError("the worker is killed")

    with monkeypatch.context() as patched:
        patched.setattr(quarantine, "keep", die)
        with pytest.raises(RuntimeError):
            digest.digest_batch(now=NOW)
    assert not OccupancySample.objects.exists()
    assert digest.digest_batch(now=NOW) == 1
    assert OccupancySample.objects.exists()


@pytest.mark.parametrize(
    ("kind", "data", "pointer"),
    [
        (OCCUPANCY, {"zoneId": "floor", "current_people": -1}, "/data/current_people"),
        (OCCUPANCY, people(1, "cellar"), "/data/zoneId"),
        ("door.opened", {"zoneId": "floor"}, "/event"),
        ("queue.threshold_exceeded_by_very_much", [], "/data"),
    ],
)
def test_what_cannot_be_understood_is_kept_and_stops_nothing(
    controller: Controller, floor: Zone, kind: str, data: Any, pointer: str
) -> None:
    land(controller, 1, kind, data)
    land(controller, 2, OCCUPANCY, people(7), NOW + SECOND)
    assert digest.digest_batch(now=NOW) == 2
    kept = Quarantine.objects.get()
    assert (kept.source, kept.stream, kept.pointer) == ("webhook", kind[:20], pointer)
    assert json.loads(bytes(kept.body))["eventId"] == "E1"
    assert OccupancySample.objects.get().people == 7


def test_an_event_that_comes_days_late_is_a_sample_of_its_time_and_not_of_now(
    controller: Controller, floor: Zone
) -> None:
    land(controller, 1, OCCUPANCY, people(9))
    digest.digest_batch(now=NOW)
    land(controller, 2, OCCUPANCY, people(5), NOW - 40 * DAY, received=NOW + MINUTE)
    digest.digest_batch(now=NOW)
    assert set(OccupancySample.objects.values_list("observed_at", "people")) == {(NOW, 9), (NOW - 40 * DAY, 5)}
    state = ZoneState.objects.get(zone=floor)
    assert (state.people, state.occupancy_at) == (9, NOW)


def test_an_event_ahead_of_our_clock_is_measured_by_when_it_came(controller: Controller, floor: Zone) -> None:
    land(controller, 1, OCCUPANCY, people(9), NOW + 6 * MINUTE, received=NOW)
    land(controller, 2, OCCUPANCY, people(8), NOW + 4 * MINUTE, received=NOW)
    digest.digest_batch(now=NOW + DAY)
    assert OccupancySample.objects.get().people == 8
    assert Quarantine.objects.get().pointer == "/timestamp"


@pytest.mark.parametrize("polled_first", [True, False])
def test_of_a_poll_and_an_event_of_one_instant_the_later_received_stands(
    controller: Controller, floor: Zone, polled_first: bool
) -> None:
    received = NOW + (SECOND if polled_first else 3 * SECOND)
    polled = facts.OccupancyRow(controller.store_id, floor.pk, NOW, received, 1, None)
    facts.write(facts.Facts(occupancy=[polled]))
    land(controller, 1, OCCUPANCY, people(9), NOW, received=NOW + 2 * SECOND)
    digest.digest_batch(now=NOW)
    assert OccupancySample.objects.get().people == ZoneState.objects.get().people == (9 if polled_first else 1)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
@pytest.mark.parametrize("together", [True, False])
def test_a_sensor_is_what_its_latest_event_says(controller: Controller, order: tuple[int, ...], together: bool) -> None:
    sensor = Sensor.objects.create(controller=controller, sensor_id="80:1F", status="online", last_seen_at=NOW)
    for number in order:
        what = "online" if number == 2 else "offline"
        land(controller, number, f"sensor.{what}", {"sensorId": "80:1F", "name": "Door"}, NOW + number * SECOND)
        if not together:
            digest.digest_batch(now=NOW)
    digest.digest_batch(now=NOW)
    sensor.refresh_from_db()
    assert (sensor.status, sensor.last_seen_at) == ("offline", NOW + 3 * SECOND)


def test_an_event_of_a_sensor_that_nobody_knows_is_no_trouble(controller: Controller) -> None:
    land(controller, 1, "sensor.offline", {"sensorId": "80:20"})
    assert digest.digest_batch(now=NOW) == 1
    assert not Sensor.objects.exists()
