"""``python -m bench.soak [--minutes 30]``: half of the load that a machine carries, for long. Does anything creep up?

A whole platform polls 5,000 controllers every minute while a reader asks for live figures and a report each second. The last
third of the time is held beside the first.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import mean, quantiles

import requests

from bench.figures import HEAD, Figure, machine
from bench.ingest.fleet import INTERVAL_S, WARM_UP_S, Course, watch
from bench.ingest.fleets import Platform, platform

CONTROLLERS = 5_000
FLAT = 1.1
"""More than that over the first third isn't flat: in memory ..."""
STEADY = 1.5
"""... and in latency, of which a single garbage collection or checkpoint makes the 95th percentile."""


@dataclass
class Reader:
    """Somebody who keeps asking; how long each answer took, in milliseconds, by what was asked."""

    url: str
    key: str
    took_ms: dict[str, list[float]] = field(default_factory=dict)
    failed: int = 0

    def take(self) -> dict[str, list[float]]:
        """What was measured since the last time."""
        taken, self.took_ms = self.took_ms, {}
        return taken

    def ask(self) -> None:
        day = datetime.now(UTC).date()
        window = f"start={day - timedelta(days=1)}&end={day + timedelta(days=1)}"
        for name, path in (("live occupancy", "live/occupancy"), ("a report", f"reports/footfall?{window}&by=region")):
            began = time.perf_counter()
            headers = {"Authorization": f"Apikey {self.key}"}
            answer = requests.get(f"{self.url}/api/v1/{path}", headers=headers, timeout=60)
            self.took_ms.setdefault(name, []).append((time.perf_counter() - began) * 1000)
            self.failed += answer.status_code != 200


@contextmanager
def reading(it: Platform) -> Iterator[Reader]:
    """A reader, once a second, until the block ends."""
    reader = Reader(it.stack.url, str(it.stack.manage("create_api_key", "soak")["key"]))
    ended = threading.Event()

    def keep_on() -> None:
        while not ended.wait(1.0):
            reader.ask()

    thread = threading.Thread(target=keep_on)
    thread.start()
    try:
        yield reader
    finally:
        ended.set()
        thread.join()


def run(controllers: int = CONTROLLERS, minutes: float = 30.0) -> Iterator[Figure]:
    with platform(controllers) as it:
        time.sleep(WARM_UP_S)
        with reading(it) as reader:
            thirds = [(watch(it, minutes / 3), reader.take()) for _ in range(3)]
        failed = reader.failed
    (first, asked_first), _, (last, asked_last) = thirds
    yield Figure(
        "memory of all processes, last third beside the first", _memory(last), FLAT * _memory(first), "MB", True
    )
    yield Figure("polls late at p99, last third beside the first", _late(last), STEADY * _late(first), "s", True)
    yield Figure("  turns that were left out", sum(course.missed for course, _ in thirds), 0, "", True)
    for name, took in asked_first.items():
        what = f"{name} at p95, last third beside the first"
        yield Figure(what, _p95(asked_last[name]), STEADY * _p95(took), "ms", True)
    yield Figure("answers that weren't 200", failed, 0, "", True)


def _memory(course: Course) -> float:
    return mean(course.memory_mb)


def _late(course: Course) -> float:
    return quantiles(course.lateness_s, n=100, method="inclusive")[98]


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20, method="inclusive")[18]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--controllers", type=int, default=CONTROLLERS, help=f"polled every {INTERVAL_S} s")
    asked = parser.parse_args()
    print(f"{machine()}\n\n{HEAD}", flush=True)
    missed = 0
    for figure in run(asked.controllers, asked.minutes):
        print(figure.row, flush=True)
        missed += figure.ratio < 1
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
