"""A simulated fleet over HTTP, its clock stopped long ago, and its stores taken on as a retailer would take them on."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from django.core.management import call_command

from ingest import asking_now, backfilling, recorded
from ingest.models import BackfillStep, Measure, Quarantine, Stream
from reports import rollups
from sites_app.models import Controller


class Fleet:
    """The control API of a fleet, and the platform's own ways to take in what it tells."""

    def __init__(self, control: str, now: datetime) -> None:
        self.control, self.now = control, now
        requests.put(f"{control}/clock", json={"now": now.isoformat(), "frozen": True}, timeout=5).raise_for_status()
        self.stores: list[dict[str, Any]] = self.ask("fleet")["stores"]

    def ask(self, path: str, **parameters: str) -> Any:
        """The control API's answer."""
        response = requests.get(f"{self.control}/{path}", params=parameters, timeout=60)
        response.raise_for_status()
        return response.json()

    def clock(self) -> datetime:
        """The fleet's time, which the platform goes by as well."""
        return self.now

    def take_on(self, folder: Path) -> list[Controller]:
        """Register the fleet by its CSV and discover its zones."""
        file = folder / "stores.csv"
        file.write_bytes(requests.get(f"{self.control}/fleet.csv", timeout=10).content)
        call_command("import_stores", str(file), verbosity=0)
        controllers = list(Controller.objects.select_related("store"))
        results = asking_now.ask(controllers, [Stream.Kind.DISCOVERY], clock=self.clock)
        assert [result["error"] for result in results] == [""] * len(controllers)
        return controllers

    def backfill(self, controllers: list[Controller], start: datetime, end: datetime) -> None:
        """Fetch all intervals of a window."""
        backfilling.plan(controllers, start=start, end=end, now=self.now)
        while backfilling.run_batch(self.clock):
            pass
        assert set(BackfillStep.objects.values_list("state", "error")) == {("done", "")}

    def recorded(self, store: str, start: datetime, end: datetime, step_s: int) -> list[dict[str, Any]]:
        """What a store's controllers answered to polls so many seconds apart: taken in, and told."""
        asked = {"store": store, "start": start.isoformat(), "end": end.isoformat(), "step_s": str(step_s)}
        response = requests.get(f"{self.control}/snapshots", params=asked, timeout=60)
        response.raise_for_status()
        lines = response.content.splitlines()
        recorded.take_in(lines, received_at=self.now)
        return [json.loads(line) for line in lines]


@contextmanager
def fleet(now: datetime, *, stores: int = 24) -> Iterator[Fleet]:
    """A fleet in a process of its own, at this time."""
    command = [sys.executable, "-m", "simulator", "serve", "--stores", str(stores), "--port", "0", "--no-webhooks"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield Fleet(json.loads(process.stdout.readline())["control"], now.astimezone(UTC))
    finally:
        process.terminate()
        process.communicate(timeout=20)


def roll_up(*measures: Measure) -> None:
    """Work off all that is dirty of some measures; nothing may have been put aside on the way."""
    assert not Quarantine.objects.exists()
    while sum(rollups.drain(measure) for measure in measures):
        pass
