"""Five stores of a fleet, each of a kind, at a busy hour long past."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from reports.facade import views
from tests.caller import key
from tests.chain import region
from tests.served import ask_all, served, take_on
from tests.simulator.running import BUSY, NOW, RunningFleet, running_fleet
from tests.xcs_contract import Subject

STORES = ("S001", "S003", "S005", "S007", "S011")
"""Plain; two controllers with an ``entrance_a`` each; entrances alone; old firmware; no Path Analytics."""

_BUSY: dict[str, Any] = {"requests_per_minute": 1_000_000}


@dataclass(frozen=True)
class Facade:
    """The platform that serves the façade, the fleet that it has taken on, and keys to it."""

    url: str
    fleet: RunningFleet
    key: str
    with_paths: str
    """A key to those stores alone that have paths."""

    def store(self, code: str) -> Subject:
        """A store as one XCS, with what its controllers have."""
        return replace(self._joined([code], lambda _, zone: zone), base_url=f"{self.url}/xcs/{code}/api/v1")

    def chain(self, stores: tuple[str, ...], key: str) -> Subject:
        """These stores as one XCS, for the key that sees them."""
        joined = self._joined(list(stores), lambda code, zone: f"{code}/{zone}")
        return replace(joined, base_url=f"{self.url}/xcs/api/v1", key=key)

    def _joined(self, stores: list[str], named: Callable[[str, str], str]) -> Subject:
        found: dict[str, list[str]] = {"entrances": [], "occupied": [], "queues": [], "dwelt": []}
        for name in (name for name in self.fleet.controllers if name.split("/")[0] in stores):
            one, (code, _, controller) = self.fleet.subject(name), name.partition("/")
            for what, zones in found.items():
                for zone in getattr(one, what):
                    # The second controller's zone that is called as one of the first says whose it is.
                    taken = named(code, zone) in zones
                    zones.append(named(code, f"{zone}@{controller}" if taken else zone))
        entrances, occupied, queues, dwelt = (tuple(zones) for zones in found.values())
        return Subject("", self.key, BUSY["start"], BUSY["end"], entrances, occupied, queues, dwelt)


@contextmanager
def standing(blocker: Any, folder: Path) -> Iterator[Facade]:
    """The façade over these stores, where it's the fleet's time, too."""
    with (
        running_fleet("--port", "0", "--stores", "12", "--no-webhooks") as fleet,
        served(blocker) as url,
        pytest.MonkeyPatch.context() as patch,
    ):
        fleet.set_clock()
        patch.setattr(views, "clock", lambda: NOW)
        ask_all(take_on(fleet, STORES, folder), NOW)
        regions = region("Europe/Germany"), region("Europe/Switzerland")
        yield Facade(url, fleet, key(**_BUSY)[1], key(*regions, **_BUSY)[1])
