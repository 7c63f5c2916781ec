"""A running platform with a small fleet, and what a person, a controller and an operator see of it meanwhile."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import redis
import requests

from tests.chaos import proof
from tests.chaos.__main__ import HOLD, database_of, register
from tests.chaos.fleet import Fleet, running_fleet
from tests.stack.running import PROCESSES, Stack, running_stack, wait_for
from xovis_platform.stack.state import read_stack

STORES, SEED = 6, 7
AT_MOST_S = 10.0
"""However much is broken, a page or an answer takes no longer."""
_AGED = HOLD + timedelta(seconds=AT_MOST_S)


@dataclass(frozen=True)
class Platform:
    """A stack and its fleet; ``key`` reads all stores."""

    stack: Stack
    fleet: Fleet
    key: str

    def pause(self, name: str) -> None:
        """Let a process hang: it's there and answers nothing."""
        os.kill(self.stack.pids(PROCESSES[name])[0], signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """Let it go on."""
        os.kill(self.stack.pids(PROCESSES[name])[0], signal.SIGCONT)

    def broker(self) -> redis.Redis:
        """A connection to the broker."""
        state = read_stack(self.stack.data_dir)
        assert state is not None
        return redis.Redis.from_url(state.redis_url)

    def get(self, path: str) -> requests.Response | None:
        """An answer; None where there was none in time."""
        try:
            headers = {"Authorization": f"Apikey {self.key}"} if path.startswith("/api/") else {}
            return requests.get(self.stack.url + path, headers=headers, timeout=AT_MOST_S)
        except requests.RequestException:
            return None

    def live(self) -> list[dict[str, Any]] | None:
        """Live occupancy, or None where it can't be had."""
        answer = self.get("/api/v1/live/occupancy")
        return answer.json()["results"] if answer is not None and answer.status_code == 200 else None

    def emit(self) -> None:
        """Have every controller send an event."""
        for controller in self.fleet.controllers():
            self.fleet.emit(controller, 1)

    def stale(self) -> Iterator[str]:
        """Figures that are shown as known though they no longer hold."""
        now = datetime.now(UTC)
        for row in self.live() or []:
            if row["people"] is not None and now - datetime.fromisoformat(row["as_of"]) > _AGED:
                yield f"{row['store']} shows {row['people']} people as of {row['as_of']}, at {now}"

    def lost(self) -> Iterator[str]:
        """Events that were accepted and aren't there once."""
        with database_of(self.stack) as database:
            yield from proof.lost_events(database, self.fleet)

    def comes_back(self, patience_s: float = 240) -> float:
        """Wait until polls bring figures of after this moment, for all stores, and all events are in; how long it took."""
        began, moment = time.monotonic(), datetime.now(UTC)

        def all_fresh() -> bool:
            rows = self.live()
            return bool(rows) and all(
                row["as_of"] and datetime.fromisoformat(row["as_of"]) > moment for row in rows or []
            )

        wait_for("all stores have new figures", all_fresh, patience_s)
        wait_for("every event is delivered", lambda: not self.fleet.events("pending"), patience_s)
        return time.monotonic() - began


@contextmanager
def running_platform(stores: int = STORES) -> Iterator[Platform]:
    """It, with all controllers polled each ten seconds."""
    with running_fleet(stores, SEED) as fleet, running_stack("run") as stack:
        wait_for("the stack is ready", stack.is_ready)
        register(stack, fleet)
        platform = Platform(stack, fleet, str(stack.manage("create_api_key", "drills")["key"]))
        platform.comes_back()
        yield platform
