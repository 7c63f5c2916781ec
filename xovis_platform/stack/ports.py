"""TCP ports on the loopback."""

from __future__ import annotations

import random
import socket

from xovis_platform.stack.errors import StackError

LOOPBACK = "127.0.0.1"
# Below the range from which systems take the near end of outgoing connections: a service that is restarted must find its port free.
_RANGE = range(10_240, 32_000)


def is_free(port: int) -> bool:
    """Whether a server could listen on ``port`` of the loopback now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do, so that a connection that is only fading out doesn't count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        # With SO_REUSEADDR a bind can succeed beside a server that listens on all addresses; listen doesn't.
        try:
            probe.listen(1)
        except OSError:
            return False
    return True


def free_ports(count: int = 1) -> int:
    """The first of ``count`` neighbouring free ports. Random, so that stacks that start together don't meet."""
    for _ in range(200):
        first = random.randrange(_RANGE.start, _RANGE.stop - count)  # noqa: S311 - no secret
        if all(is_free(port) for port in range(first, first + count)):
            return first
    raise StackError(f"Found no {count} neighbouring free ports on {LOOPBACK}.")
