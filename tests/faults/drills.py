"""Drills: each breaks one thing for so many seconds and says, in sentences, what went wrong that shouldn't have.

What users see meanwhile and what comes back by itself is told in docs/operations.md.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import requests

from tests.faults.platform import AT_MOST_S, Platform
from tests.stack.running import PROCESSES, wait_for
from xovis_platform.celery import QUEUES

LOOK_EVERY_S = 1.0
_CLAIMS_END_S = 420.0
"""A poll whose answer couldn't be written is taken again when its claim runs out, after three minutes."""
Drill = Callable[[Platform, float], Iterator[str]]


def broker_lost(platform: Platform, seconds: float) -> Iterator[str]:
    """The broker hangs, then dies. Posts are taken, pages and figures open, and what gets old is unknown."""
    platform.pause("broker")
    try:
        for _ in _while(seconds):
            platform.emit()
            yield from _answered(platform, "/api/v1/live/occupancy", "/login", "/healthz")
            yield from platform.stale()
        delivered = lambda: not platform.fleet.events("pending")  # noqa: E731
        wait_for("posts are taken without the broker", delivered)
    finally:
        platform.resume("broker")
    platform.stack.kill(PROCESSES["broker"])
    yield from _recovered(platform)


def database_restarted(platform: Platform, seconds: float) -> Iterator[str]:
    """PostgreSQL is restarted as for an upgrade. Posts that come meanwhile are asked to come again, and do."""
    for _ in _while(seconds):
        platform.emit()
        os.kill(platform.stack.pids(PROCESSES["postgres"])[0], signal.SIGINT)
        wait_for("PostgreSQL is back", lambda: platform.live() is not None)
        yield from platform.stale()
    yield from _recovered(platform)


def worker_out_of_memory(platform: Platform, seconds: float) -> Iterator[str]:
    """The kernel kills a process that does tasks, again and again."""
    for _ in _while(seconds):
        for name in ("poll", "work"):
            _main, *children = platform.stack.pids(PROCESSES[name])
            for child in children[:1]:
                _kill(child)
        platform.emit()
    yield from _recovered(platform)


def poisoned_tasks(platform: Platform, seconds: float) -> Iterator[str]:
    """Messages that no worker can do anything with lie first in every queue."""
    with platform.broker() as broker:
        for _ in _while(seconds):
            for queue in QUEUES:
                for message in _POISON:
                    broker.rpush(queue, message)
        platform.emit()
        yield from _recovered(platform)
        for queue in QUEUES:
            wait_for(f"{queue} is worked off", lambda queue=queue: broker.llen(queue) < len(_POISON))  # type: ignore[misc]


def disk_full(platform: Platform, seconds: float) -> Iterator[str]:
    """The disk has no room left. Posts are refused with a word when to come again; nothing accepted is lost."""
    ballast = platform.stack.data_dir / "ballast"
    accepted_before = len(platform.fleet.events("delivered"))
    _fill(ballast)
    try:
        for _ in _while(seconds):
            platform.emit()
            _fill(ballast)
            yield from platform.stale()
    finally:
        ballast.unlink()
    yield from _recovered(platform, _CLAIMS_END_S)
    if len(platform.fleet.events("delivered")) <= accepted_before:
        yield "no event came through after there was room again"


DRILLS: dict[str, Drill] = {
    "broker-lost": broker_lost,
    "database-restarted": database_restarted,
    "worker-out-of-memory": worker_out_of_memory,
    "poisoned-tasks": poisoned_tasks,
    "disk-full": disk_full,
}

_HEAD = '"content-type": "application/json", "content-encoding": "utf-8", "properties": {"delivery_tag": "d", "delivery_info": {}'
_TASK = '"headers": {"lang": "py", "id": "1", "task": "%s"}, ' + _HEAD + ', "body_encoding": "utf-8"}, "body": "%s"}'
_POISON = (
    "{" + _TASK % ("no.such.task", "[[], {}, {}]"),
    "{" + _TASK % ("ingest.tasks.poll_controllers", r"[[], {\"wanted\": {\"no-uuid\": [\"live\"]}}, {}]"),
    "{" + _TASK % ("reports.tasks.make_export", r"[[], {\"export_id\": 5, \"more\": 1}, {}]"),
    "{" + _TASK % ("ingest.tasks.digest_events", "no json at all"),
)


def _while(seconds: float) -> Iterator[float]:
    """Once a second, and once at least, until the time is over."""
    ends = time.monotonic() + seconds
    while True:
        yield time.monotonic()
        if time.monotonic() >= ends:
            return
        time.sleep(LOOK_EVERY_S)  # the pace of the drill


def _answered(platform: Platform, *paths: str) -> Iterator[str]:
    for path in paths:
        answer: requests.Response | None = platform.get(path)
        if answer is None:
            yield f"{path} didn't answer within {AT_MOST_S:g} s"
        elif answer.status_code != 200:
            yield f"{path} answered {answer.status_code}: {answer.text[:200]}"


def _recovered(platform: Platform, patience_s: float = 240) -> Iterator[str]:
    platform.comes_back(patience_s)
    wait_for("the stack is ready", platform.stack.is_ready)
    yield from platform.lost()


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):  # it may have ended by itself since
        os.kill(pid, signal.SIGKILL)


def _fill(ballast: Path) -> None:
    """Take all the room that is left."""
    with ballast.open("ab") as file:
        try:
            while True:
                file.write(b"\0" * 65_536)
                file.flush()
        except OSError:
            return
