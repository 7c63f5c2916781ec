"""``status_data``: how a sensor is, by its own word."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.models import Event, Quarantine
from sites_app.models import Controller, Sensor
from tests.ingest.xovis.conftest import Push
from tests.ingest.xovis.examples import SERIAL, STATUS, line, logics_push, record

NOW = datetime.now(UTC)


def status(package: int = 12, /, **states: str) -> dict[str, Any]:
    content = deepcopy(STATUS)
    content["status_data"]["package_info"]["id"] = package
    content["status_data"]["states"] |= {name: {"state": {"state": state}} for name, state in states.items()}
    return content


def test_a_sensor_that_is_well_is_online(push: Push, sensor: Controller) -> None:
    push(STATUS)
    found = Sensor.objects.get()
    assert (found.sensor_id, found.status, found.clock) == (SERIAL, "online", "")
    assert found.last_seen_at is not None
    assert not Event.objects.exists()


@pytest.mark.parametrize("module", ["device", "network", "updates", "power"])
def test_whatever_is_not_ok_degrades_the_sensor_and_its_controller(push: Push, sensor: Controller, module: str) -> None:
    push(status(**{module: "ERROR"}))
    assert Sensor.objects.get().status == "degraded"
    sensor.refresh_from_db()
    assert sensor.state == Controller.State.DEGRADED
    assert "isn't well" in sensor.last_error
    assert Event.objects.get().event == "xovis.status"


def test_a_wrong_clock_is_marked(push: Push, sensor: Controller) -> None:
    push(status(time="ERROR"))
    found = Sensor.objects.get()
    assert (found.status, found.clock) == ("degraded", "ERROR")
    sensor.refresh_from_db()
    assert "clock" in sensor.last_error


def test_the_later_word_counts_also_when_the_earlier_comes_again(push: Push, sensor: Controller) -> None:
    push(status(1, device="ERROR"), NOW - timedelta(minutes=2))
    push(status(1, device="ERROR"), NOW - timedelta(minutes=1))
    assert Event.objects.count() == 1
    push(status(2), NOW)
    sensor.refresh_from_db()
    assert (Sensor.objects.get().status, sensor.state) == ("online", Controller.State.ONLINE)
    push(status(3, device="ERROR"), NOW - timedelta(minutes=1))
    assert Sensor.objects.get().status == "online"
    push(status(4, device="ERROR"), NOW + timedelta(minutes=1))
    assert Sensor.objects.get().status == "degraded"


def test_poor_light_is_no_fault_of_the_sensor(push: Push) -> None:
    dark = status()
    dark["status_data"]["states"]["singlesensor"]["status"]["illumination"] = "INSUFFICIENT"
    push(dark)
    assert Sensor.objects.get().status == "online"


def test_a_state_of_a_wrong_type_is_named_and_the_others_taken(push: Push) -> None:
    content = status(network="ERROR")
    content["status_data"]["states"]["device"] = {"state": {"state": 5}}
    push(content)
    assert Quarantine.objects.get().pointer == "/status_data/states/device/state/state"
    assert Sensor.objects.get().status == "degraded"


def test_a_push_of_figures_shows_that_a_sensor_lives(push: Push) -> None:
    push(logics_push(line(record(fw=1, bw=0))), NOW)
    found = Sensor.objects.get()
    assert (found.sensor_id, found.type, found.status, found.last_seen_at) == (SERIAL, "SINGLE_SENSOR", "online", NOW)


def test_a_status_without_a_serial_number_is_of_the_only_sensor(push: Push, sensor: Controller) -> None:
    Sensor.objects.create(controller=sensor, sensor_id=SERIAL, status="online")
    content = status(device="REBOOTING")
    del content["status_data"]["sensor_info"]
    push(content)
    assert Sensor.objects.get().status == "degraded"


def test_a_sensor_that_nobody_knows_yet_degrades_its_controller(push: Push, sensor: Controller) -> None:
    content = status(device="REBOOTING")
    del content["status_data"]["sensor_info"]
    push(content)
    sensor.refresh_from_db()
    assert (sensor.state, Sensor.objects.count()) == (Controller.State.DEGRADED, 0)
    content["status_data"]["states"]["device"] = {"state": {"state": "OK"}}
    push(content)
    sensor.refresh_from_db()
    assert sensor.state == Controller.State.ONLINE


def test_names_of_states_are_taken_as_they_can_be_stored(push: Push) -> None:
    content = status()
    content["status_data"]["states"]["a\x00b" * 100] = {"state": 7}
    push(content)
    assert Quarantine.objects.get().pointer.startswith("/status_data/states/a ba b")
