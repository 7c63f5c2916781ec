"""How an XCS controller is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
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
from ingest.wire.decoding import RowT
from ingest.wire.errors import ControllerError, FeatureDisabled, NotFound
from ingest.xcs.client import XcsClient
from ingest.xcs.payloads import Answer, Counts, QueueStatus
from sites_app.models import Zone

# XCS doesn't say a zone's kind: an entrance is known by having rows in the counts of the last hours.
_COUNTS_WINDOW = timedelta(hours=2)


def _client(turn: Turn, key: str, clock: Clock) -> XcsClient:
    return XcsClient(turn.base_url, key, verify_tls=turn.verify_tls, clock=clock)


def _live(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    occupancy = client.occupancy()
    answered.readings += occupancy_readings(occupancy)
    answered.rejected += occupancy.rejected
    seen = {row.zone_id for row in occupancy.rows}
    if queues := _if_there(client.queues):
        answered.readings += queue_readings(queues)
        answered.rejected += queues.rejected
        seen |= {row.zone_id for row in queues.rows}
    _look_for(seen, client, outcome, now)


def _look_for(named: Set[str | None], client: XcsClient, outcome: Outcome, now: datetime) -> None:
    """Discover the controller, once in a turn, where it names zones that aren't known: no figure of them is to be lost."""
    if outcome.found is None and named - outcome.known_zones - {None}:
        outcome.found = found_at(client, now=now)


def _discover(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    outcome.found = found_at(client, now=now)
    answered.rejected = outcome.found.rejected


def _footfall(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    answer = client.counts(*answered.window)
    readings = footfall_readings(answer)
    answered.readings, answered.rejected = list(readings), answer.rejected
    _look_for({row.zone_id for row in answer.rows}, client, outcome, now)
    if outcome.found is not None:
        _add_entrances(outcome.found, answer.rows)  # also those that have been at rest of late
    answered.cursor = healing.footfall_cursor(readings, answered.window, answer.timestamp)


def _dwell(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    window = answered.window
    if not outcome.known_zones:
        outcome.found = found_at(client, now=now)
    cursors = list[datetime]()
    for zone_id in sorted(outcome.known_zones):
        try:
            answer = client.dwell(zone_id, *window)
        except ControllerError as error:
            if error.code != "not_found":  # a zone that has no dwell, or is gone, is no failure of the others
                raise
            cursors.append(window[1])
            continue
        cursors.append(healing.hourly_cursor(window, answer.timestamp))
        answered.readings += _whole(dwell_readings(answer), answer.timestamp)
        answered.rejected += answer.rejected
    answered.cursor = min(cursors, default=None)  # without any zone nothing was asked, and nothing is fetched yet


def _paths(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    answer = client.paths(*answered.window)
    _look_for({zone_id for row in answer.rows for zone_id in (row.from_zone_id, row.to_zone_id)}, client, outcome, now)
    answered.readings, answered.rejected = _whole(path_readings(answer), answer.timestamp), answer.rejected
    answered.cursor = healing.hourly_cursor(answered.window, answer.timestamp)


def _whole(readings: Iterable[Reading], controller_now: datetime) -> list[Reading]:
    """Those intervals that were over when the controller answered; the rest is asked for when it's whole."""
    return [reading for reading in readings if getattr(reading, "end", controller_now) <= controller_now]


def found_at(client: XcsClient, *, now: datetime) -> Found:
    """Ask a controller for its sensors and zones. Raises ``ControllerError``."""
    found = Found()
    for snapshot in _rows(client.occupancy(), found):  # whoever doesn't answer this is no controller
        found.zones[snapshot.zone_id] = FoundZone(
            snapshot.zone_id, snapshot.name or "", Zone.Kind.AREA, snapshot.capacity or None, has_occupancy=True
        )
    _add_entrances(found, _rows(_if_there(lambda: client.counts(now - _COUNTS_WINDOW, now)), found))
    _add_queues(found, _rows(_if_there(client.queues), found))
    found.sensors = [
        FoundSensor(row.sensor_id, row.name or "", row.type or "", row.status or "", row.firmware or "")
        for row in _rows(_if_there(client.sensors), found)
    ]
    return found


def _if_there(ask: Callable[[], Answer[RowT]]) -> Answer[RowT] | None:
    """An answer, or None from firmware that doesn't have such a thing, or has it switched off."""
    try:
        return ask()
    except (NotFound, FeatureDisabled):
        return None


def _rows(answer: Answer[RowT] | None, found: Found) -> list[RowT]:
    """The good rows of an answer; the others are kept."""
    found.rejected += answer.rejected if answer else []
    return answer.rows if answer else []


def _add_entrances(found: Found, rows: Iterable[Counts]) -> None:
    """What counts who comes and goes is an entrance."""
    for row in rows:
        found.add(row.zone_id, row.name, Zone.Kind.ENTRANCE)


def _add_queues(found: Found, rows: Iterable[QueueStatus]) -> None:
    """What has a length is a queue, whatever else it has."""
    for row in rows:
        found.add(row.zone_id, row.name, Zone.Kind.QUEUE)


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
