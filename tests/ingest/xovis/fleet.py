"""The simulated fleet as it's run for real, with its controllers as sensors."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests


@dataclass(frozen=True)
class Fleet:
    """A running fleet, by its control API."""

    control: str

    def set_clock(self, now: datetime) -> None:
        """Stop the fleet's clock at this instant."""
        self._send("PUT", "/clock", {"now": now.isoformat(), "frozen": True})

    def sensor(self, store: str) -> dict[str, Any]:
        """The first controller of a store, as a sensor."""
        found: list[dict[str, Any]] = requests.get(f"{self.control}/sensors", timeout=10).json()["sensors"]
        return next(one for one in found if one["store"] == store)

    def faults(self, sensor: dict[str, Any], **faults: Any) -> None:
        """Let a sensor misbehave; without any, behave."""
        self._send("PUT", f"/sensors/{sensor['store']}/{sensor['name']}/faults", faults)

    def push(self, sensor: dict[str, Any], start: datetime, end: datetime, **agent: Any) -> list[int]:
        """Let a sensor push a stretch; the statuses of the answers."""
        again = {"start": int(start.timestamp()), "end": int(end.timestamp()), "agent": agent}
        statuses: list[int] = self._send("POST", f"/sensors/{sensor['store']}/{sensor['name']}/push", again)["statuses"]
        return statuses

    def truth(self, store: str, start: datetime, end: datetime) -> dict[str, list[dict[str, Any]]]:
        """What truly happened."""
        window = {"store": store, "start": start.isoformat(), "end": end.isoformat()}
        found: dict[str, Any] = requests.get(f"{self.control}/truth", window, timeout=30).json()
        return found

    def occupancy(self, store: str, at: datetime) -> dict[str, list[dict[str, Any]]]:
        """Who truly was where."""
        at_instant = {"store": store, "at": at.isoformat()}
        found: dict[str, Any] = requests.get(f"{self.control}/truth/occupancy", at_instant, timeout=30).json()
        return found

    def _send(self, method: str, path: str, content: Any) -> Any:
        answer = requests.request(method, self.control + path, json=content, timeout=30)
        assert answer.ok, answer.text
        return answer.json()


@contextmanager
def running(stores: int = 24) -> Iterator[Fleet]:
    """A fleet with free ports."""
    command = [sys.executable, "-m", "simulator", "serve", "--port", "0", "--sensors", "--no-webhooks"]
    process = subprocess.Popen([*command, "--stores", str(stores)], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield Fleet(json.loads(process.stdout.readline())["control"])
    finally:
        process.terminate()
        process.wait(20)
        assert process.stdout is not None
        process.stdout.close()
