"""What a controller's truth is to a sensor: logics with counters, over any stretch. Instants are seconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from simulator.fleet import ENTRANCE, Controller, Zone
from simulator.journeys import journeys_of
from simulator.noise import mix, seed_of
from simulator.world import world_of

LINE, OCCUPANCY, QUEUE = "XLT_LINE_IN_OUT_COUNT", "XLT_ZONE_OCCUPANCY_COUNT", "XLT_QUEUE_STATISTICS"
OLDER_LINE, GROUPS = "XLT_4X_LINE_IN_OUT_COUNT", "XLT_GROUP_LINE_IN_OUT_COUNT"
ACCUMULATION, STATE = "accumulation", "state"

_COUNTERS = {
    LINE: {"fw": ACCUMULATION, "bw": ACCUMULATION, "fw-male": ACCUMULATION},
    OLDER_LINE: {"fw": ACCUMULATION, "bw": ACCUMULATION},
    GROUPS: {"fw": ACCUMULATION, "bw": ACCUMULATION},
    OCCUPANCY: {"balance": STATE, "visits": ACCUMULATION, "dwell_time": ACCUMULATION},
    QUEUE: {"queue-length": STATE, "outflow": ACCUMULATION, "queueing-time": ACCUMULATION},
}
_UNITS = {"dwell_time": "seconds", "queueing-time": "seconds"}
_DAY_S = 86_400
Json = dict[str, Any]
Values = dict[str, float]


@dataclass(frozen=True, eq=False)
class Logic:
    """A logic; ``zone`` is what the truth calls that which it counts."""

    id: int
    info: str
    zone: Zone
    number: int
    """Which of its kind it is: the how manieth entrance, zone or queue."""

    @property
    def name(self) -> str:
        if self.info == OCCUPANCY and self.zone.kind == ENTRANCE:
            return f"{self.zone.name} area"
        return f"{self.zone.name} groups" if self.info == GROUPS else self.zone.name

    @property
    def geometries(self) -> list[Json]:
        line = {"id": 2 * self.id, "type": "LINE", "name": f"{self.name} line"}
        zone = {"id": 2 * self.id + 1, "type": "ZONE", "name": f"{self.name} zone"}
        return [line, zone] if self.info == OLDER_LINE else [line] if "LINE" in self.info else [zone]

    @cached_property
    def counters(self) -> list[Json]:
        """Its counters. Their ids are often its own times 1000, but never on this sensor if it was migrated."""
        base = self.id * 1000 if self.id % 2 else 70_000 + 10 * (self.number + self.id)
        return [
            {"id": base + number, "logic_id": self.id, "name": name, "type": kind}
            for number, (name, kind) in enumerate(_COUNTERS[self.info].items(), start=1)
        ]

    def counts(self, values: Values, *, units: bool = True) -> list[Json]:
        """Values by the counters' names, as a sensor writes them; a value that there is none of is left out."""
        return [
            {"id": counter["id"], "name": counter["name"], "value": values[counter["name"]]}
            | ({"unit": _UNITS[counter["name"]]} if units and counter["name"] in _UNITS else {})
            for counter in self.counters
            if counter["name"] in values
        ]


@dataclass(frozen=True, eq=False)
class Sensor:
    """One controller as a sensor."""

    controller: Controller

    @cached_property
    def serial(self) -> str:
        own = mix(self.controller.seed, seed_of("sensor"))
        return "80:1F:12:" + ":".join(f"{own >> shift & 255:02X}" for shift in (16, 8, 0))

    @property
    def login(self) -> str:
        return f"admin:{self.controller.api_key}"

    @cached_property
    def logics(self) -> list[Logic]:
        """A line for each entrance (the first with its groups, too), a zone for each area, a queue for each queue."""
        doors = self.controller.entrances
        old = self.controller.model.old_firmware
        lines = [Logic(1 + number, OLDER_LINE if old else LINE, zone, number) for number, zone in enumerate(doors)]
        zones = [Logic(21 + number, OCCUPANCY, zone, number) for number, zone in enumerate(self.controller.counted)]
        queues = [Logic(41 + number, QUEUE, zone, number) for number, zone in enumerate(self.controller.queues)]
        return [*lines, *zones, *queues, Logic(61, GROUPS, doors[0], 0)]

    def records(self, edges: list[int]) -> dict[int, list[Values]]:
        """For each logic, by its id, its counters between neighbours of ``edges``, which are evenly apart."""
        crossings = world_of(self.controller).crossings(edges)
        return {logic.id: self._records(logic, edges, crossings) for logic in self.logics}

    def snapshot(self, instant: int) -> dict[int, Values]:
        """For each logic its counters' values now; sums are since midnight (UTC)."""
        crossings = world_of(self.controller).crossings([instant // _DAY_S * _DAY_S, instant])
        found: dict[int, Values] = {}
        for logic in self.logics:
            if logic.info == OCCUPANCY:
                found[logic.id] = {"balance": self._balance(logic, instant)}
            elif logic.info == QUEUE:
                found[logic.id] = self._queue(logic, instant)
            else:
                found[logic.id] = _line(logic, crossings[0])
        return found

    def _records(self, logic: Logic, edges: list[int], crossings: list[list[int]]) -> list[Values]:
        ends = edges[1:]
        if logic.info == QUEUE:
            return [self._queue(logic, end) for end in ends]
        if logic.info == OCCUPANCY:
            return self._stays(logic, edges)
        return [_line(logic, row) for row in crossings]

    def _stays(self, logic: Logic, edges: list[int]) -> list[Values]:
        stays = journeys_of(self.controller).dwell(logic.zone, edges[0], edges[-1], edges[1] - edges[0])
        return [
            {"balance": self._balance(logic, end), "visits": visits} | ({"dwell_time": mean / 1000} if visits else {})
            for end, (mean, visits) in zip(edges[1:], stays, strict=True)
        ]

    def _balance(self, logic: Logic, instant: int) -> int:
        return world_of(self.controller).occupancy(instant)[logic.number]

    def _queue(self, logic: Logic, instant: int) -> Values:
        world = world_of(self.controller)
        length = world.queue_lengths(instant)[logic.number]
        wait = world.queues[logic.number].waits(length, instant)[0] / 1000 if length else None
        return {"queue-length": length} | ({} if wait is None else {"queueing-time": wait})


def _line(logic: Logic, row: list[int]) -> Values:
    forward, backward = row[2 * logic.number], row[2 * logic.number + 1]
    if logic.info == GROUPS:
        return {"fw": forward // 3, "bw": backward // 3}
    values: Values = {"fw": forward, "bw": backward}
    return values | {"fw-male": forward // 2} if logic.info == LINE else values


@lru_cache(maxsize=4096)
def sensor_of(controller: Controller) -> Sensor:
    """The one ``Sensor`` of a controller."""
    return Sensor(controller)
