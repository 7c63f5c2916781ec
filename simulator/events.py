"""The events of a controller, as a pure function of time.

Everything is looked at on a grid of ``STEP_S`` seconds; what differs from one point of it to the next is an event.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from simulator import sensors
from simulator.answers import CRITICAL, Answers
from simulator.clock import rfc3339
from simulator.fleet import Controller
from simulator.noise import mix, seed_of
from simulator.world import world_of

STEP_S = 5
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
State = tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it is sent: its body is JSON, from ``eventId`` to ``data``."""

    event_id: str
    body: str


def event_id(controller: Controller, instant_ms: int, kind: str, subject: str) -> str:
    """Like a ULID: 48 bits of time and 80 of chance, but always the same for the same event."""
    seed = seed_of(f"{kind}/{subject}")
    chance = mix(controller.seed, instant_ms, seed) << 16 | mix(seed, controller.seed, instant_ms) & 0xFFFF
    bits = instant_ms << 80 | chance
    return "".join(_ALPHABET[bits >> shift & 31] for shift in range(125, -1, -5))


def state(controller: Controller, instant: int) -> State:
    """What is over its threshold or lost: each queue, each counted zone, each sensor."""
    world = world_of(controller)
    queues = zip(controller.queues, world.queue_lengths(instant), strict=True)
    zones = zip(controller.counted, world.occupancy(instant), strict=True)
    return (
        *(zone.threshold is not None and length > zone.threshold for zone, length in queues),
        *(zone.capacity is not None and 100 * people >= CRITICAL * zone.capacity for zone, people in zones),
        *(sensors.status(sensor, instant) == sensors.OFFLINE for sensor in controller.sensors),
    )


def changes(controller: Controller, instant: int, before: State, after: State, skew_s: int = 0) -> list[Event]:
    """The events of a step that ended at ``instant``; ``skew_s`` is how far the controller's clock is ahead."""
    if before == after:
        return []
    return [
        _event(controller, number, is_on, instant, skew_s)
        for number, (was_on, is_on) in enumerate(zip(before, after, strict=True))
        if is_on != was_on
    ]


def between(controller: Controller, start: int, end: int) -> list[Event]:
    """The events in ``(start, end]``, by instants in seconds since 1970."""
    found: list[Event] = []
    first = start // STEP_S * STEP_S
    before = state(controller, first)
    for instant in range(first + STEP_S, end + 1, STEP_S):
        after = state(controller, instant)
        found += changes(controller, instant, before, after)
        before = after
    return found


def made_up(controller: Controller, number: int, instant_ms: int) -> Event:
    """A test event, of the ``number``-th thing that could happen."""
    things = len(controller.queues) + len(controller.counted) + len(controller.sensors)
    kind, subject, data = _told(controller, number % things, number // things % 2 == 0, instant_ms // 1000)
    identity = event_id(controller, instant_ms, f"test/{number}/{kind}", subject)
    return _written(identity, kind, instant_ms // 1000, data)


def _event(controller: Controller, number: int, is_on: bool, instant: int, skew_s: int) -> Event:
    kind, subject, data = _told(controller, number, is_on, instant)
    return _written(event_id(controller, instant * 1000, kind, subject), kind, instant + skew_s, data)


def _written(identity: str, kind: str, instant: int, data: str) -> Event:
    return Event(
        identity, f'{{"eventId":"{identity}","event":"{kind}","timestamp":"{rfc3339(instant)}","data":{data}}}'
    )


def _told(controller: Controller, number: int, is_on: bool, instant: int) -> tuple[str, str, str]:
    """The kind, the subject and the data of a change to the ``number``-th part of the state."""
    answers, queues, counted = Answers(controller), controller.queues, controller.counted
    if number < len(queues):
        zone = queues[number]
        return (
            f"queue.threshold_{'exceeded' if is_on else 'cleared'}",
            zone.zone_id,
            answers.queues(instant, zone.zone_id)[0],
        )
    number -= len(queues)
    if number < len(counted):
        zone = counted[number]
        row = answers.occupancy(instant, zone.zone_id)[0]
        data = f'{row[:-1]},"threshold_percentage":{CRITICAL}}}'
        return f"occupancy.threshold_{'reached' if is_on else 'cleared'}", zone.zone_id, data
    sensor = controller.sensors[number - len(counted)]
    data = json.dumps({"sensorId": sensor.sensor_id, "name": sensor.name})
    return f"sensor.{'offline' if is_on else 'online'}", sensor.sensor_id, data
