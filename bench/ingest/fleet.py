"""Ten thousand controllers, each asked every minute by a whole platform on this machine: how late, and at what cost."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import quantiles
from uuid import UUID

import requests

from bench.figures import Figure
from bench.ingest.fleets import Platform, Row, platform
from bench.processes import Used

CONTROLLERS = 10_000
MINUTES = 10
FEW, FEW_MINUTES = 500, 2
INTERVAL_S = 60
LATE_S = 10.0
COST_SHARE = 1.6
"""Of what two plain GETs cost."""
WARM_UP_S = 90
OURS = ("web", "broker", "poll", "work", "beat")
"""The platform's processes, aside from its database."""
POLLING = ("broker", "poll", "beat")
"""Those of them that poll; the others wait for requests, and roll up."""

_TURNS = """
    SELECT DISTINCT zone.controller_id, sample.received_at
    FROM ingest_occupancysample sample JOIN sites_app_zone zone ON zone.id = sample.zone_id
    WHERE sample.received_at >= %s
"""
_WAITING = "SELECT count(*) FROM ingest_dirty"


@dataclass(frozen=True)
class Course:
    """What the platform did while it was watched: how late its polls had ended, and what its processes used."""

    lateness_s: list[float]
    missed: int
    used: dict[str, Used]
    memory_mb: list[float]

    def cost_ms(self, names: tuple[str, ...]) -> float:
        """The processor's time for one poll."""
        return sum(self.used[name].cpu_s for name in names) / len(self.lateness_s) * 1000


def run(controllers: int = CONTROLLERS, minutes: float = MINUTES) -> Iterator[Figure]:
    with platform(FEW) as it:
        few_ms = watch(it, FEW_MINUTES).cost_ms(("poll",))
    with platform(controllers) as it:
        time.sleep(WARM_UP_S)
        course = watch(it, minutes)
        bare_ms = _bare_ms(it.controllers)
    late = quantiles(course.lateness_s, n=100, method="inclusive")[98]
    yield Figure(f"polls of {controllers:,} controllers every {INTERVAL_S} s: late at p99", late, LATE_S, "s", True)
    yield Figure("  turns that were left out", course.missed, 0, "", True)
    first, last = course.memory_mb[0], course.memory_mb[-1]
    yield Figure("  memory of all processes in the last minute (limit: 1.1 × the first)", last, 1.1 * first, "MB", True)
    limit = COST_SHARE * bare_ms
    polling, whole = course.cost_ms(POLLING), course.cost_ms(OURS)
    yield Figure(f"  processor time of a poll (two plain GETs: {bare_ms:.2f} ms)", polling, limit, "ms", True)
    growth = f"  processor time of the workers that poll, for a poll (with {FEW} controllers: {few_ms:.2f} ms)"
    yield Figure(growth, course.cost_ms(("poll",)), 1.25 * few_ms, "ms", True)
    yield Figure("  and all else that the platform does meanwhile, rollups included", whole, limit, "ms", True)


def watch(it: Platform, minutes: float) -> Course:
    """Let it run for so long."""
    began, started = datetime.now(UTC), time.monotonic()
    before, memory = it.used(), list[float]()
    while (passed := time.monotonic() - started) < minutes * 60:
        time.sleep(min(60.0, minutes * 60 - passed))
        used = it.used()
        memory.append(sum(used[name].memory_mb for name in OURS))
        print(f"# {memory[-1]:.0f} MB, {it.one(_WAITING):,} marks wait", flush=True)
    lateness, missed = _lateness(it, began)
    return Course(lateness, missed, {name: used[name] - before[name] for name in used}, memory)


def _lateness(it: Platform, began: datetime) -> tuple[list[float], int]:
    """How long after its turn each poll had ended, in seconds; and how many turns nothing came of."""
    offsets = {id_: _offset_s(id_) for (id_,) in it.database.execute("SELECT id FROM sites_app_controller")}
    first, last = began.timestamp(), time.time() - INTERVAL_S
    late, turns = list[float](), {id_: set[int]() for id_ in offsets}
    for controller_id, received_at in it.database.execute(_TURNS, [began]):
        number, passed = divmod(received_at.timestamp() - offsets[controller_id], INTERVAL_S)
        late.append(passed)
        turns[controller_id].add(int(number))
    missed = 0
    for id_, offset in offsets.items():
        numbers = range(int((first - offset) // INTERVAL_S) + 1, int((last - offset) // INTERVAL_S) + 1)
        missed += len(set(numbers) - turns[id_])
    return late, missed


def _offset_s(controller_id: UUID) -> float:
    """As ``Controller.poll_offset`` has it."""
    return zlib.crc32(controller_id.bytes) / 2**32 * INTERVAL_S


def _bare_ms(controllers: list[Row], count: int = 2_000) -> float:
    """The processor's time of two GETs with ``requests`` and their ``.json()``, for one controller."""
    began = time.process_time()
    with requests.Session() as session:
        for row in controllers[:count]:
            headers = {"Authorization": f"Apikey {row['api_key']}"}
            for path in ("/occupancy/current", "/queue/status"):
                session.get(row["base_url"] + path, headers=headers, timeout=10).json()
    return (time.process_time() - began) / min(count, len(controllers)) * 1000
