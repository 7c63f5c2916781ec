"""How an XCS controller is asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from ingest import healing
from ingest.asking.turns import Answered, Clock, Outcome, Room, Turn
from ingest.discovery import Found, FoundSensor, FoundZone
from ingest.models import Stream
from ingest.readings import (
    Reading,
    dwell_readings,
    footfall_readings,
    occupancy_readings,
    path_readings,
    queue_readings,
)
from ingest.wire.errors import ControllerError
from ingest.xcs.client import XcsClient
from sites_app.models import Zone

# XCS doesn't say a zone's kind: an entrance is known by having rows in the counts of the last hours.
_COUNTS_WINDOW = timedelta(hours=2)


def _client(turn: Turn, clock: Clock) -> XcsClient:
    return XcsClient(turn.base_url, turn.api_key, verify_tls=turn.verify_tls, clock=clock)


def _live(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    occupancy, queues = client.occupancy(), client.queues()
    answered.readings = [*occupancy_readings(occupancy), *queue_readings(queues)]
    answered.rejected = [*occupancy.rejected, *queues.rejected]
    seen = {row.zone_id for row in occupancy.rows} | {row.zone_id for row in queues.rows}
    if outcome.found is None and seen - outcome.turn.known_zones:
        outcome.found = found_at(client, now=now)


def _discover(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    outcome.found = found_at(client, now=now)
    answered.rejected = outcome.found.rejected


def _footfall(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    window = answered.window
    answer = client.counts(*window)
    readings = footfall_readings(answer)
    answered.readings, answered.rejected = list(readings), answer.rejected
    answered.cursor = healing.footfall_cursor(readings, window, answer.timestamp)


def _dwell(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    window = answered.window
    cursors = [window[1]]
    for zone_id in sorted(outcome.turn.known_zones | set(outcome.found.zones if outcome.found else ())):
        try:
            answer = client.dwell(zone_id, *window)
        except ControllerError as error:
            if error.code != "not_found":  # a zone that has no dwell, or is gone, is no failure of the others
                raise
            continue
        cursors.append(healing.hourly_cursor(window, answer.timestamp))
        answered.readings += _whole(dwell_readings(answer), answer.timestamp)
        answered.rejected += answer.rejected
    answered.cursor = min(cursors)


def _paths(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    window = answered.window
    answer = client.paths(*window)
    answered.readings, answered.rejected = _whole(path_readings(answer), answer.timestamp), answer.rejected
    answered.cursor = healing.hourly_cursor(window, answer.timestamp)


def _whole(readings: Iterable[Reading], controller_now: datetime) -> list[Reading]:
    """Those intervals that were over when the controller answered; the rest is asked for when it's whole."""
    return [reading for reading in readings if getattr(reading, "end", controller_now) <= controller_now]


def found_at(client: XcsClient, *, now: datetime) -> Found:
    """Ask a controller for its sensors and zones. Raises ``ControllerError``."""
    sensors, occupancy, queues = client.sensors(), client.occupancy(), client.queues()
    counts = client.counts(now - _COUNTS_WINDOW, now)
    found = Found(rejected=[*sensors.rejected, *occupancy.rejected, *queues.rejected, *counts.rejected])
    found.sensors = [
        FoundSensor(row.sensor_id, row.name or "", row.type or "", row.status or "", row.firmware or "")
        for row in sensors.rows
    ]
    entrances = {row.zone_id: row.name or "" for row in counts.rows}
    for zone_id, name in entrances.items():
        found.zones[zone_id] = FoundZone(zone_id, name, Zone.Kind.ENTRANCE, None, has_occupancy=False)
    for snapshot in occupancy.rows:
        kind = Zone.Kind.ENTRANCE if snapshot.zone_id in entrances else Zone.Kind.AREA
        found.zones[snapshot.zone_id] = FoundZone(
            snapshot.zone_id, snapshot.name or "", kind, snapshot.capacity or None, has_occupancy=True
        )
    for queue in queues.rows:
        known = found.zones.get(queue.zone_id)
        found.zones[queue.zone_id] = FoundZone(
            queue.zone_id,
            queue.name or "",
            Zone.Kind.QUEUE,
            known.capacity if known else None,
            has_occupancy=known is not None and known.has_occupancy,
        )
    return found


ROOM = Room(
    client=_client,
    questions={
        Stream.Kind.LIVE.value: _live,
        Stream.Kind.FOOTFALL.value: _footfall,
        Stream.Kind.DWELL.value: _dwell,
        Stream.Kind.PATHS.value: _paths,
        Stream.Kind.DISCOVERY.value: _discover,
    },
)
