"""The fleet's listening sockets: each controller has its own port, or its own address."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from simulator.clock import Clock
from simulator.faults import Faults
from simulator.fleet import Controller, Fleet
from simulator.wire import Connection
from simulator.xcs import BASE_PATH, ControllerServer

_SPARE_FILES = 64
_BACKLOG = 128


class CannotListen(Exception):
    """An address is taken, or there are too many of them for this machine."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where to listen. With ``port`` 0 every port is a free one; with ``own_address`` all share one port instead."""

    host: str
    port: int
    own_address: bool = False

    def of_control(self) -> tuple[str, int]:
        return self.host, self.port

    def of_controller(self, number: int, control_port: int) -> tuple[str, int]:
        """The address of the ``number``-th controller (from 0), given the control API's real port."""
        if self.own_address:
            # All of 127.0.0.0/8 is this machine. 127.0.x.y is left to others.
            place = number + 1
            return f"127.{1 + (place >> 16)}.{place >> 8 & 255}.{place & 255}", control_port
        return self.host, 0 if self.port == 0 else self.port + 1 + number


class Listeners:
    """The servers of all controllers of a fleet."""

    def __init__(self, fleet: Fleet, clock: Clock) -> None:
        self.servers = {controller.full_name: ControllerServer(controller, clock) for controller in fleet.controllers}
        self._base_urls: dict[str, str] = {}
        self._listening: list[asyncio.Server] = []
        self._connections: set[Connection] = set()

    def base_url(self, controller: Controller) -> str:
        return self._base_urls[controller.full_name]

    def server(self, controller: Controller) -> ControllerServer:
        return self.servers[controller.full_name]

    def faults_of(self, controller: Controller) -> Faults:
        return self.server(controller).faults

    async def open(self, addresses: Addresses, control_port: int) -> None:
        """Listen for all. Raises ``CannotListen``."""
        allow_files(3 * len(self.servers))
        for number, server in enumerate(self.servers.values()):
            sock = listen(*addresses.of_controller(number, control_port))
            host, port = sock.getsockname()[:2]
            self._base_urls[server.controller.full_name] = f"http://{host}:{port}{BASE_PATH}"
            self._listening.append(await self._serve(server, sock))

    async def _serve(self, server: ControllerServer, sock: socket.socket) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(
            lambda: Connection(server, loop, self._connections), sock=sock, backlog=_BACKLOG
        )

    def close(self) -> None:
        """Listen no more, and hang up."""
        for listening in self._listening:
            listening.close()
        for connection in list(self._connections):
            connection.close()


def planned_base_urls(fleet: Fleet, addresses: Addresses) -> Iterator[tuple[Controller, str]]:
    """Where the controllers will be, without listening; for a ``port`` that isn't 0."""
    for number, controller in enumerate(fleet.controllers):
        host, port = addresses.of_controller(number, addresses.port)
        yield controller, f"http://{host}:{port}{BASE_PATH}"


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises ``CannotListen``."""
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setblocking(False)
        sock.bind((host, port))
        sock.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        sock.close()
        raise CannotListen(f"Can't listen on {host}:{port}: {error}") from None
    return sock


def allow_files(wanted: int) -> None:
    """Raise the limit of open files as far as needed and permitted."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted + _SPARE_FILES:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted + _SPARE_FILES:
        with suppress(ValueError, OSError):  # only root may
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted + _SPARE_FILES, wanted + _SPARE_FILES))
            return
    ceiling = wanted + _SPARE_FILES if hard == resource.RLIM_INFINITY else min(hard, wanted + _SPARE_FILES)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (ceiling, hard))
