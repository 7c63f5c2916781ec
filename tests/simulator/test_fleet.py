"""Which stores there are, the same in every process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from simulator.__main__ import main
from simulator.answers import Answers
from simulator.fleet import Controller, Fleet
from simulator.serving import Addresses, planned_base_urls
from simulator.truth import occupancy, of
from simulator.world import world_of

FRIDAY = 1_781_251_200  # 2026-06-12T08:00:00Z
WINDOW = ["--start", "2026-06-12T08:00:00Z", "--end", "2026-06-13T08:00:00Z"]


def told(controllers: list[Controller]) -> dict[str, object]:
    return {"window": of(controllers, FRIDAY, FRIDAY + 86_400), "now": occupancy(controllers, FRIDAY + 7 * 3600)}


def test_all_processes_tell_the_same_truth() -> None:
    fleet = Fleet(7, 3)
    # Whatever this process was asked before must make no difference.
    for controller in reversed(fleet.controllers):
        world_of(controller).occupancy(FRIDAY - 86_400 * 3)
    expected = {store.code: of(fleet.controllers_of(store.code), FRIDAY, FRIDAY + 86_400) for store in fleet.stores}
    command = [sys.executable, "-m", "simulator", "truth", "--stores", "3", *WINDOW]
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    printed = subprocess.run(command, capture_output=True, check=True, env=environment, timeout=60).stdout
    assert json.loads(printed) == expected


def test_the_truth_of_one_store_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["truth", "--stores", "3", "--store", "S002", *WINDOW]) == 0
    assert json.loads(capsys.readouterr().out) == of(Fleet(7, 3).controllers_of("S002"), FRIDAY, FRIDAY + 86_400)


def test_a_larger_fleet_begins_with_the_smaller_one() -> None:
    small, large = Fleet(7, 5), Fleet(7, 60)
    assert [one.store for one in large.controllers[: len(small.controllers)]] == [
        one.store for one in small.controllers
    ]
    for one in small.controllers:
        same = large.controller(one.store.code, one.name)
        assert (same.api_key, same.webhook_key, same.zones, same.sensors) == (
            one.api_key, one.webhook_key, one.zones, one.sensors,
        )  # fmt: skip
        assert told([same]) == told([one])


def test_another_seed_is_another_truth() -> None:
    one, other = Fleet(7, 1), Fleet(8, 1)
    assert told(one.controllers) != told(other.controllers)
    assert one.controllers[0].api_key != other.controllers[0].api_key


def test_keys_and_sensors_are_nobody_elses() -> None:
    fleet = Fleet(7, 3000)
    keys = [key for one in fleet.controllers for key in (one.api_key, one.webhook_key)]
    assert len(set(keys)) == len(keys)
    sensors = [sensor.sensor_id for one in fleet.controllers for sensor in one.sensors]
    assert len(set(sensors)) == len(sensors) > 6 * 3000


def test_no_two_controllers_of_a_large_fleet_share_an_address() -> None:
    for own_address in (False, True):
        planned = planned_base_urls(Fleet(7, 3000), Addresses("127.0.0.1", 9100, own_address))
        urls = [url for _, url in planned]
        assert len(set(urls)) == len(urls)
        assert all(url.startswith("http://127.") for url in urls)


def test_every_kind_of_store_is_there() -> None:
    controllers = Fleet(7, 24).controllers
    assert any(not one.areas for one in controllers)
    assert any(one.model.old_firmware for one in controllers)
    assert any(not one.model.paths and not one.model.old_firmware for one in controllers)
    assert any(one.store.capacity is None for one in controllers)
    assert len({one.store.timezone.key for one in controllers}) > 10
    assert len(controllers) > 24


def test_sensors_are_sometimes_lost_and_mostly_there() -> None:
    controllers = Fleet(7, 24).controllers
    lost = [row for row in rows_of_sensors(controllers) if row["status"] == "offline"]
    every = sum(1 for _ in rows_of_sensors(controllers))
    assert 0 < len(lost) < every / 100


def rows_of_sensors(controllers: list[Controller]) -> Iterator[dict[str, object]]:
    """Of three days, by the hour."""
    for instant in range(FRIDAY, FRIDAY + 3 * 86_400, 3600):
        for controller in controllers:
            yield from map(json.loads, Answers(controller).sensors(instant))


@pytest.mark.parametrize("stores", [0, -1, 50_001])
def test_a_fleet_has_a_size(stores: int) -> None:
    with pytest.raises(ValueError, match="50,000 stores"):
        Fleet(7, stores)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["truth", "--stores", "3", "--store", "S009", *WINDOW], "S009"),
        (["truth", "--start", "2026-06-12T08:00:00", *WINDOW[2:]], "offset"),
        (["truth", "--start", "1900-06-12T08:00:00Z", *WINDOW[2:]], "2000 to 2199"),
        (["csv", "--port", "0"], "--port"),
        (["serve", "--stores", "0"], "50,000"),
        ([], "COMMAND"),
    ],
)
def test_what_cant_be_done_is_said(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status: object = main(arguments)
    except SystemExit as ended:  # as argparse does
        status = ended.code
    assert status in (1, 2)
    assert said in capsys.readouterr().err
