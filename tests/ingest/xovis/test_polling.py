"""Sensors that are polled: what they answer becomes the truth, an outage heals, and their health is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest import asking_now, backfilling, outcomes, polling
from ingest.crew import Round
from ingest.models import DwellInterval, FootfallInterval, OccupancySample, Quarantine, QueueSample, Stream
from sites_app import models
from sites_app.models import Controller, Zone
from tests import chain
from tests.fleet import Fleet, Sensor

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 3, 12, 7, 20, tzinfo=UTC)  # a Tuesday evening in Kathmandu
QUARTER = timedelta(minutes=15)


@pytest.fixture
def site(fleet: Fleet) -> Sensor:
    fleet.stop_clock(NOW)
    return fleet.sensor()


@pytest.fixture
def sensor(site: Sensor) -> Controller:
    return chain.controller(chain.store(), kind="xovis", base_url=site.base_url, api_key=site.api_key)


def poll(now: datetime) -> None:
    """Ask whatever is due, until nothing is."""
    while claimed := polling.claim_due(now=now):
        for chunk in polling.chunks(claimed):
            work = polling.load(chunk)
            outcomes.write(work, Round(polling.turns(work, now=now), lambda: now).all(), now=now)


def footfall(site: Sensor, until: datetime) -> list[tuple[Any, ...]]:
    rows = FootfallInterval.objects.filter(end__lte=until, complete=True).select_related("zone")
    return sorted((site.zones[row.zone.zone_id], row.start, row.count_in, row.count_out) for row in rows)


def true_footfall(fleet: Fleet, site: Sensor, start: datetime, end: datetime) -> list[tuple[Any, ...]]:
    rows = fleet.truth(site.store, start, end)["footfall"]
    return sorted((row["zone_id"], datetime.fromisoformat(row["start"]), row["in"], row["out"]) for row in rows)


def test_history_becomes_the_footfall_and_dwell_that_truly_were(fleet: Fleet, site: Sensor, sensor: Controller) -> None:
    poll(NOW)
    quarter = NOW.replace(minute=0, second=0)
    start = quarter - timedelta(days=8)
    assert footfall(site, quarter) == true_footfall(fleet, site, start, quarter)
    running = FootfallInterval.objects.filter(start=quarter, zone__zone_id="logic:1").get()
    assert not running.complete
    assert running.count_in > 0
    true = {(row["zone_id"], row["start"]): row for row in fleet.truth(site.store, start, quarter)["dwell"]}
    stays = DwellInterval.objects.filter(end__lte=quarter).select_related("zone")
    assert stays.count() == 8 * 24 * 2
    for stay in stays:
        row = true[site.zones[stay.zone.zone_id], f"{stay.start:%Y-%m-%dT%H:%M:%SZ}"]
        assert stay.visits == row["visits"]
        assert abs(stay.average_dwell_ms - row["average_dwell_ms"]) <= 1  # the truth rounds down, quarter by quarter
    assert not Quarantine.objects.exists()


def test_live_logics_become_samples_of_zones_and_queues(fleet: Fleet, site: Sensor, sensor: Controller) -> None:
    poll(NOW)
    people = OccupancySample.objects.filter(observed_at=NOW).values_list("zone__zone_id", "people")
    waiting = QueueSample.objects.filter(observed_at=NOW).values_list("zone__zone_id", "people", "average_wait_ms")
    counted = {site.zones[zone]: count for zone, count in people}
    assert {**counted, **{site.zones[zone]: count for zone, count, _ in waiting}} == fleet.people(site, NOW)
    assert len(waiting) == 1
    assert all(wait for _, count, wait in waiting if count)


def test_the_sensor_and_its_zones_are_known_after_the_first_poll(site: Sensor, sensor: Controller) -> None:
    poll(NOW)
    found = models.Sensor.objects.get()
    assert (found.sensor_id, found.type, found.firmware) == (site.serial_number, "PC2SE", "5.6.2")
    assert {zone.zone_id: (zone.kind, zone.name) for zone in Zone.objects.all()} == {
        "logic:1": ("entrance", "Main Entrance"),
        "logic:21": ("area", "Sales Floor"),
        "logic:22": ("area", "Promo Table"),
        "logic:41": ("queue", "Checkout 1"),
    }
    sensor.refresh_from_db()
    assert (sensor.state, sensor.clock_skew_ms) == (Controller.State.ONLINE, 0)
    assert {stream.kind for stream in Stream.objects.all()} == {"live", "footfall", "discovery"}


def test_an_outage_heals_from_the_cursor_on(fleet: Fleet, site: Sensor, sensor: Controller) -> None:
    poll(NOW)
    fleet.sensor_fault(site, status=503)
    for minutes in (5, 20, 60):
        poll(NOW + timedelta(minutes=minutes))
    sensor.refresh_from_db()
    assert sensor.state == Controller.State.OFFLINE
    fleet.sensor_fault(site)
    later = NOW + timedelta(hours=2)
    fleet.stop_clock(later)
    poll(later)
    quarter = later.replace(minute=0, second=0)
    start = NOW.replace(minute=0, second=0) - timedelta(days=8)
    assert footfall(site, quarter) == true_footfall(fleet, site, start, quarter)
    sensor.refresh_from_db()
    assert sensor.state == Controller.State.ONLINE


def test_intervals_that_could_not_be_read_are_asked_for_again(fleet: Fleet, site: Sensor, sensor: Controller) -> None:
    fleet.sensor_fault(site, wrong_types=True)
    poll(NOW)
    stream = Stream.objects.get(kind="footfall")
    assert (stream.cursor, stream.last_error_code) == (None, "bad_rows")
    fleet.sensor_fault(site)
    poll(stream.due_at)
    quarter = NOW.replace(minute=0, second=0)
    start = quarter - timedelta(days=8)
    assert footfall(site, quarter) == true_footfall(fleet, site, start, quarter)
    stream.refresh_from_db()
    assert (stream.cursor, stream.last_error_code) == (quarter, "")


def test_a_clock_that_is_behind_leaves_its_last_quarters_for_later(
    fleet: Fleet, site: Sensor, sensor: Controller
) -> None:
    fleet.sensor_fault(site, clock_skew_s=-1800)
    poll(NOW)
    stream = Stream.objects.get(kind="footfall")
    assert stream.cursor == datetime(2026, 11, 3, 11, 30, tzinfo=UTC)
    sensor.refresh_from_db()
    assert sensor.clock_skew_ms == -1_800_000
    assert models.Sensor.objects.get().clock == "ERROR"
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


def test_values_of_a_wrong_type_are_kept_apart_and_said(fleet: Fleet, site: Sensor, sensor: Controller) -> None:
    fleet.sensor_fault(site, wrong_types=True)
    poll(NOW)
    assert not FootfallInterval.objects.exists()
    assert not OccupancySample.objects.exists()
    assert Quarantine.objects.filter(pointer="/logics/0/counts/0/value").exists()
    sensor.refresh_from_db()
    assert sensor.state == Controller.State.DEGRADED
    assert "Expected number" in sensor.last_error


def test_a_backfill_fetches_the_history_of_a_sensor_again(fleet: Fleet, site: Sensor, sensor: Controller) -> None:
    asking_now.ask([sensor], ["discovery"])
    start, end = NOW.replace(hour=0, minute=0, second=0) - timedelta(days=9), NOW.replace(hour=0, minute=0, second=0)
    backfill = backfilling.plan([sensor], start=start, end=end, now=NOW)
    while backfilling.run_batch(lambda: NOW):
        pass
    progress = backfilling.progress(backfill.pk)
    assert (progress.finished, progress.failed, progress.total) == (True, 0, 2)
    assert footfall(site, end) == true_footfall(fleet, site, start, end)


def test_a_sensor_that_cannot_be_asked_but_pushes_is_not_lost(fleet: Fleet, site: Sensor, sensor: Controller) -> None:
    fleet.sensor_fault(site, status=503)
    turns = [NOW + timedelta(minutes=minutes) for minutes in (0, 5, 20, 60)]
    models.Sensor.objects.create(controller=sensor, sensor_id=site.serial_number, last_seen_at=turns[-1])
    for now in turns:
        poll(now)
    sensor.refresh_from_db()
    assert (sensor.state, sensor.consecutive_failures >= 3) == (Controller.State.DEGRADED, True)
