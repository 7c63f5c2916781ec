"""Push agents: what a sensor pushes by itself, and what it's told to push again. What isn't taken is dropped."""

from __future__ import annotations

import asyncio
import json
import logging
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Literal

import aiohttp
import msgspec

from simulator.clock import Clock
from simulator.xovis import pushes
from simulator.xovis.logics import Json, Sensor

_MOST_S = 3600
_CHUNK = 512
_TIMEOUT_S = 10
_LOOK_S = 0.5
_log = logging.getLogger(__name__)

Form = Literal["logics", "live", "status", "older_counts", "older_events"]


class Agent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a sensor pushes what, and how. ``user`` is for Basic authentication alone."""

    url: Annotated[str, msgspec.Meta(pattern=r"^https?://[!-~]+$")]
    key: Annotated[str, msgspec.Meta(pattern=r"^[ -~]*$")] = ""
    authentication: Literal["none", "bearer", "apikey", "basic", "path"] = "bearer"
    user: str = ""
    forms: tuple[Form, ...] = ("logics", "live", "status")
    times: Literal["milliseconds", "seconds", "rfc3339"] = "milliseconds"
    interval_s: Annotated[int, msgspec.Meta(ge=5, le=_MOST_S)] = 60
    """How often it pushes by itself, and how long a record is."""
    referenced: bool = False
    array: bool = False
    """All forms of one push in one array."""
    chunked: bool = False

    def headers(self) -> dict[str, str]:
        """How it says who it is."""
        basic = b64encode(f"{self.user}:{self.key}".encode()).decode()
        schemes = {"bearer": f"Bearer {self.key}", "apikey": f"Apikey {self.key}", "basic": f"Basic {basic}"}
        scheme = schemes.get(self.authentication)
        return {"Content-Type": "application/json"} | ({"Authorization": scheme} if scheme else {})

    def target(self) -> str:
        return f"{self.url}/{self.key}" if self.authentication == "path" else self.url


@dataclass(slots=True)
class _Running:
    sensor: Sensor
    agent: Agent
    pushed_until: int
    statuses: list[int] = field(default_factory=list)


class Agents:
    """The push agents of all sensors. Package ids rise, across forms and sensors."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._running: dict[str, _Running] = {}
        self._session: aiohttp.ClientSession | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._packages = 0

    async def start(self) -> None:
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
        self._session = aiohttp.ClientSession(timeout=timeout, headers={"User-Agent": "xovis"})
        self._watcher = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def set(self, sensor: Sensor, agent: Agent) -> None:
        """Push from now on, at the ends of intervals."""
        begin = int(self._clock.now()) // agent.interval_s * agent.interval_s
        self._running[sensor.controller.full_name] = _Running(sensor, agent, begin)

    def remove(self, sensor: Sensor) -> None:
        self._running.pop(sensor.controller.full_name, None)

    async def push(self, sensor: Sensor, agent: Agent, start: int, end: int) -> list[int]:
        """Push a stretch, form by form; the statuses of the answers, 0 for none."""
        contents = list(self._contents(sensor, agent, start, end))
        if agent.array:
            return [await self._post(agent, contents)]
        return [await self._post(agent, content) for content in contents]

    async def _watch(self) -> None:
        while True:
            now = int(self._clock.now())
            due = [one for one in self._running.values() if now - one.pushed_until >= one.agent.interval_s]
            results = await asyncio.gather(*(self._catch_up(one, now) for one in due), return_exceptions=True)
            for error in results:
                if isinstance(error, Exception):  # one sensor's trouble isn't the others'
                    _log.error("A push failed.", exc_info=error)
            await asyncio.sleep(_LOOK_S)

    async def _catch_up(self, one: _Running, now: int) -> None:
        end = now // one.agent.interval_s * one.agent.interval_s
        start, one.pushed_until = max(one.pushed_until, end - _MOST_S), end
        await self.push(one.sensor, one.agent, start, end)

    def _contents(self, sensor: Sensor, agent: Agent, start: int, end: int) -> Iterator[Json]:
        edges = [*range(start, end, agent.interval_s), end]
        time = pushes.TIMES[agent.times]
        for form in agent.forms:
            self._packages += 1
            if form == "logics":
                yield pushes.logics(sensor, edges, self._packages, time)
            elif form == "live":
                yield pushes.live(sensor, start, end, self._packages, time, referenced=agent.referenced)
            elif form == "status":
                yield pushes.status(sensor, end, self._packages)
            elif form == "older_counts":
                yield pushes.older_counts(sensor, edges)
            else:
                yield pushes.older_events(sensor, start, end)

    async def _post(self, agent: Agent, content: object) -> int:
        assert self._session is not None
        body = json.dumps(content).encode()
        data = _chunks(body) if agent.chunked else body
        try:
            async with self._session.post(agent.target(), data=data, headers=agent.headers()) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0


async def _chunks(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), _CHUNK):
        yield body[start : start + _CHUNK]
