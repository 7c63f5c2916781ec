"""The whole platform as its callers meet it: a fleet, taken on, behind the web server as it's run for real.

Three stores of the fleet are registered; they have told how things stand, and a week of November 2025. Others of the fleet
are there to be onboarded.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management import call_command

from ingest import asking_now, backfilling
from ingest.models import Measure, Stream
from reports import rollups
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
