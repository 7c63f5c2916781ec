"""What a controller answers, as JSON: the envelope and the rows of the six endpoints.

Written by hand, since snapshots are made by the hundred thousand.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from simulator import sensors
from simulator.clock import rfc3339
from simulator.fleet import Controller, Zone
from simulator.journeys import journeys_of
from simulator.world import world_of

WARNING, CRITICAL = 75, 90
"""From how many per cent of its capacity a zone is ``warning`` and ``critical``."""


def envelope(timestamp: int, rows: Iterable[str]) -> bytes:
    """A success; ``timestamp`` in seconds since 1970."""
    return f'{{"status":"success","timestamp":"{rfc3339(timestamp)}","data":[{",".join(rows)}]}}'.encode()


def failure(timestamp: int, code: str, message: str) -> bytes:
    """An error's body."""
    error = {"code": code, "message": message}
    return json.dumps({"status": "error", "timestamp": rfc3339(timestamp), "error": error}).encode()


@dataclass(frozen=True, eq=False)
class Answers:
    """The rows of one controller. Instants are seconds since 1970; steps are seconds and divide a day."""

    controller: Controller

    @cached_property
    def _heads(self) -> dict[str, str]:
        return {zone.zone_id: _head(zone) for zone in self.controller.zones}

    def sensors(self, instant: int) -> list[str]:
        """All sensors, as they were."""
        firmware = "5.4.1" if self.controller.model.old_firmware else "5.9.2"
        return [
            json.dumps(
                {
                    "sensorId": sensor.sensor_id,
                    "name": sensor.name,
                    "type": "PC2SE",
                    "status": sensors.status(sensor, instant),
                    "firmware": firmware,
                    "zones": sensor.zones,
                }
            )
            for sensor in self.controller.sensors
        ]

    def occupancy(self, instant: int, only: str | None = None) -> list[str]:
        """The people in all counted zones, or in one of them."""
        zones, people = self.controller.counted, world_of(self.controller).occupancy(instant)
        return [
            _occupancy_row(self._heads[zone.zone_id], zone, count)
            for zone, count in zip(zones, people, strict=True)
            if only is None or zone.zone_id == only
        ]

    def queues(self, instant: int, only: str | None = None) -> list[str]:
        """The length of all queues, or of one of them."""
        lengths = world_of(self.controller).queue_lengths(instant)
        return [
            self._queue_row(number, zone, length, instant)
            for number, (zone, length) in enumerate(zip(self.controller.queues, lengths, strict=True))
            if only is None or zone.zone_id == only
        ]

    def _queue_row(self, number: int, zone: Zone, length: int, instant: int) -> str:
        assert zone.threshold is not None
        waits = ""
        if length and not self.controller.model.old_firmware:
            average, longest = world_of(self.controller).queues[number].waits(length, instant)
            waits = f',"average_wait_ms":{average},"longest_wait_ms":{longest}'
        status = "exceeded" if length > zone.threshold else "normal"
        return (
            f'{self._heads[zone.zone_id]},"people_waiting":{length}{waits},'
            f'"threshold":{zone.threshold},"status":"{status}"}}'
        )

    def counts(self, start: int, end: int, step: int, now: int, only: str | None = None) -> list[str]:
        """The intervals that start in ``[start, end)`` and before now; the running one has counted until now."""
        edges = starts(start, min(end, now), step)
        if not edges:
            return []
        running = edges[-1] + step > now
        grown = world_of(self.controller).crossings([*edges, now if running else edges[-1] + step])
        return [
            f'{self._heads[zone.zone_id]},"start":"{rfc3339(edge)}","end":"{rfc3339(edge + step)}",'
            f'"in":{row[2 * door]},"out":{row[2 * door + 1]},"complete":{"true" if edge + step <= now else "false"}}}'
            for door, zone in enumerate(self.controller.entrances)
            if only is None or zone.zone_id == only
            for edge, row in zip(edges, grown, strict=True)
        ]

    def dwell(self, zone: Zone, start: int, end: int, step: int, now: int) -> list[str]:
        """The intervals that start in ``[start, end)`` and are over: an unfinished mean couldn't be told from a final one."""
        edges = starts(start, min(end, now - step + 1), step)
        if not edges:
            return []
        rows = journeys_of(self.controller).dwell(zone, edges[0], edges[-1] + step, step)
        with_visits = not self.controller.model.old_firmware
        return [
            f'{{"zoneId":{json.dumps(zone.zone_id)},"start":"{rfc3339(edge)}","end":"{rfc3339(edge + step)}",'
            f'"average_dwell_ms":{average}{f",{chr(34)}visits{chr(34)}:{visits}" if with_visits else ""}}}'
            for edge, (average, visits) in zip(edges, rows, strict=True)
        ]

    def paths(self, start: int, end: int, step: int, now: int) -> list[str]:
        """The legs that somebody took, in intervals that start in ``[start, end)`` and are over."""
        edges = starts(start, min(end, now - step + 1), step)
        if not edges:
            return []
        journeys = journeys_of(self.controller)
        legs = [f'{{"fromZoneId":{json.dumps(start)},"toZoneId":{json.dumps(to)},' for start, to in journeys.legs]
        return [
            f'{leg}"start":"{rfc3339(edge)}","end":"{rfc3339(edge + step)}","count":{count}}}'
            for edge, row in zip(edges, journeys.paths([*edges, edges[-1] + step]), strict=True)
            for leg, count in zip(legs, row, strict=True)
            if count
        ]


def starts(start: int, end: int, step: int) -> list[int]:
    """The starts of the UTC-aligned intervals in ``[start, end)``."""
    return list(range(-(-start // step) * step, end, step))


def _head(zone: Zone) -> str:
    return f'{{"zoneId":{json.dumps(zone.zone_id)},"name":{json.dumps(zone.name)}'


def _occupancy_row(head: str, zone: Zone, people: int) -> str:
    if zone.capacity is None:
        return f'{head},"current_people":{people},"status":"normal"}}'
    load = 100 * people / zone.capacity
    status = "normal" if load < WARNING else "warning" if load < CRITICAL else "critical"
    return (
        f'{head},"current_people":{people},"capacity":{zone.capacity},'
        f'"utilization_percentage":{round(load, 1)},"status":"{status}"}}'
    )
