"""A whole platform that polls a fleet, as it does in life: how late its polls are, and what they cost.

All of it is on this machine: the simulated controllers, the platform's processes, its database and its broker. The past
of the fleet is left out: what is measured is how a chain that runs keeps running.
"""

from __future__ import annotations

import csv
import io
import time
import urllib.request
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import quantiles
from typing import Any
from uuid import UUID

import psycopg

from bench.figures import Figure
from bench.processes import Used, used_by
from bench.simulator import running_fleet
from tests.stack.running import PROCESSES, Stack, running_stack, wait_for
from xovis_platform.stack.state import read_stack

CONTROLLERS = 10_000
MINUTES = 10
INTERVAL_S = 60
LATE_S = 10.0
OURS = ("web", "broker", "poll", "work", "beat")
"""The platform's processes, aside from its database."""

Database = psycopg.Connection[tuple[Any, ...]]

_SKIP_THE_PAST = """
    UPDATE ingest_stream SET cursor = date_trunc('hour', now()), watched_from = now()
    WHERE kind IN ('footfall', 'dwell', 'paths')
"""
_POLLED = "SELECT count(*) FROM ingest_stream WHERE kind IN ('live', 'discovery') AND last_success_at IS NOT NULL"
_TURNS = """
    SELECT DISTINCT zone.controller_id, sample.received_at
    FROM ingest_occupancysample sample JOIN sites_app_zone zone ON zone.id = sample.zone_id
    WHERE sample.received_at >= %s
"""
_WAITING = "SELECT count(*) FROM ingest_dirty"


@dataclass
class Course:
    """What the platform did while it was watched."""

    seconds: float
    polls: int
    lateness_s: list[float]
    missed: int
    used: dict[str, Used]
    memory_mb: list[float] = field(default_factory=list)
    dirty: int = 0

    @property
    def late_p99_s(self) -> float:
        return quantiles(self.lateness_s, n=100, method="inclusive")[98]


def run(controllers: int = CONTROLLERS, minutes: float = MINUTES) -> Iterator[Figure]:
    with platform_with(controllers) as (stack, database):
        course = watch(stack, database, minutes)
    yield Figure(f"polls of {controllers:,} controllers, each late at p99", course.late_p99_s, LATE_S, "s", True)
    yield Figure("  polls that were left out", course.missed, 0, "", True)
    first, last = course.memory_mb[0], course.memory_mb[-1]
    yield Figure(
        "  memory of the platform's processes at the end, to the first minute's", last, first * 1.1, "MB", True
    )


@contextmanager
def platform_with(controllers: int) -> Iterator[tuple[Stack, Database]]:
    """A platform that knows so many controllers and their zones, and has no past to fetch."""
    stores = controllers  # there are more controllers than stores
    with running_fleet(stores) as (_, control_url), running_stack("run") as stack:
        wait_for("the stack is ready", stack.is_ready)
        began = time.monotonic()
        stack.manage("import_stores", "-", standard_input=_onboarding(control_url, controllers))
        print(f"# {controllers:,} controllers were registered in {time.monotonic() - began:.0f} s", flush=True)
        state = read_stack(stack.data_dir)
        assert state is not None
        with psycopg.connect(state.database_url, autocommit=True) as database:
            wait_for("all controllers have streams", lambda: _skip_the_past(database) >= controllers, 120)
            took = wait_for("all were polled", lambda: _one(database, _POLLED) >= 2 * controllers, 1200)
            print(f"# all of them were polled and discovered {took:.0f} s later", flush=True)
            wait_for("the first rollups are made", lambda: _one(database, _WAITING) < controllers, 600)
            yield stack, database


def watch(stack: Stack, database: Database, minutes: float) -> Course:
    """Let it run for so long."""
    began, started = datetime.now(UTC), time.monotonic()
    before = _used(stack)
    memory = list[float]()
    while (passed := time.monotonic() - started) < minutes * 60:
        time.sleep(min(60.0, minutes * 60 - passed))
        memory.append(sum((_used(stack)[name] for name in OURS), Used()).memory_mb)
        print(f"# {passed / 60:.0f} min: {memory[-1]:.0f} MB, dirty {_one(database, _WAITING):,}", flush=True)
    after, seconds = _used(stack), time.monotonic() - started
    lateness, missed = _lateness(database, began)
    used = {name: after[name] - before[name] for name in after}
    return Course(seconds, len(lateness), lateness, missed, used, memory, _one(database, _WAITING))


def _lateness(database: Database, began: datetime) -> tuple[list[float], int]:
    """How long after its turn each poll had ended, in seconds; and how many turns nothing came of."""
    until = datetime.now(UTC).timestamp() - INTERVAL_S
    turns = dict[UUID, set[int]]()
    late = list[float]()
    offsets = {id_: _offset_s(id_) for (id_,) in database.execute("SELECT id FROM sites_app_controller")}
    for controller_id, received_at in database.execute(_TURNS, [began]):
        since = received_at.timestamp() - offsets[controller_id]
        number, passed = divmod(since, INTERVAL_S)
        late.append(passed)
        turns.setdefault(controller_id, set()).add(int(number))
    expected = {
        id_: range(_turn(began.timestamp(), offset) + 1, _turn(until, offset) + 1) for id_, offset in offsets.items()
    }
    missed = sum(len(set(numbers) - turns.get(id_, set())) for id_, numbers in expected.items())
    return late, missed


def _turn(instant: float, offset: float) -> int:
    return int((instant - offset) // INTERVAL_S)


def _offset_s(controller_id: UUID) -> float:
    """As ``Controller.poll_offset`` has it."""
    return zlib.crc32(controller_id.bytes) / 2**32 * INTERVAL_S


def _used(stack: Stack) -> dict[str, Used]:
    return {name: used_by(stack.pids(mark)) for name, mark in PROCESSES.items()}


def _skip_the_past(database: Database) -> int:
    return database.execute(_SKIP_THE_PAST).rowcount // 3


def _onboarding(control_url: str, controllers: int) -> str:
    with urllib.request.urlopen(f"{control_url}/fleet.csv") as answer:
        rows = list(csv.reader(io.StringIO(answer.read().decode())))
    text = io.StringIO()
    csv.writer(text).writerows(rows[: controllers + 1])
    return text.getvalue()


def _one(database: Database, statement: str) -> Any:
    row = database.execute(statement).fetchone()
    return row[0] if row else None
