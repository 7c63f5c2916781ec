"""What a push is stored as: pushes again, made anew of what was understood.

So nothing is kept that the platform doesn't know (a person's position, say), all times are of one form, and the same
records are the same event under whichever package id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec

from ingest.counters import SENSOR_PARTS_IGNORED
from ingest.xovis.payloads import Count, LiveData, Logic, LogicsData, Module, OlderEvent, SensorInfo
from ingest.xovis.templates import FIGURES, Counts, counts_of

LOGICS, LIVE, STATUS = "xovis.logics", "xovis.live", "xovis.status"
"""Events that are digested; any other is kept as it is."""

READ_COUNTS = frozenset({"fw", "bw", "balance", "visits", "dwell_time", "queue-length", "outflow", "queueing-time"})
_BREAKDOWNS = ("fw-", "bw-")


@dataclass(frozen=True, slots=True)
class Piece:
    """What becomes one event. The same piece always has the same id."""

    event: str
    event_id: str
    observed_at: datetime
    body: bytes


def of_logics(data: LogicsData, received_at: datetime) -> Iterator[Piece]:
    """What becomes figures as one event; of all else an event for each record in which something was counted."""
    figures = [_only_read(logic) for logic in data.logics if counts_of(logic.info) in FIGURES]
    if figures:
        ends = [record.end for logic in figures for record in logic.records]
        yield _piece(LOGICS, {"logics_data": LogicsData(data.sensor_info, figures)}, max(ends, default=received_at))
    for logic in data.logics:
        counts = counts_of(logic.info)
        if counts is Counts.UNKNOWN:
            SENSOR_PARTS_IGNORED.labels("Logic").inc()
        if counts not in FIGURES:
            yield from _kept(data.sensor_info, logic, counts)


def of_live(data: LiveData) -> Iterator[Piece]:
    """Live data that was reduced to states; nothing where none is left."""
    if data.frames:
        yield _piece(LIVE, {"live_data": data}, data.frames[-1].time)


def of_status(
    sensor: SensorInfo | None, modules: Mapping[str, Module], received_at: datetime, push_id: object
) -> Iterator[Piece]:
    """A status has no time of its own, and says the same again whenever all is well: so ``push_id`` tells it apart."""
    if modules:
        body = _encode({"status_data": {"sensor_info": sensor, "states": modules}})
        identity = _encode(push_id or received_at) + body
        yield Piece(STATUS, _digest(identity), received_at, body)


def of_older_events(events: Iterable[OlderEvent]) -> Iterator[Piece]:
    """An event each. Two people can cross in one millisecond: what comes twice in one push has happened twice."""
    times = Counter[bytes]()
    for event in events:
        body = _encode({"values": [event]})
        times[body] += 1
        yield Piece(f"xovis{_snake(event.type)}"[:100], f"{_digest(body)}-{times[body]}", event.timestamp, body)


def _only_read(logic: Logic) -> Logic:
    """A logic with the counts that figures are made of. Breakdowns are parts of ``fw`` and ``bw``, and dropped."""
    records = [
        msgspec.structs.replace(record, counts=[count for count in record.counts if _is_read(count)])
        for record in logic.records
    ]
    return Logic(logic.id, logic.name, logic.info, records)


def _is_read(count: Count) -> bool:
    if count.name in READ_COUNTS:
        return True
    if not count.name.startswith(_BREAKDOWNS):
        SENSOR_PARTS_IGNORED.labels("Count").inc()
    return False


def _kept(sensor: SensorInfo | None, logic: Logic, counts: Counts) -> Iterator[Piece]:
    serial = (sensor.serial_number if sensor else None) or "sensor"
    for record in logic.records:
        if any(count.value for count in record.counts):
            identity = f"{serial}/{logic.id}/{record.start.isoformat()}/{record.end.isoformat()}"
            one = Logic(logic.id, logic.name, logic.info, [record])
            yield Piece(f"xovis.{counts}", identity, record.end, _encode({"logics_data": LogicsData(sensor, [one])}))


def _piece(event: str, envelope: Mapping[str, Any], observed_at: datetime) -> Piece:
    body = _encode(envelope)
    return Piece(event, _digest(body), observed_at, body)


def _encode(value: Any) -> bytes:
    return msgspec.json.encode(value)


def _digest(body: bytes) -> str:
    return blake2b(body, digest_size=16).hexdigest()


def _snake(name: str) -> str:
    """``LineCount`` as ``.line_count``."""
    words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return "." + words.lstrip("_")
