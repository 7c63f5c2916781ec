"""Digesting: events that landed become readings, readings become facts.

Landing keeps an event as it came; here it's understood. What can't be is kept in quarantine with the reason, and the
event counts as digested: it stands in the list of events all the same. Sensors push figures by the minute: such a push
goes once its facts are there, which hold all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from ingest import facts, pushed, quarantine
from ingest.models import Event, Quarantine
from ingest.quarantine import Fault
from ingest.readings import Reading, SensorReading, event_readings, future_limit
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
            _digest(events, now)
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
        for reading in _understand(event, faults):
            if isinstance(reading, SensorReading):
                key = (event.controller_id, reading.sensor_id)
                sensors[key] = max(sensors.get(key, (event.observed_at, "")), (event.observed_at, reading.status))
            else:
                _resolve(event, reading, directory, rows, faults)
    facts.write(rows)
    quarantine.keep(faults, received_at=now)
    _set_sensors(sensors)
    with connection.cursor() as cursor:
        cursor.execute(_GONE, _keys(gone))
        cursor.execute(_DIGESTED, [now, *_keys([*pushes, *events])])


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


def _understand(event: Event, faults: list[Fault]) -> Sequence[Reading | SensorReading]:
    try:
        return event_readings(parse_event(bytes(event.body)))
    except PayloadError as error:
        faults.append(_fault(event, error.reason, error.pointer))
        return ()


def _resolve(event: Event, reading: Reading, directory: ZoneDirectory, rows: facts.Facts, faults: list[Fault]) -> None:
    kept, too_early = future_limit([reading], received_at=event.received_at)
    faults.extend(_fault(event, item.reason, item.pointer) for item in too_early)
    resolved = resolve(
        kept,
        directory,
        store_id=event.store_id,
        controller_id=event.controller_id,
        received_at=event.received_at,
    )
    rows.add(resolved.facts)
    if resolved.unknown:
        faults.append(_fault(event, "The controller has no such zone; discover it, then replay.", "/data/zoneId"))


def _fault(event: Event, reason: str, pointer: str) -> Fault:
    return Fault(
        event.store_id,
        event.controller_id,
        Quarantine.Source.WEBHOOK,
        event.event[:20],
        reason,
        pointer,
        bytes(event.body),
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
