"""The sensors' listening sockets, and the part of the control API that is about them."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated

import msgspec
from aiohttp import web

from simulator.asked import Bad, answer, body
from simulator.clock import Clock
from simulator.faults import NONE, Faults
from simulator.fleet import Controller, Fleet
from simulator.serving import Addresses, allow_files, listen
from simulator.wire import Connection
from simulator.xovis.agents import Agent, Agents
from simulator.xovis.api import BASE_PATH, SensorServer
from simulator.xovis.logics import Json, sensor_of

_BACKLOG = 128
_MOST_S = 7 * 86_400
Instant = Annotated[int, msgspec.Meta(ge=946_684_800, le=7_258_118_400)]


class Again(msgspec.Struct, forbid_unknown_fields=True):
    """Push ``[start, end)``, in seconds since 1970, now."""

    agent: Agent
    start: Instant
    end: Instant


class Sensors:
    """All controllers of a fleet once more, each as a sensor."""

    def __init__(self, fleet: Fleet, clock: Clock) -> None:
        self._fleet = fleet
        self._servers = {one.full_name: SensorServer(sensor_of(one), clock) for one in fleet.controllers}
        self._base_urls: dict[str, str] = {}
        self._listening: list[asyncio.Server] = []
        self._connections: set[Connection] = set()
        self._agents = Agents(clock)

    async def open(self, addresses: Addresses, control_port: int) -> None:
        """Listen for all, behind the controllers' ports or beside theirs. Raises ``CannotListen``."""
        allow_files(6 * len(self._servers))
        loop = asyncio.get_running_loop()
        for number, (name, server) in enumerate(self._servers.items()):
            sock = listen(*self._address(addresses, number, control_port))
            host, port = sock.getsockname()[:2]
            self._base_urls[name] = f"http://{host}:{port}{BASE_PATH}"
            connected = partial(Connection, server, loop, self._connections)
            self._listening.append(await loop.create_server(connected, sock=sock, backlog=_BACKLOG))
        await self._agents.start()

    async def close(self) -> None:
        for listening in self._listening:
            listening.close()
        for connection in list(self._connections):
            connection.close()
        await self._agents.stop()

    def routes(self) -> list[web.RouteDef]:
        """What the control API has for sensors."""
        one = "/sensors/{store}/{name}"
        return [
            web.get("/sensors", self._get),
            web.delete("/sensors/faults", self._delete_all_faults),
            web.put(f"{one}/agent", self._put_agent),
            web.delete(f"{one}/agent", self._delete_agent),
            web.post(f"{one}/push", self._push),
            web.put(f"{one}/faults", self._put_faults),
            web.delete(f"{one}/faults", self._delete_faults),
        ]

    def _address(self, addresses: Addresses, number: int, control_port: int) -> tuple[str, int]:
        if addresses.own_address:
            host, port = addresses.of_controller(number, control_port)
            return host, port + 1
        return addresses.of_controller(number + len(self._servers), control_port)

    async def _get(self, request: web.Request) -> web.Response:
        return answer({"sensors": [self._described(controller) for controller in self._fleet.controllers]})

    def _described(self, controller: Controller) -> Json:
        sensor = sensor_of(controller)
        return {
            "store": controller.store.code,
            "name": controller.name,
            "serial_number": sensor.serial,
            "base_url": self._base_urls[controller.full_name],
            "api_key": sensor.login,
            "webhook_key": controller.webhook_key,
            "logics": [
                {"id": logic.id, "info": logic.info, "zone_id": logic.zone.zone_id, "kind": logic.zone.kind}
                for logic in sensor.logics
            ],
        }

    async def _put_agent(self, request: web.Request) -> web.Response:
        self._agents.set(self._server(request).sensor, await body(request, Agent))
        return answer({"sensors": 1})

    async def _delete_agent(self, request: web.Request) -> web.Response:
        self._agents.remove(self._server(request).sensor)
        return answer({"sensors": 1})

    async def _push(self, request: web.Request) -> web.Response:
        sensor, again = self._server(request).sensor, await body(request, Again)
        if not 0 < again.end - again.start <= _MOST_S:
            raise Bad("end lies after start, by at most 7 days.", field="end")
        statuses = await self._agents.push(sensor, again.agent, again.start, again.end)
        return answer({"statuses": statuses})

    async def _delete_all_faults(self, request: web.Request) -> web.Response:
        for server in self._servers.values():
            server.faults = NONE
        return answer({"sensors": len(self._servers), "faults": msgspec.to_builtins(NONE)})

    async def _put_faults(self, request: web.Request) -> web.Response:
        return self._set_faults(self._server(request), await body(request, Faults))

    async def _delete_faults(self, request: web.Request) -> web.Response:
        return self._set_faults(self._server(request), NONE)

    def _set_faults(self, server: SensorServer, faults: Faults) -> web.Response:
        server.faults, server.requests = faults, 0
        return answer({"sensors": 1, "faults": msgspec.to_builtins(faults)})

    def _server(self, request: web.Request) -> SensorServer:
        name = f"{request.match_info['store']}/{request.match_info['name']}"
        if name not in self._servers:
            raise Bad(f"There is no sensor {name!r}.", field="name", status=404)
        return self._servers[name]
