"""A simulated fleet, as a process of its own: served over real HTTP, with a truth to compare with and faults on demand.

It's started once for each worker of a run. Whatever a test did to it, clock, faults and webhooks, is undone after that test.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import requests

STORES = 24
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sensor:
    """A controller of the fleet as the bare Xovis sensor that it's there as, too.

    ``zones`` are what the truth calls that which its logics count, by what the platform calls them (``logic:ID``), and
    ``infos`` are the logics' templates.
    """

    store: str
    name: str
    serial_number: str
    base_url: str
    api_key: str
    webhook_key: str
    zones: dict[str, str]
    infos: dict[str, str]


@dataclass(frozen=True, slots=True)
class Site:
    """One controller of the fleet, as an installer knows it; ``kinds`` are the true kinds of its zones."""

    store: str
    name: str
    timezone: str
    base_url: str
    api_key: str
    webhook_key: str
    kinds: dict[str, str]


class Fleet:
    """The control API of a running fleet."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._sites = {(site.store, site.name): site for site in self._read_sites()}

    def site(self, store: str = "S001", name: str = "Controller 1") -> Site:
        """S001 is plain; S003 has two controllers with an ``entrance_a`` each, S005 entrances alone, S007 old firmware,
        S011 no Path Analytics."""
        return self._sites[store, name]

    def sensor(self, store: str = "S022") -> Sensor:
        """The first controller of a store as a sensor. S022 is small, S007 has older firmware."""
        told = next(row for row in self._call("GET", "/sensors").json()["sensors"] if row["store"] == store)
        logics = {f"logic:{logic['id']}": logic for logic in told.pop("logics")}
        infos = {zone: logic["info"] for zone, logic in logics.items()}
        return Sensor(**told, zones={zone: logic["zone_id"] for zone, logic in logics.items()}, infos=infos)

    def sensor_fault(self, sensor: Sensor, **faults: Any) -> None:
        """Let a sensor misbehave when it's asked; without any it's sound again."""
        self._call("PUT", f"{_path(sensor)}/faults", faults)

    def push(self, sensor: Sensor, start: datetime, end: datetime, **agent: Any) -> list[int]:
        """Let a sensor push a stretch (see ``simulator.xovis.agents``); the statuses of the answers."""
        again = {"start": int(start.timestamp()), "end": int(end.timestamp()), "agent": agent}
        statuses: list[int] = self._call("POST", f"{_path(sensor)}/push", again).json()["statuses"]
        return statuses

    def csv(self) -> str:
        """The onboarding CSV of all stores."""
        return self._call("GET", "/fleet.csv").text

    def stop_clock(self, now: datetime) -> None:
        """It is ``now`` at all controllers, and stays so."""
        self._call("PUT", "/clock", {"now": now.isoformat(), "frozen": True})

    def fault(self, site: Site, **faults: Any) -> None:
        """Let a controller misbehave (see ``simulator.faults``), in this way alone; without any it's sound again."""
        self._call("PUT", f"{_path(site)}/faults", faults)

    def truth(self, store: str, start: datetime, end: datetime) -> dict[str, list[Row]]:
        """What truly happened: ``footfall`` by quarter, ``dwell`` and ``paths`` by hour."""
        told: dict[str, list[Row]] = self._call("GET", "/truth", store=store, start=start, end=end).json()
        return told

    def people(self, site: Site | Sensor, at: datetime) -> dict[str, int]:
        """The people in each zone that a controller counts, and in each queue."""
        told = self._call("GET", "/truth/occupancy", store=site.store, at=at).json()
        rows = [row for row in (*told["zones"], *told["queues"]) if row["controller"] == site.name]
        return {row["zone_id"]: row.get("current_people", row.get("people_waiting")) for row in rows}

    def recorded(self, store: str, start: datetime, end: datetime, step_s: int) -> str:
        """The address of what a store's controllers would have answered to polls so far apart."""
        window = urlencode({"start": start.isoformat(), "end": end.isoformat()})
        return f"{self._url}/snapshots?{window}&step_s={step_s}&store={store}"

    def webhook(self, site: Site, url: str) -> None:
        """Let a controller post its events there, with its key."""
        self._call("PUT", f"{_path(site)}/webhook", {"url": url})

    def emit(self, site: Site, events: Sequence[Row]) -> list[str]:
        """Let a controller post these events; their ids."""
        ids: list[str] = self._call("POST", f"{_path(site)}/emit", {"events": list(events)}).json()["event_ids"]
        return ids

    def deliveries(self, site: Site) -> Row:
        """How its posts went: ``counts`` by state, ``posts`` and ``failures``."""
        told: Row = self._call("GET", "/deliveries", store=site.store).json()["controllers"][
            f"{site.store}/{site.name}"
        ]
        return told

    def restore(self) -> None:
        """All is well again, it's now, and nobody gets webhooks."""
        self._call("DELETE", "/faults")
        self._call("DELETE", "/sensors/faults")
        self._call("PUT", "/clock", {})
        for full_name in self._call("GET", "/deliveries").json()["controllers"]:
            store, _, name = full_name.partition("/")
            self._call("DELETE", f"{_path(self.site(store, name))}/webhook")

    def _call(self, method: str, path: str, body: object = None, **parameters: object) -> requests.Response:
        texts = {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in parameters.items()
        }
        answer = self._session.request(method, self._url + path, json=body, params=texts, timeout=30)  # type: ignore[arg-type]
        assert answer.ok, f"{method} {path}: {answer.text}"
        return answer

    def _read_sites(self) -> Iterator[Site]:
        for store in self._call("GET", "/fleet").json()["stores"]:
            for told in store["controllers"]:
                kinds = {zone["zone_id"]: zone["kind"] for zone in told["zones"]}
                keys = told["api_key"], told["webhook_key"]
                yield Site(store["code"], told["name"], store["timezone"], told["base_url"], *keys, kinds)


def _path(site: Site | Sensor) -> str:
    kind = "sensors" if isinstance(site, Sensor) else "controllers"
    return f"/{kind}/{quote(site.store)}/{quote(site.name)}"


@pytest.fixture(scope="session")
def running_fleet() -> Iterator[Fleet]:
    """The process, on free ports; events go out only when a test emits them."""
    command = [sys.executable, "-m", "simulator", "serve", "--port", "0", "--stores", str(STORES), "--no-webhooks"]
    with subprocess.Popen([*command, "--sensors", "--webhook-retry-s", "0.05"], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield Fleet(json.loads(process.stdout.readline())["control"])
        finally:
            process.terminate()


@pytest.fixture
def fleet(running_fleet: Fleet) -> Iterator[Fleet]:
    """The fleet, sound and on time."""
    yield running_fleet
    running_fleet.restore()
