"""The truth of a window as JSON, also where a controller would keep it to itself. Instants are seconds since 1970."""

from __future__ import annotations

from typing import Any

from simulator.answers import starts
from simulator.clock import rfc3339
from simulator.crowds import QUARTER_S
from simulator.fleet import Controller
from simulator.journeys import journeys_of
from simulator.world import world_of

HOUR_S = 3600
Rows = list[dict[str, Any]]


def of(controllers: list[Controller], start: int, end: int) -> dict[str, Rows]:
    """Footfall by quarter, dwell and paths by hour: of all quarters and hours that start in ``[start, end)``."""
    return {
        "footfall": [row for controller in controllers for row in _footfall(controller, start, end)],
        "dwell": [row for controller in controllers for row in _dwell(controller, start, end)],
        "paths": [row for controller in controllers for row in _paths(controller, start, end)],
    }


def occupancy(controllers: list[Controller], at: int) -> dict[str, Rows]:
    """The people in each zone and queue at an instant."""
    zones: Rows = []
    queues: Rows = []
    for controller in controllers:
        world = world_of(controller)
        for zone, people in zip(controller.counted, world.occupancy(at), strict=True):
            zones.append(_of_zone(controller, zone.zone_id) | {"kind": zone.kind, "current_people": people})
        for zone, length in zip(controller.queues, world.queue_lengths(at), strict=True):
            queues.append(_of_zone(controller, zone.zone_id) | {"people_waiting": length, "threshold": zone.threshold})
    return {"zones": zones, "queues": queues}


def _footfall(controller: Controller, start: int, end: int) -> Rows:
    edges = starts(start, end, QUARTER_S)
    if not edges:
        return []
    grown = world_of(controller).crossings([*edges, edges[-1] + QUARTER_S])
    return [
        _of_zone(controller, zone.zone_id) | _from(edge, QUARTER_S) | {"in": row[2 * door], "out": row[2 * door + 1]}
        for door, zone in enumerate(controller.entrances)
        for edge, row in zip(edges, grown, strict=True)
    ]


def _dwell(controller: Controller, start: int, end: int) -> Rows:
    edges = starts(start, end, HOUR_S)
    if not edges:
        return []
    rows: Rows = []
    for zone in controller.zones:
        stays = journeys_of(controller).dwell(zone, edges[0], edges[-1] + HOUR_S, HOUR_S)
        rows += [
            _of_zone(controller, zone.zone_id) | _from(edge, HOUR_S) | {"average_dwell_ms": average, "visits": visits}
            for edge, (average, visits) in zip(edges, stays, strict=True)
        ]
    return rows


def _paths(controller: Controller, start: int, end: int) -> Rows:
    edges = starts(start, end, HOUR_S)
    if not edges:
        return []
    journeys = journeys_of(controller)
    return [
        {"controller": controller.name, "from_zone_id": origin, "to_zone_id": to}
        | _from(edge, HOUR_S)
        | {"count": count}
        for edge, row in zip(edges, journeys.paths([*edges, edges[-1] + HOUR_S]), strict=True)
        for (origin, to), count in zip(journeys.legs, row, strict=True)
        if count
    ]


def _of_zone(controller: Controller, zone_id: str) -> dict[str, Any]:
    return {"controller": controller.name, "zone_id": zone_id}


def _from(start: int, length: int) -> dict[str, Any]:
    return {"start": rfc3339(start), "end": rfc3339(start + length)}
