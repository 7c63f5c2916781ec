"""How a Xovis sensor is asked.

It has no question for dwell: the history brings the bins of all counters at once, in the turn of the footfall.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ingest import healing, logics
from ingest.asking.turns import Answered, Outcome, Room, check_rows
from ingest.discovery import Found, FoundSensor
from ingest.models import Stream
from ingest.readings import LineReading
from ingest.wire.errors import NotFound
from ingest.xovis.client import PartT, Told, XovisClient
from ingest.xovis.payloads import OK


def _live(client: XovisClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    told = client.live()
    meaning = logics.of_snapshot(told.answer)
    answered.readings, answered.rejected = meaning.readings, [*told.rejected, *meaning.rejected]
    _note_zones(client, outcome)


def _history(client: XovisClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    infos = {logic.id: logic.info for logic in client.live().answer.logics}
    sensor_now = now + client.clock_skew if client.clock_skew else now
    told = client.history(*answered.window)
    meaning = logics.of_history(told.answer, infos, sensor_now)
    answered.readings, answered.rejected = meaning.readings, [*told.rejected, *meaning.rejected]
    lines = [reading for reading in meaning.readings if isinstance(reading, LineReading)]
    answered.cursor = healing.footfall_cursor(lines, answered.window, sensor_now)
    _note_zones(client, outcome)
    check_rows(answered.rejected)


def _discover(client: XovisClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    told = client.live()
    answered.rejected = told.rejected
    outcome.found = Found(logics.zones_of(told.answer.logics), _sensors(client))


def _note_zones(client: XovisClient, outcome: Outcome) -> None:
    """Logics that are new come to be zones at once, not only when the sensor is asked for what it has."""
    zones = logics.zones_of(client.live().answer.logics)
    if outcome.found is None and zones.keys() - outcome.known_zones:
        outcome.found = Found(zones)


def _sensors(client: XovisClient) -> list[FoundSensor]:
    """The sensor itself, as it describes itself; none where its firmware doesn't."""
    device = _answer(client.device)
    if device is None:
        return []
    name, state, clock = _answer(client.device_id), _answer(client.device_state), _answer(client.time_state)
    wrong = [said.state for said in (state, clock) if said and said.state != OK]
    return [
        FoundSensor(
            sensor_id=device.serial,
            name=name.name if name else "",
            type=device.prod_code or device.type,
            status="degraded" if wrong else "online",
            firmware=device.fw_version,
            clock=clock.state if clock and clock.state != OK else "",
        )
    ]


def _answer(question: Callable[[], Told[PartT]]) -> PartT | None:
    """An answer that older firmware may not have."""
    try:
        return question().answer
    except NotFound:
        return None


ROOM = Room(
    client=XovisClient,
    questions={
        Stream.Kind.LIVE.value: _live,
        Stream.Kind.FOOTFALL.value: _history,
        Stream.Kind.DISCOVERY.value: _discover,
    },
)
