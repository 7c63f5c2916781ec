"""A platform that has taken a simulated fleet on, served over real HTTP, for all tests of a module.

Its tables are filled once and emptied at the end, so tests of such a module only ask.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management import call_command
from pytest_django.live_server_helper import LiveServer

from ingest import asking_now
from ingest.models import Measure, Stream
from reports import rollups
from sites_app.models import Controller
from tests.simulator.running import RunningFleet


@contextmanager
def served(blocker: Any) -> Iterator[str]:
    """Django on a port of its own, on the test's database; gives its address."""
    with blocker.unblock():
        server = LiveServer("127.0.0.1")
        try:
            yield server.url
        finally:
            server.stop()
            call_command("flush", interactive=False, verbosity=0)


def take_on(fleet: RunningFleet, stores: Sequence[str], folder: Path) -> list[Controller]:
    """Register these stores of a fleet by its CSV."""
    head, *rows = fleet.control("GET", "/fleet.csv").text.splitlines()
    file = folder / "stores.csv"
    file.write_text("\n".join([head, *(row for row in rows if row.partition(",")[0] in stores)]))
    call_command("import_stores", str(file), verbosity=0)
    return list(Controller.objects.select_related("store"))


def ask_all(controllers: Sequence[Controller], now: datetime) -> None:
    """Ask them for all that they have: how things stand, and eight days of intervals."""
    for controller in controllers:  # one by one: the later found of two zones of one name says whose it is
        asking_now.ask([controller], [Stream.Kind.DISCOVERY], clock=lambda: now)
    kinds = (Stream.Kind.LIVE, Stream.Kind.FOOTFALL, Stream.Kind.DWELL, Stream.Kind.PATHS)
    for _ in range(2):  # a controller answers for seven days at once
        results = asking_now.ask(controllers, kinds, clock=lambda: now)
    assert [result["error"] for result in results if result["state"] != "degraded"] == [""] * len(results)
    while sum(rollups.drain(measure) for measure in Measure):
        pass
