"""A simulated fleet as a process of its own, and what its control API is asked."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from tests.stack.running import ROOT

POLL_INTERVAL_S = 10


@dataclass(frozen=True)
class Fleet:
    """The control API of a running fleet."""

    url: str

    def get(self, path: str, **parameters: str) -> Any:
        answer = requests.get(self.url + path, params=parameters, timeout=120)
        answer.raise_for_status()
        return answer.json()

    def put(self, path: str, content: Any) -> None:
        requests.put(self.url + path, json=content, timeout=30).raise_for_status()

    def controllers(self) -> list[tuple[str, str]]:
        """Each controller by its store's code and its own name."""
        stores = self.get("/fleet")["stores"]
        return [(store["code"], controller["name"]) for store in stores for controller in store["controllers"]]

    def onboarding(self) -> str:
        """The onboarding CSV, with a poll interval that makes a minute long."""
        rows = list(csv.DictReader(io.StringIO(requests.get(f"{self.url}/fleet.csv", timeout=30).text)))
        text = io.StringIO()
        writer = csv.DictWriter(text, rows[0])
        writer.writeheader()
        writer.writerows({**row, "poll_interval_s": POLL_INTERVAL_S} for row in rows)
        return text.getvalue()

    def break_down(self, controller: tuple[str, str], **faults: Any) -> None:
        """Give a controller these faults and no others; without any it is well."""
        self.put(f"{_path(controller)}/faults", faults)

    def emit(self, controller: tuple[str, str], count: int) -> None:
        """Have a controller send so many events."""
        answer = requests.post(f"{self.url}{_path(controller)}/emit", json={"count": count}, timeout=30)
        answer.raise_for_status()

    def events(self, state: str) -> list[str]:
        """The ids of all events in this state of delivery, as often as they are in it."""
        outboxes = self.get("/deliveries")["controllers"].values()
        return [event["event_id"] for outbox in outboxes for event in outbox["events"] if event["state"] == state]


def _path(controller: tuple[str, str]) -> str:
    store, name = (urllib.parse.quote(part, safe="") for part in controller)
    return f"/controllers/{store}/{name}"


@contextmanager
def running_fleet(stores: int, seed: int) -> Iterator[Fleet]:
    """A fleet on free ports."""
    command = [sys.executable, "-m", "simulator", "serve", "--stores", str(stores), "--seed", str(seed), "--port", "0"]
    command += ["--webhook-retry-s", "0.5"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Fleet(json.loads(process.stdout.readline())["control"])
        finally:
            process.terminate()
            process.wait(20)
