"""A fleet in a process of its own, and its control API."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import requests

from tests.xcs_contract import Subject

NOW = datetime(2026, 6, 12, 14, 10, 30, tzinfo=UTC)
"""A Friday afternoon in Europe, where the fleet's clock stands still."""
BUSY = {"start": datetime(2026, 6, 12, 10, tzinfo=UTC), "end": datetime(2026, 6, 12, 14, tzinfo=UTC)}


class RunningFleet:
    """By its control API. A controller is named as ``S001/Controller 1``."""

    def __init__(self, control_url: str, session: requests.Session) -> None:
        self._control_url, self._session = control_url, session

    def control(self, method: str, path: str, body: object = None, **query: str | int) -> requests.Response:
        return self._session.request(method, self._control_url + path, json=body, params=query, timeout=20)

    def done(self, method: str, path: str, body: object = None, **query: str | int) -> Any:
        """What it said to something that succeeds."""
        response = self.control(method, path, body, **query)
        assert response.ok, response.text
        return response.json()

    @cached_property
    def controllers(self) -> dict[str, dict[str, Any]]:
        """As ``/fleet`` has them."""
        stores = self.done("GET", "/fleet")["stores"]
        return {f"{store['code']}/{one['name']}": one for store in stores for one in store["controllers"]}

    def set_clock(self, now: datetime = NOW, *, frozen: bool = True) -> None:
        self.done("PUT", "/clock", {"now": now.isoformat(), "frozen": frozen})

    def set_faults(self, name: str, **faults: object) -> None:
        self.done("PUT", f"/controllers/{name}/faults", faults)

    def reset(self) -> None:
        """No faults, no webhooks, and the clock stands still."""
        self.done("DELETE", "/faults")
        for name in self.done("GET", "/deliveries")["controllers"]:
            self.done("DELETE", f"/controllers/{name}/webhook")
        self.set_clock()

    def subject(self, name: str) -> Subject:
        """A controller, to be asked."""
        one = self.controllers[name]
        by_kind: dict[str, tuple[str, ...]] = {"entrance": (), "area": (), "queue": ()}
        for zone in one["zones"]:
            by_kind[zone["kind"]] += (zone["zone_id"],)
        return Subject(
            one["base_url"],
            one["api_key"],
            start=BUSY["start"],
            end=BUSY["end"],
            entrances=by_kind["entrance"],
            occupied=by_kind["area"] or by_kind["entrance"],
            queues=by_kind["queue"],
            dwelt=tuple(zone["zone_id"] for zone in one["zones"]),
            paths_refused=_refusal(one),
        )


def _refusal(controller: dict[str, Any]) -> tuple[int, str] | None:
    if controller["paths"]:
        return None
    return (404, "NOT_FOUND") if controller["old_firmware"] else (403, "FEATURE_DISABLED")


@contextmanager
def running_fleet(*options: str) -> Iterator[RunningFleet]:
    """``python -m simulator serve`` with these options, until the end of the block."""
    command = [sys.executable, "-m", "simulator", "serve", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process, requests.Session() as session:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, "the fleet ended"
            yield RunningFleet(json.loads(line)["control"], session)
        finally:
            process.terminate()
            assert process.wait(20) == 0
