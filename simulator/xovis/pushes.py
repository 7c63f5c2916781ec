"""What a sensor pushes, form by form, of any stretch of its truth. Instants are seconds since 1970, half-open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from simulator.clock import rfc3339
from simulator.noise import mix, unit
from simulator.world import world_of
from simulator.xovis.api import device_state
from simulator.xovis.logics import OCCUPANCY, Json, Logic, Sensor

LIVE_STEP_S = 5
Time = Callable[[float], object]
TIMES: dict[str, Time] = {
    "milliseconds": lambda instant: round(instant * 1000),
    "seconds": int,
    "rfc3339": lambda instant: datetime.fromtimestamp(instant, UTC).isoformat(),
}
"""How an agent can be set to write times."""


def logics(sensor: Sensor, edges: list[int], package: int, time: Time) -> Json:
    """``logics_data``, with a record of each logic between neighbours of ``edges``."""
    records = sensor.records(edges)
    told = [
        {
            "id": logic.id,
            "name": logic.name,
            "info": logic.info,
            "geometries": logic.geometries,
            "records": [
                _stretch(edges, number, time) | {"samples": 1, "samples_expected": 1, "counts": logic.counts(values)}
                for number, values in enumerate(records[logic.id])
            ],
        }
        for logic in sensor.logics
    ]
    return {"logics_data": _heads(sensor, package, 25) | {"logics": told}}


def live(sensor: Sensor, start: int, end: int, package: int, time: Time, *, referenced: bool = False) -> Json:
    """``live_data``: a frame for each step in which somebody crossed a line or a zone's balance changed."""
    config: Json = {
        "logics": [
            {"id": logic.id, "name": logic.name, "geometries": [one["id"] for one in logic.geometries]}
            for logic in sensor.logics
        ],
        "counts": [counter for logic in sensor.logics for counter in logic.counters],
        "geometries": [
            {**geometry, "geometry": [[0.1, 1.2], [2.4, 1.2]]}
            for logic in sensor.logics
            for geometry in logic.geometries
        ],
    }
    frames = [
        {
            "framenumber": instant * 12,
            "frametype": "EVENT",
            "time": time(instant),
            "illumination": "SUFFICIENT",
            "tracked_objects": _persons(sensor, instant, len(events)),
            "events": events,
        }
        for instant in range(-(-start // LIVE_STEP_S) * LIVE_STEP_S, end, LIVE_STEP_S)
        if (events := list(_events(sensor, instant, referenced)))
    ]
    return {"live_data": _heads(sensor, package, 20) | {"config": config, "frames": frames}}


def status(sensor: Sensor, now: int, package: int, *, clock_is_right: bool = True) -> Json:
    """``status_data``."""
    states = {
        "device": {"state": {"state": device_state(sensor, now)}},
        "time": {"state": {"state": "OK" if clock_is_right else "ERROR"}},
        "network": {"state": {"state": "OK"}},
        "updates": {"state": {"state": "OK"}},
        "singlesensor": {"status": {"illumination": "SUFFICIENT"}},
        "multisensor": {"status": {"enabled": False}},
    }
    return {"status_data": _heads(sensor, package, 3) | {"states": states}}


def older_counts(sensor: Sensor, edges: list[int]) -> Json:
    """The older count push: the lines alone, in RFC 3339."""
    records, time = sensor.records(edges), TIMES["rfc3339"]
    elements = [
        {
            "element-id": logic.id,
            "element-name": logic.name,
            "sensor-type": "SINGLE_SENSOR",
            "data-type": "LINE",
            "from": time(edges[0]),
            "to": time(edges[-1]),
            "resolution": "ONE_MINUTE",
            "measurement": [
                _stretch(edges, number, time)
                | {"value": [{"label": name, "value": values[name]} for name in ("fw", "bw")]}
                for number, values in enumerate(records[logic.id])
            ],
        }
        for logic in _lines(sensor)
    ]
    return {
        "sensor-time": {"timezone": "UTC", "time": rfc3339(edges[-1])},
        "status": {"code": "OK"},
        "sensor-info": {"serial-number": sensor.serial, "name": sensor.controller.name, "device-type": "PC2"},
        "content": {"element": elements},
    }


def older_events(sensor: Sensor, start: int, end: int) -> Json:
    """The older event push: a crossing for each who came or went."""
    steps = range(start, end, LIVE_STEP_S)
    values = [
        {
            "timestamp": instant * 1000 + number,
            "type": "LineCrossing",
            "serial": sensor.serial,
            "direction": direction,
            "countItem": {"id": logic.id, "name": logic.name},
            "objectType": "PERSON",
        }
        for instant in steps
        for logic, forward, backward in _crossed(sensor, instant)
        for number, direction in enumerate(["forward"] * forward + ["backward"] * backward)
    ]
    return {"values": values}


def _heads(sensor: Sensor, package: int, agent: int) -> Json:
    return {
        "package_info": {"version": "5.0", "id": package, "agent_id": agent},
        "sensor_info": {"serial_number": sensor.serial, "type": "SINGLE_SENSOR"},
    }


def _stretch(edges: list[int], number: int, time: Time) -> Json:
    return {"from": time(edges[number]), "to": time(edges[number + 1])}


def _lines(sensor: Sensor) -> list[Logic]:
    return sensor.logics[: len(sensor.controller.entrances)]


def _crossed(sensor: Sensor, instant: int) -> Iterator[tuple[Logic, int, int]]:
    """The lines, and who crossed them in the step before an instant."""
    row = world_of(sensor.controller).crossings([instant - LIVE_STEP_S, instant])[0]
    for logic in _lines(sensor):
        yield logic, row[2 * logic.number], row[2 * logic.number + 1]


def _events(sensor: Sensor, instant: int, referenced: bool) -> Iterator[Json]:
    world, track = world_of(sensor.controller), mix(instant, sensor.controller.seed) >> 24
    for logic, forward, backward in _crossed(sensor, instant):
        for name, times in (("FORWARD", forward), ("BACKWARD", backward)):
            for _ in range(times):
                attributes = {"track_id": track, "geometry_id": logic.geometries[0]["id"]}
                yield {"category": "SCENE", "type": f"LINE_CROSS_{name}", "attributes": attributes}
                yield _counted(logic, "fw" if name == "FORWARD" else "bw", instant & 0xFFF, track, referenced)
    balances, before = world.occupancy(instant), world.occupancy(instant - LIVE_STEP_S)
    for logic in sensor.logics:
        if logic.info == OCCUPANCY and balances[logic.number] != before[logic.number]:
            yield _counted(logic, "balance", balances[logic.number], track, referenced)


def _counted(logic: Logic, name: str, value: int, track: int, referenced: bool) -> Json:
    counter = next(one for one in logic.counters if one["name"] == name)
    names = {} if referenced else {"counter_name": name, "logic_name": logic.name}
    attributes = {"counter_id": counter["id"], "counter_value": value, "track_id": track} | names
    return {"category": "COUNT", "type": "COUNT_INCREMENT", "attributes": attributes}


def _persons(sensor: Sensor, instant: int, count: int) -> list[Json]:
    """Persons as a sensor sees them, for nobody to keep."""
    seed = sensor.controller.seed
    return [
        {
            "track_id": mix(instant, seed, number) >> 24,
            "type": "PERSON",
            "position": [round(8 * unit(instant, seed, number, axis), 4) for axis in range(3)],
            "attributes": {"person_height": round(1.5 + 0.4 * unit(instant, seed, number, 9), 4), "members": 1},
        }
        for number in range(count)
    ]
