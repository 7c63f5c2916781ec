"""The control API: what the fleet is, its clock and its truth, and what it refuses."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.simulator.running import NOW, RunningFleet, running_fleet
from tests.xcs_contract.subject import instant, utc
from xovis_platform.stack.ports import free_ports

ONE = "/controllers/S001/Controller 1"


def test_the_fleet_says_who_is_there(fleet: RunningFleet) -> None:
    assert fleet.done("GET", "/healthz") == {"status": "ok", "controllers": len(fleet.controllers)}
    stores = fleet.done("GET", "/fleet")["stores"]
    assert [store["code"] for store in stores] == [f"S{number:03d}" for number in range(1, 25)]
    assert {zone["kind"] for one in fleet.controllers.values() for zone in one["zones"]} == {
        "entrance",
        "area",
        "queue",
    }


def test_the_csv_takes_on_what_the_fleet_is(fleet: RunningFleet) -> None:
    rows = list(csv.DictReader(fleet.control("GET", "/fleet.csv").text.splitlines()))
    told = {
        f"{row['store_code']}/{row['controller_name']}": (row["base_url"], row["api_key"], row["webhook_key"])
        for row in rows
    }
    assert told == {
        name: (one["base_url"], one["api_key"], one["webhook_key"]) for name, one in fleet.controllers.items()
    }


def test_a_frozen_clock_stands_still_and_a_running_one_goes_on(fleet: RunningFleet) -> None:
    assert fleet.done("GET", "/clock") == {"now": utc(NOW), "frozen": True}
    assert fleet.subject("S001/Controller 1").ask("/sensors").timestamp == NOW
    moved = NOW + timedelta(days=3)
    fleet.set_clock(moved, frozen=False)
    told = fleet.done("GET", "/clock")
    assert moved <= instant(told["now"]) < moved + timedelta(minutes=1)
    assert told["frozen"] is False
    fleet.done("PUT", "/clock", {})
    assert abs(instant(fleet.done("GET", "/clock")["now"]) - datetime.now(UTC)) < timedelta(minutes=1)


def test_past_snapshots_are_what_would_have_been_answered(fleet: RunningFleet) -> None:
    end = NOW + timedelta(minutes=10)
    text = fleet.control("GET", "/snapshots", start=utc(NOW), end=utc(end), step_s=300, store="S003").text
    lines = [json.loads(line) for line in text.splitlines()]
    # Two controllers, two paths, two instants.
    assert len({(line["controller"], line["path"], line["body"]["timestamp"]) for line in lines}) == len(lines) == 8
    for line in lines:
        fleet.set_clock(instant(line["body"]["timestamp"]))
        subject = fleet.subject(line["controller"])
        assert line["base_url"] == subject.base_url
        assert line["body"] == subject.ask(line["path"]).envelope


def test_past_snapshots_of_the_whole_fleet_come_in_their_order(fleet: RunningFleet) -> None:
    text = fleet.control("GET", "/snapshots", start=utc(NOW), end=utc(NOW + timedelta(hours=1))).text
    lines = [json.loads(line) for line in text.splitlines()]
    # Every three minutes if nothing else is asked for.
    assert len(lines) == 20 * 2 * len(fleet.controllers)
    mine = [line["body"]["timestamp"] for line in lines if line["controller"] == "S001/Controller 1"]
    assert mine == sorted(mine)


@pytest.mark.parametrize(
    ("method", "path", "status", "field"),
    [
        ("GET", "/truth?start=2026-06-12T08:00:00Z&end=2026-06-12T09:00:00Z", 400, "store"),
        ("GET", "/truth?store=S099&start=2026-06-12T08:00:00Z&end=2026-06-12T09:00:00Z", 404, "store"),
        ("GET", "/truth?store=S001&end=2026-06-12T09:00:00Z", 400, "start"),
        ("GET", "/truth?store=S001&start=2026-06-12T08:00:00&end=2026-06-12T09:00:00Z", 400, "start"),
        ("GET", "/truth?store=S001&start=1999-06-12T08:00:00Z&end=2026-06-12T09:00:00Z", 400, "start"),
        ("GET", "/truth?store=S001&start=2026-06-12T08:00:00Z&end=2026-06-12T08:00:00Z", 400, "end"),
        ("GET", "/truth?store=S001&start=2026-06-01T08:00:00Z&end=2026-07-12T08:00:00Z", 400, "end"),
        ("GET", "/truth?stores=S001", 400, "stores"),
        ("GET", "/snapshots?start=2026-06-12T08:00:00Z&end=2026-06-12T09:00:00Z&step_s=0", 400, "step_s"),
        ("GET", "/nothing", 404, None),
        ("POST", "/clock", 405, None),
        ("PUT", "/controllers/S001/Controller 9/faults", 404, "name"),
        ("POST", f"{ONE}/emit", 409, None),
    ],
)
def test_what_cant_be_done_is_refused_by_its_field(
    fleet: RunningFleet, method: str, path: str, status: int, field: str | None
) -> None:
    response = fleet.control(method, path, {})
    assert (response.status_code, response.json()["error"]["field"]) == (status, field)
    assert response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/clock", {"now": "2026-06-12T08:00:00"}, "now"),
        ("/clock", {"now": "1970-01-01T00:00:00Z"}, "now"),
        ("/clock", {"when": 5}, "when"),
        (f"{ONE}/webhook", {"url": "ftp://127.0.0.1/"}, "url"),
        (f"{ONE}/webhook", {"url": "http://127.0.0.1/", "key": "a\nb"}, "key"),
        (f"{ONE}/webhook", {}, "url"),
        ("/webhooks", [{"url": "http://127.0.0.1/", "store": "S001", "name": "Controller 9"}], "name"),
    ],
)
def test_a_setting_that_cant_be_is_refused_by_its_field(fleet: RunningFleet, path: str, body: Any, field: str) -> None:
    response = fleet.control("PUT", path, body)
    assert (response.status_code, (response.json()["error"]["field"] or "").split(".")[0]) == (400, field)
    assert fleet.done("GET", "/clock") == {"now": utc(NOW), "frozen": True}
    assert fleet.done("GET", "/deliveries")["controllers"] == {}


def test_a_fleet_can_stand_on_addresses_of_its_own() -> None:
    port = free_ports()
    options = ("--stores", "3", "--addresses", "--port", str(port))
    with running_fleet(*options) as fleet:
        urls = [one["base_url"] for one in fleet.controllers.values()]
        assert urls == [f"http://127.1.0.{number}:{port}/api/v1" for number in range(1, 5)]
        assert fleet.subject("S003/Controller 2").ask("/sensors").status == 200
        printed = subprocess.run(
            [sys.executable, "-m", "simulator", "csv", *options], capture_output=True, text=True, check=True, timeout=60
        ).stdout
        assert printed == fleet.control("GET", "/fleet.csv").text
        # The port is taken: the next one says so.
        taken = subprocess.run(
            [sys.executable, "-m", "simulator", "serve", *options], capture_output=True, text=True, timeout=60
        )
        assert taken.returncode == 1
        assert f"127.0.0.1:{port}" in taken.stderr
