"""The webhook of one controller, by the control API."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.simulator.receiver import Post, Receiver
from tests.simulator.running import RunningFleet
from tests.xcs_contract.subject import utc

ONE, OTHER = "S001/Controller 1", "S002/Controller 1"


class Hook:
    """The webhook of one controller."""

    def __init__(self, fleet: RunningFleet, name: str = ONE) -> None:
        self.fleet, self.name, self.path = fleet, name, f"/controllers/{name}"

    def set(self, receiver: Receiver, **setting: object) -> Hook:
        self.fleet.done("PUT", f"{self.path}/webhook", {"url": receiver.url, **setting})
        return self

    def emit(self, count: int = 1) -> list[str]:
        ids: list[str] = self.fleet.done("POST", f"{self.path}/emit", {"count": count})["event_ids"]
        return ids

    @property
    def deliveries(self) -> dict[str, Any]:
        found: dict[str, Any] = self.fleet.done("GET", "/deliveries", store=self.name[:4])["controllers"][self.name]
        return found

    def wait_until(self, **counts: int) -> dict[str, Any]:
        """The deliveries, once they stand so."""
        return self._wait(lambda told: counts.items() <= told["counts"].items())

    def wait_until_looked(self, at: datetime) -> None:
        """Until the fleet has looked for what happened at the controller by then."""
        self._wait(lambda told: told["seen_until"] == utc(at))

    def _wait(self, done: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        patience = time.monotonic() + 15
        while not done(told := self.deliveries):
            assert time.monotonic() < patience, told
        return told


def is_signed(post: Post, secret: str) -> bool:
    match = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", post.headers["X-XCS-Signature"])
    assert match
    signed = f"{match[1]}.".encode() + post.body
    return hmac.compare_digest(hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest(), match[2])
