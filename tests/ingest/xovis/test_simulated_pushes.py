"""The simulated sensors push over real HTTP, in each of their forms; what comes of it is what truly was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest import digest
from ingest.models import DwellInterval, Event, FootfallInterval, OccupancySample, Quarantine, QueueSample
from sites_app import models
from sites_app.models import Controller
from tests import chain
from tests.fleet import Fleet, Sensor

pytestmark = pytest.mark.django_db(transaction=True)

START = datetime(2026, 11, 3, 11, tzinfo=UTC)
END = START + timedelta(hours=1)


@pytest.fixture
def site(fleet: Fleet) -> Sensor:
    return fleet.sensor()


@pytest.fixture
def sensor(site: Sensor) -> Controller:
    return chain.controller(chain.store(), kind="xovis", webhook_key=site.webhook_key)


@pytest.fixture
def agent(server: str, sensor: Controller, site: Sensor) -> dict[str, Any]:
    return {"url": f"{server}/ingest/xovis/{sensor.pk}", "key": site.webhook_key, "user": str(sensor.pk)}


def digest_all() -> None:
    while digest.digest_batch(now=datetime.now(UTC)):
        pass


def footfall(site: Sensor) -> list[tuple[Any, ...]]:
    rows = FootfallInterval.objects.filter(complete=True).select_related("zone")
    return sorted((site.zones[row.zone.zone_id], row.start, row.count_in, row.count_out) for row in rows)


def true_footfall(fleet: Fleet, site: Sensor) -> list[tuple[Any, ...]]:
    rows = fleet.truth(site.store, START, END)["footfall"]
    return sorted((row["zone_id"], datetime.fromisoformat(row["start"]), row["in"], row["out"]) for row in rows)


@pytest.mark.parametrize(
    "settings",
    [
        {"times": "milliseconds", "authentication": "bearer"},
        {"times": "seconds", "authentication": "basic", "array": True},
        {"times": "rfc3339", "authentication": "path", "chunked": True},
        {"forms": ["older_counts"], "authentication": "apikey"},
    ],
)
def test_an_hour_of_pushes_becomes_the_footfall_that_truly_was(
    fleet: Fleet, site: Sensor, agent: dict[str, Any], settings: dict[str, Any]
) -> None:
    half = START + timedelta(minutes=40)
    for start, end in ((half, END), (START, half), (START + timedelta(minutes=7), END)):
        statuses = fleet.push(site, start, end, **{"forms": ["logics", "status"], **agent, **settings})
        assert set(statuses) == {204}
        digest_all()
    assert footfall(site) == true_footfall(fleet, site)
    assert not Quarantine.objects.exists()
    found = models.Sensor.objects.get()
    assert (found.sensor_id, found.status) == (site.serial_number, "online")


def test_stays_and_waits_come_with_the_logics(fleet: Fleet, site: Sensor, agent: dict[str, Any]) -> None:
    fleet.push(site, START, END, forms=["logics"], **agent)
    digest_all()
    true = {row["zone_id"]: row for row in fleet.truth(site.store, START, END)["dwell"]}
    stays = list(DwellInterval.objects.select_related("zone"))
    assert len(stays) == 2
    for stay in stays:
        row = true[site.zones[stay.zone.zone_id]]
        assert (stay.start, stay.visits) == (START, row["visits"])
        assert abs(stay.average_dwell_ms - row["average_dwell_ms"]) <= 1
    assert QueueSample.objects.filter(average_wait_ms__gt=0).exists()


@pytest.mark.parametrize("referenced", [False, True])
def test_live_data_becomes_the_occupancy_that_truly_was_and_no_persons(
    fleet: Fleet, site: Sensor, agent: dict[str, Any], referenced: bool
) -> None:
    fleet.push(site, START, START + timedelta(minutes=1), forms=["logics"], **agent)
    digest_all()
    OccupancySample.objects.all().delete()
    fleet.push(site, START, END - timedelta(minutes=50), forms=["live"], referenced=referenced, **agent)
    assert [event.event for event in Event.objects.all()] == ["xovis.live"]
    body = bytes(Event.objects.get().body)
    assert b"balance" in body
    assert not [word for word in (b"position", b"track", b"height", b"PERSON") if word in body]
    digest_all()
    samples = list(OccupancySample.objects.select_related("zone").order_by("observed_at"))
    assert len(samples) > 10
    for sample in samples[:: len(samples) // 5]:
        assert sample.people == fleet.people(site, sample.observed_at)[site.zones[sample.zone.zone_id]]


def test_older_events_are_kept_one_by_one(fleet: Fleet, site: Sensor, agent: dict[str, Any]) -> None:
    end = START + timedelta(minutes=10)
    for _ in range(2):
        fleet.push(site, START, end, forms=["older_events"], **agent)
        digest_all()
    assert Event.objects.filter(event="xovis.line_crossing").count() > 5
    assert Event.objects.count() == Event.objects.filter(event="xovis.line_crossing").count()
    assert not FootfallInterval.objects.exists()


def test_older_firmware_counts_by_logics_that_list_zones(fleet: Fleet, agent: dict[str, Any]) -> None:
    old = fleet.sensor("S007")
    assert "XLT_4X_LINE_IN_OUT_COUNT" in old.infos.values()
    fleet.push(old, START, END, forms=["logics"], **agent)
    digest_all()
    assert footfall(old) == true_footfall(fleet, old)
