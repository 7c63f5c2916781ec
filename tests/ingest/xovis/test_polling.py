"""Sensors that are polled: what they answer becomes the truth, an outage heals, and their health is known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest import asking_now, backfilling, outcomes, polling
from ingest.models import DwellInterval, FootfallInterval, OccupancySample, Quarantine, QueueSample, Stream
from sites_app.models import Controller, Sensor, Zone
from tests import chain
from tests.ingest.xovis import fleet
from tests.ingest.xovis.fleet import Fleet

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 3, 12, 7, 20, tzinfo=UTC)  # a Tuesday evening in Kathmandu
STORE = "S022"  # a small one
QUARTER = timedelta(minutes=15)


@pytest.fixture(scope="module")
def sensors() -> Iterator[Fleet]:
    with fleet.running() as running:
        yield running


@pytest.fixture
def described(sensors: Fleet) -> Iterator[dict[str, Any]]:
    sensors.set_clock(NOW)
    found = sensors.sensor(STORE)
    yield found
    sensors.faults(found)


@pytest.fixture
def sensor(described: dict[str, Any], db: None) -> Controller:
    return chain.controller(
        chain.store(), kind="xovis", base_url=described["base_url"], api_key=described["api_key"], verify_tls=False
    )


def poll(now: datetime) -> None:
    """Ask whatever is due, until nothing is."""
    while claimed := polling.claim_due(now=now):
        for chunk in polling.chunks(claimed):
            work = polling.load(chunk)
            outcomes.write(work, polling.take_all(polling.turns(work, now=now), lambda: now), now=now)


def zone_ids(described: dict[str, Any], kind: str) -> dict[str, str]:
    """The zones of the truth, by what the platform calls them."""
    return {f"logic:{one['id']}": one["zone_id"] for one in described["logics"] if kind in one["info"]}


def footfall(described: dict[str, Any], until: datetime) -> list[tuple[Any, ...]]:
    lines = zone_ids(described, "XLT_LINE")
    rows = FootfallInterval.objects.filter(end__lte=until, complete=True).select_related("zone")
    return sorted((lines[row.zone.zone_id], row.start, row.count_in, row.count_out) for row in rows)


def true_footfall(sensors: Fleet, start: datetime, end: datetime) -> list[tuple[Any, ...]]:
    rows = sensors.truth(STORE, start, end)["footfall"]
    return sorted((row["zone_id"], datetime.fromisoformat(row["start"]), row["in"], row["out"]) for row in rows)


def test_history_becomes_the_footfall_and_dwell_that_truly_were(
    sensors: Fleet, described: dict[str, Any], sensor: Controller
) -> None:
    poll(NOW)
    quarter = NOW.replace(minute=0, second=0)
    start = quarter - timedelta(days=8)
    assert footfall(described, quarter) == true_footfall(sensors, start, quarter)
    running = FootfallInterval.objects.filter(start=quarter, zone__zone_id="logic:1").get()
    assert not running.complete
    assert running.count_in > 0
    areas = zone_ids(described, "OCCUPANCY")
    true = {(row["zone_id"], row["start"]): row for row in sensors.truth(STORE, start, quarter)["dwell"]}
    stays = DwellInterval.objects.filter(end__lte=quarter).select_related("zone")
    assert stays.count() == 8 * 24 * len(areas)
    for stay in stays:
        row = true[areas[stay.zone.zone_id], f"{stay.start:%Y-%m-%dT%H:%M:%SZ}"]
        assert stay.visits == row["visits"]
        assert abs(stay.average_dwell_ms - row["average_dwell_ms"]) <= 1  # the truth rounds down, quarter by quarter
    assert not Quarantine.objects.exists()


def test_live_logics_become_samples_of_zones_and_queues(
    sensors: Fleet, described: dict[str, Any], sensor: Controller
) -> None:
    poll(NOW)
    truth = sensors.occupancy(STORE, NOW)
    areas, queues = zone_ids(described, "OCCUPANCY"), zone_ids(described, "QUEUE")
    people = OccupancySample.objects.filter(observed_at=NOW).values_list("zone__zone_id", "people")
    assert {areas[zone]: count for zone, count in people} == {
        row["zone_id"]: row["current_people"] for row in truth["zones"]
    }
    waiting = QueueSample.objects.filter(observed_at=NOW).values_list("zone__zone_id", "people", "average_wait_ms")
    assert {queues[zone]: count for zone, count, _ in waiting} == {
        row["zone_id"]: row["people_waiting"] for row in truth["queues"]
    }
    assert all(wait for _, count, wait in waiting if count)


def test_the_sensor_and_its_zones_are_known_after_the_first_poll(described: dict[str, Any], sensor: Controller) -> None:
    poll(NOW)
    found = Sensor.objects.get()
    assert (found.sensor_id, found.type, found.firmware) == (described["serial_number"], "PC2SE", "5.6.2")
    kinds = {zone.zone_id: zone.kind for zone in Zone.objects.all()}
    assert kinds == {f"logic:{one['id']}": one["kind"] for one in described["logics"] if "GROUP" not in one["info"]}
    sensor.refresh_from_db()
    assert (sensor.state, sensor.clock_skew_ms) == (Controller.State.ONLINE, 0)
    assert {stream.kind for stream in Stream.objects.all()} == {"live", "footfall", "discovery"}


def test_an_outage_heals_from_the_cursor_on(sensors: Fleet, described: dict[str, Any], sensor: Controller) -> None:
    poll(NOW)
    sensors.faults(described, status=503)
    for minutes in (5, 20, 60):
        poll(NOW + timedelta(minutes=minutes))
    sensor.refresh_from_db()
    assert sensor.state == Controller.State.OFFLINE
    sensors.faults(described)
    later = NOW + timedelta(hours=2)
    sensors.set_clock(later)
    poll(later)
    quarter = later.replace(minute=0, second=0)
    assert footfall(described, quarter) == true_footfall(
        sensors, NOW.replace(minute=0, second=0) - timedelta(days=8), quarter
    )
    sensor.refresh_from_db()
    assert sensor.state == Controller.State.ONLINE


def test_a_clock_that_is_behind_leaves_its_last_quarters_for_later(
    sensors: Fleet, described: dict[str, Any], sensor: Controller
) -> None:
    sensors.faults(described, clock_skew_s=-1800)
    poll(NOW)
    stream = Stream.objects.get(kind="footfall")
    assert stream.cursor == datetime(2026, 11, 3, 11, 30, tzinfo=UTC)
    sensor.refresh_from_db()
    assert sensor.clock_skew_ms == -1_800_000
    assert Sensor.objects.get().clock == "ERROR"
    assert sensor.state == Controller.State.DEGRADED
    assert "clock" in sensor.last_error


def test_a_wrong_login_stops_the_polling_and_says_so(sensor: Controller) -> None:
    sensor.api_key = "admin:wrong"
    sensor.save()
    poll(NOW)
    sensor.refresh_from_db()
    assert sensor.state == Controller.State.UNAUTHORIZED
    assert "user:password" in sensor.last_error
    assert Stream.objects.filter(stopped=True).exists()


def test_values_of_a_wrong_type_are_kept_apart_and_stop_nothing(
    sensors: Fleet, described: dict[str, Any], sensor: Controller
) -> None:
    sensors.faults(described, wrong_types=True)
    poll(NOW)
    assert not FootfallInterval.objects.exists()
    assert not OccupancySample.objects.exists()
    assert Quarantine.objects.filter(pointer="/logics/0/counts/0/value").exists()
    sensor.refresh_from_db()
    assert sensor.state == Controller.State.ONLINE


def test_a_backfill_fetches_the_history_of_a_sensor_again(
    sensors: Fleet, described: dict[str, Any], sensor: Controller
) -> None:
    asking_now.ask([sensor], ["discovery"])
    start, end = NOW.replace(hour=0, minute=0, second=0) - timedelta(days=9), NOW.replace(hour=0, minute=0, second=0)
    backfill = backfilling.plan([sensor], start=start, end=end, now=NOW)
    while backfilling.run_batch(lambda: NOW):
        pass
    progress = backfilling.progress(backfill.pk)
    assert (progress.finished, progress.failed, progress.total) == (True, 0, 2)
    assert footfall(described, end) == true_footfall(sensors, start, end)
