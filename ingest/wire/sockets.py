"""Connections: only to addresses that may be connected to, and none waits past the request's deadline.

An address is checked as it is connected to, after the name was resolved, so a name that later points elsewhere gains
nothing.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.wire.addresses import AddressInfo, is_refused, resolve
from ingest.wire.errors import ControllerError, RefusedAddress, TimedOut, Unreachable


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may take: seconds to connect, between two reads and in all, and bytes of (decoded) body."""

    connect_s: float = 3.0
    read_s: float = 10.0
    total_s: float = 20.0
    body_bytes: int = 16 * 1024 * 1024


class Guard:
    """The limits of the request under way, looked at before each step: what drips can't evade them.

    ``refuses`` says which addresses aren't connected to, whatever name leads there.
    """

    def __init__(self, limits: Limits, host: str, refuses: Callable[[str], bool] = is_refused) -> None:
        self.limits, self.host, self.refuses = limits, host, refuses
        self._deadline = 0.0

    def start(self) -> None:
        """A request begins."""
        self._deadline = time.monotonic() + self.limits.total_s

    def left(self, at_most: float) -> float:
        """The seconds that a step may take. Raises ``TimedOut`` when none are left."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise self.timed_out()
        return min(left, at_most)

    def timed_out(self) -> TimedOut:
        """The error for an answer that didn't come in time."""
        return TimedOut(
            f"{self.host} was reached, but its answer didn't come in time ({self.limits.read_s:g} s of silence or "
            f"{self.limits.total_s:g} s in all): the controller or the line is overloaded."
        )


def connect(host: str, port: int, guard: Guard) -> socket.socket:
    """A connection to the first address of the host that takes one. Raises ``ControllerError``."""
    found = _addresses(host, port, guard)
    allowed = [info for info in found if not guard.refuses(info[4][0])]
    if not allowed:
        raise RefusedAddress(f"{guard.host} is {found[0][4][0]}, {_REFUSED[guard.refuses is is_refused]}: correct it.")
    for family, kind, protocol, _, address in allowed:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(guard.left(guard.limits.connect_s))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.connect(address)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise _connect_error(failure, guard)


_REFUSED = {True: "an address that no controller can have", False: "an address that isn't connected to from here"}


def _addresses(host: str, port: int, guard: Guard) -> Sequence[AddressInfo]:
    try:
        return resolve(host, port, guard.left(guard.limits.connect_s))
    except TimeoutError:
        raise TimedOut(f"The name server didn't answer when asked for {host}: check the DNS here.") from None
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"The name {host} isn't found: check how it is written, and the DNS here.") from error


def _connect_error(error: OSError, guard: Guard) -> ControllerError:
    if isinstance(error, TimeoutError):
        return TimedOut(
            f"{guard.host} took no connection within {guard.limits.connect_s:g} s: the controller is off, or a firewall "
            "is in between."
        )
    if isinstance(error, ConnectionRefusedError):
        return Unreachable(f"{guard.host} refused the connection: check the port, and that the controller runs.")
    return Unreachable(f"{guard.host} can't be reached from here: {error.strerror or error}.")
