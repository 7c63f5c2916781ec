"""Digesting: events that landed become readings, readings become facts.

Landing keeps an event as it came; here it's understood. What can't be is kept in quarantine with the reason, and the
event counts as digested: it stands in the list of events all the same. One that can't be digested for whatever reason
holds up no other. Sensors push figures by the minute: such a push goes once its facts are there, which hold all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from ingest import counters, facts, pushed, quarantine
from ingest.isolation import each_alone
from ingest.models import Event, Quarantine
from ingest.quarantine import UNKNOWN_ZONE, Fault
from ingest.readings import SensorReading, event_readings, future_limit
from ingest.resolve import ZoneDirectory, resolve
from ingest.xcs.payloads import PayloadError, parse_event
from sites_app.models import Controller, Sensor

BATCH = 5000

_CLAIM = """
    SELECT store_id, controller_id, event_id, event, observed_at, received_at, body
    FROM ingest_event WHERE digested_at IS NULL
    ORDER BY received_at
    LIMIT %s FOR UPDATE SKIP LOCKED
"""
_GONE = """
    DELETE FROM ingest_event AS event
    USING unnest(%s::bigint[], %s::uuid[], %s::text[]) AS done (store_id, controller_id, event_id)
    WHERE event.store_id = done.store_id
      AND event.controller_id = done.controller_id
      AND event.event_id = done.event_id
"""
_DIGESTED = """
    UPDATE ingest_event AS event SET digested_at = %s
    FROM unnest(%s::bigint[], %s::uuid[], %s::text[]) AS done (store_id, controller_id, event_id)
    WHERE event.store_id = done.store_id
      AND event.controller_id = done.controller_id
      AND event.event_id = done.event_id
"""


def digest_batch(*, now: datetime) -> int:
    """Digest up to ``BATCH`` events that no other worker is at; how many. All of it happens, or nothing."""
    with transaction.atomic():
        events = _claim()
        if events:
            each_alone(events, partial(_digest, now=now), partial(_give_up, now=now))
    counters.EVENTS_DIGESTED.inc(len(events))
    return len(events)


def _claim() -> list[Event]:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [BATCH])
        names = [column.name for column in cursor.description]
        return [Event(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def _digest(events: Sequence[Event], now: datetime) -> None:
    rows, faults, sensors = facts.Facts(), list[Fault](), dict[tuple[UUID, str], tuple[datetime, str]]()
    pushes, events = _apart(events)
    gone = pushed.take(pushes, rows, faults, now=now)
    directory = ZoneDirectory.of({event.controller_id for event in events})
    for event in events:
        reading, found = understand(event, directory)
        faults += found
        if isinstance(reading, SensorReading):
            key = (event.controller_id, reading.sensor_id)
            sensors[key] = max(sensors.get(key, (event.observed_at, "")), (event.observed_at, reading.status))
        elif reading is not None:
            rows.add(reading)
    facts.write(rows)
    quarantine.keep(faults, received_at=now)
    _set_sensors(sensors)
    with connection.cursor() as cursor:
        cursor.execute(_GONE, _keys(gone))
    _mark([*pushes, *events], now)


def _apart(events: Sequence[Event]) -> tuple[list[Event], list[Event]]:
    """What Xovis sensors pushed, and the events of XCS."""
    controllers = Controller.objects.filter(pk__in={event.controller_id for event in events})
    sensors = set(controllers.filter(kind=Controller.Kind.XOVIS).values_list("pk", flat=True))
    pushes = [event for event in events if event.controller_id in sensors]
    return pushes, [event for event in events if event.controller_id not in sensors]


def _keys(events: Sequence[Event]) -> list[list[Any]]:
    """The keys of events, a list for each column."""
    return [
        [event.store_id for event in events],
        [event.controller_id for event in events],
        [event.event_id for event in events],
    ]


def understand(event: Event, directory: ZoneDirectory) -> tuple[facts.Facts | SensorReading | None, list[Fault]]:
    """What an event says, or else what is wrong with it."""
    try:
        (reading,) = event_readings(parse_event(bytes(event.body)))
    except PayloadError as error:
        return None, [_fault(event, error.reason, error.pointer)]
    if isinstance(reading, SensorReading):
        return reading, []
    _, too_early = future_limit([reading], received_at=event.received_at)
    if too_early:
        return None, [_fault(event, item.reason, item.pointer) for item in too_early]
    resolved = resolve(
        [reading],
        directory,
        store_id=event.store_id,
        controller_id=event.controller_id,
        received_at=event.received_at,
    )
    if resolved.unknown:
        return None, [_fault(event, UNKNOWN_ZONE, "/data/zoneId", awaits=reading.zone_id)]
    return resolved.facts, []


def _give_up(event: Event, error: Exception, now: datetime) -> None:
    """Set aside an event that can't be written, even alone."""
    fault = _fault(event, f"Digesting it failed: {type(error).__name__}.", "")
    if _apart([event])[0]:
        fault = replace(fault, what=Quarantine.What.PUSH)
    quarantine.keep([fault], received_at=now)
    _mark([event], now)


def _mark(events: Sequence[Event], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_DIGESTED, [now, *_keys(events)])


def _fault(event: Event, reason: str, pointer: str, *, awaits: str = "") -> Fault:
    return Fault(
        event.store_id,
        event.controller_id,
        Quarantine.Source.WEBHOOK,
        event.event,
        reason,
        pointer,
        bytes(event.body),
        what=Quarantine.What.EVENT,
        awaits=awaits,
        received_at=event.received_at,
    )


def _set_sensors(states: dict[tuple[UUID, str], tuple[datetime, str]]) -> None:
    """Set the status of sensors that went or came back; discovery corrects what came late."""
    if not states:
        return
    known = Sensor.objects.filter(controller__in={controller_id for controller_id, _ in states})
    changed = []
    for sensor in known:
        at, status = states.get((sensor.controller_id, sensor.sensor_id), (None, ""))
        if at is not None and (sensor.last_seen_at is None or at > sensor.last_seen_at):
            sensor.status, sensor.last_seen_at = status, at
            changed.append(sensor)
    Sensor.objects.bulk_update(changed, ["status", "last_seen_at"])
