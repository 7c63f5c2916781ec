"""Whether the simulated fleet is quick enough not to be what another benchmark measures.

10,000 stores that are asked for occupancy and queues once a minute are asked 375 times a second. The fleet must bear
ten times as much, and use little of the processor beside the platform that asks.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.figures import Figure
from bench.load import Ask, ask_all

Controller = dict[str, Any]
SNAPSHOTS = ("/occupancy/current", "/queue/status")


def run(stores: int = 10_000) -> Iterator[Figure]:
    began = time.perf_counter()
    with running_fleet(stores) as (pid, control_url):
        started = time.perf_counter() - began
        controllers = _controllers(control_url)
        yield Figure(f"start of {stores:,} stores ({len(controllers):,} controllers)", started, 30, "s", True)
        hour, day = _window(1), _window(24)
        yield from _rate("first snapshots of a day", pid, controllers, 1000, lambda _: SNAPSHOTS)
        yield from _rate("snapshots, two by each connection", pid, controllers, 3750, lambda _: SNAPSHOTS)
        yield from _rate("footfall of an hour", pid, controllers, 500, lambda _: (f"/counts/interval?{hour}",))
        yield from _rate("footfall of a day", pid, controllers[:2000], 250, lambda _: (f"/counts/interval?{day}",))
        yield from _rate("dwell of an hour, a zone each", pid, controllers[:2000], 500, lambda one: _dwell(one, hour))
        with_paths = [one for one in controllers if one["paths"]][:2000]
        yield from _rate("paths of an hour", pid, with_paths, 500, lambda _: (f"/analytics/paths?{hour}",))
        if (used := _used(pid)) is not None:
            yield Figure("memory of the fleet's one process after all that", used[1], 1024, "MB", True)


def _rate(
    what: str, pid: int, controllers: list[Controller], limit: float, paths: Callable[[Controller], tuple[str, ...]]
) -> Iterator[Figure]:
    """How many answers come in a second, and where the system tells, what one costs the fleet."""
    asks: list[Ask] = [(one["base_url"], one["api_key"], paths(one)) for one in controllers]
    ask_all(asks[:100])
    before, began = _used(pid), time.perf_counter()
    answers = ask_all(asks)
    yield Figure(what, answers / (time.perf_counter() - began), limit, "/s")
    if before and (after := _used(pid)):
        cost_us = (after[0] - before[0]) / answers * 1e6
        yield Figure("  processor time of one of them", cost_us, 1e6 / limit, "µs", True)


def _dwell(controller: Controller, window: str) -> tuple[str, ...]:
    return tuple(f"/zones/{zone['zone_id']}/dwell?interval=PT1H&{window}" for zone in controller["zones"])


def _window(hours: int) -> str:
    """The last so many whole hours."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    start = end - timedelta(hours=hours)
    return f"start={start:%Y-%m-%dT%H:%M:%SZ}&end={end:%Y-%m-%dT%H:%M:%SZ}"


@contextmanager
def running_fleet(stores: int) -> Iterator[tuple[int, str]]:
    """A running fleet's process and control API, each controller on an address of its own where there are enough."""
    addresses = ["--addresses"] if sys.platform == "linux" else []
    command = [sys.executable, "-m", "simulator", "serve", "--stores", str(stores), "--port", "0", *addresses]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.pid, json.loads(process.stdout.readline())["control"]
        finally:
            process.terminate()


def _controllers(control_url: str) -> list[Controller]:
    with urllib.request.urlopen(f"{control_url}/fleet") as answer:
        return [one for store in json.load(answer)["stores"] for one in store["controllers"]]


def _used(pid: int) -> tuple[float, float] | None:
    """The processor's seconds and the megabytes of a process; None where there's no /proc."""
    if not (process := Path(f"/proc/{pid}")).exists():
        return None
    ticks = (process / "stat").read_text().rsplit(")", 1)[1].split()[11:13]
    pages = int((process / "statm").read_text().split()[1])
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE") / 1024**2
