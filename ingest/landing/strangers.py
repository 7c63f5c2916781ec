"""Addresses that post with wrong credentials, again and again: they are answered cheaply, and nobody waits for them.

Counted in this process alone, in a bounded memory. A controller that has posted well from the same address goes on, so
that one with a wrong key doesn't shut out those behind the same router.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, MutableMapping
from functools import lru_cache
from typing import Any
from uuid import UUID

WINDOW_S = 60.0
MOST_WRONG = 60
"""So many a minute; an address that has made them waits for the rest of its minute."""
MOST_KNOWN = 50_000


class Strangers:
    """What is known of addresses."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: dict[str, tuple[float, int]] = {}
        self._good: set[tuple[str, UUID]] = set()

    def wait_s(self, address: str, controller_id: UUID) -> float:
        """For how many seconds a post from there isn't looked at; 0 where it is."""
        if not self._wrong or (address, controller_id) in self._good:
            return 0.0
        until, count = self._wrong.get(_network(address), (0.0, 0))
        return max(0.0, until - self._clock()) if count >= MOST_WRONG else 0.0

    def was_right(self, address: str, controller_id: UUID) -> None:
        """This controller posts from there."""
        if len(self._good) > MOST_KNOWN:
            self._good.clear()
        self._good.add((address, controller_id))

    def was_wrong(self, address: str) -> None:
        """One more."""
        if len(self._wrong) > MOST_KNOWN:
            self._wrong.clear()
        now, network = self._clock(), _network(address)
        until, count = self._wrong.get(network, (0.0, 0))
        self._wrong[network] = (until, count + 1) if until > now else (now + WINDOW_S, 1)


def address_of(scope: MutableMapping[str, Any]) -> str:
    """Where a post comes from, as the server knows it."""
    client = scope.get("client")
    return client[0] if client else ""


@lru_cache(maxsize=10_000)
def _network(address: str) -> str:
    """What one sender has: an IPv4 address, or the /64 of an IPv6 one, out of which it may take any."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address
