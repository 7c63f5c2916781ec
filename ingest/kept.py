"""The clients of this process, kept with their connections from one turn to the next."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol, TypeVar
from uuid import UUID

MOST = 4096

Clock = Callable[[], datetime]
Config = tuple[str, str, bool | str]
"""Address, key, and what its certificate is verified against."""


class Client(Protocol):
    """Speaks to one controller of its kind, over a connection that is kept."""

    clock_skew: timedelta | None

    def __init__(self, base_url: str, key: str, /, *, clock: Clock, verify_tls: bool | str = True) -> None: ...

    def begin(self, clock: Clock) -> None:
        """A new turn, over the connection as it was kept."""

    def close(self) -> None:
        """End the connection."""


ClientT = TypeVar("ClientT", bound=Client)


class KeptClients:
    """Idle clients, the longest unused first; at most ``most``. A client is lent to one turn at a time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._idle: OrderedDict[UUID, tuple[Config, Client]] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def lend(self, controller_id: UUID, config: Config, clock: Clock, kind: type[ClientT]) -> Iterator[ClientT]:
        """A client of a controller; the one that was kept, unless address, key, trust or kind have changed."""
        client = self._take(controller_id, config, kind) or kind(*config[:2], verify_tls=config[2], clock=clock)
        client.begin(clock)
        try:
            yield client
        finally:
            self._put_back(controller_id, config, client)

    def close(self) -> None:
        """End the connections of all that are idle."""
        with self._lock:
            idle, self._idle = self._idle, OrderedDict()
        for _, client in idle.values():
            client.close()

    def _take(self, controller_id: UUID, config: Config, kind: type[ClientT]) -> ClientT | None:
        with self._lock:
            kept = self._idle.pop(controller_id, None)
        if kept is None:
            return None
        if kept[0] == config and isinstance(kept[1], kind):
            return kept[1]
        kept[1].close()
        return None

    def _put_back(self, controller_id: UUID, config: Config, client: Client) -> None:
        with self._lock:
            other = self._idle.pop(controller_id, None)
            self._idle[controller_id] = config, client
            surplus = self._idle.popitem(last=False)[1] if len(self._idle) > self._most else None
        for item in (other, surplus):
            if item:
                item[1].close()


def most_connections() -> int:
    """How many connections may stay open: half of the files that this process may have open."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return MOST
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else min(MOST, soft // 2)
