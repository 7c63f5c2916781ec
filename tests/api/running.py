"""The whole platform as its callers meet it: a fleet, taken on, behind the web server as it's run for real.

Three stores of the fleet are registered; they have told how things stand, and a week of November 2025. Of one there is an alert,
and a message that nobody took. Others of the fleet are there to be onboarded.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection

from ingest import asking_now, backfilling
from ingest.models import Measure, Stream
from reports import exports, rollups
from tests.api.world import alerted
from tests.caller import key
from tests.served import take_on
from tests.server import web_server
from tests.simulator.running import RunningFleet, running_fleet

STORES = ("S001", "S003", "S005")
WEEK = datetime(2025, 11, 3, tzinfo=UTC), datetime(2025, 11, 10, tzinfo=UTC)
UNLIMITED: dict[str, Any] = {"requests_per_minute": 1_000_000}


@dataclass(frozen=True)
class Platform:
    """Where it answers, a key to write and one to read, and the fleet behind it."""

    url: str
    writer: str
    reader: str
    fleet: RunningFleet


@contextmanager
def platform(folder: Path, unblocked: AbstractContextManager[None] | None = None) -> Iterator[Platform]:
    """It runs until the end of the block, on the database at hand, which is then emptied."""
    with (
        running_fleet("--port", "0", "--stores", "12", "--no-webhooks") as fleet,
        unblocked or nullcontext(),
        web_server() as url,
    ):
        try:
            _fill(fleet, folder)
            yield Platform(url, key(scopes=["write"], **UNLIMITED)[1], key(**UNLIMITED)[1], fleet)
        finally:
            call_command("flush", interactive=False, verbosity=0)


@contextmanager
def workers() -> Iterator[None]:
    """What the workers do, done beside the block: backfills, rollups and exports, as a web server sees it."""
    ended = threading.Event()

    def work() -> None:
        try:
            while not ended.is_set():
                if not _work(datetime.now(UTC)):
                    ended.wait(0.05)
        finally:
            connection.close()  # a thread's own: what it writes is there for everybody at once

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _work(now: datetime) -> bool:
    ordered = exports.claim_due(now=now)
    for export_id in ordered:
        exports.make(export_id, lambda: datetime.now(UTC))
    fetched = backfilling.run_batch(lambda: datetime.now(UTC))
    return bool(ordered or fetched or sum(rollups.drain(measure) for measure in Measure))


def environment(platform: Platform) -> dict[str, str]:
    """What an example finds in its environment."""
    return {**os.environ, "XOVIS_URL": platform.url, "XOVIS_KEY": platform.writer}


def _fill(fleet: RunningFleet, folder: Path) -> None:
    controllers = take_on(fleet, STORES, folder)
    asking_now.ask(controllers, [Stream.Kind.DISCOVERY, Stream.Kind.LIVE])
    backfilling.plan(controllers, start=WEEK[0], end=WEEK[1], now=datetime.now(UTC))
    while backfilling.run_batch(lambda: datetime.now(UTC)):
        pass
    while sum(rollups.drain(measure) for measure in Measure):
        pass
    alerted(controllers[0].store)
