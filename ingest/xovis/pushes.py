"""A push: which forms there are, what is to be stored of one, and what of it can't be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ingest.counters import SENSOR_PARTS_IGNORED
from ingest.wire.decoding import PayloadError, Rejected, load
from ingest.wire.refusals import printable
from ingest.xovis import live, pieces
from ingest.xovis.payloads import (
    Count,
    Element,
    LiveData,
    Logic,
    LogicsData,
    Module,
    OlderCounts,
    OlderEvents,
    Record,
    SensorInfo,
    State,
    StatusData,
)
from ingest.xovis.pieces import Piece
from ingest.xovis.salvage import Salvage

_TESTS = frozenset({"connection_test"})
_PERSONS_FROM = (b'"frames"', b'"tracked_objects"', b'"events"', b'"values"')
_NAME = 50


class NotJson(Exception):
    """A recording, XML, or whatever else it is: the push agent is set to another format."""


@dataclass(slots=True)
class Push:
    """What came of a body. ``understood`` is how many records, frames, states or events of it could be read."""

    received_at: datetime
    pieces: list[Piece] = field(default_factory=list)
    salvage: Salvage = field(default_factory=Salvage)
    understood: int = 0

    @property
    def rejected(self) -> list[Rejected]:
        return self.salvage.rejected


def read(body: bytes, received_at: datetime) -> Push:
    """A body: one envelope, or an array of them. Raises ``NotJson``, or ``PayloadError`` where it's broken JSON."""
    content, push = _load(body), Push(received_at)
    for index, envelope in enumerate(content if isinstance(content, list) else [content]):
        keys = envelope.keys() if isinstance(envelope, dict) else frozenset[str]()
        if not keys & (_FORMS.keys() | _TESTS):
            SENSOR_PARTS_IGNORED.labels("Envelope").inc()
        for key in _FORMS.keys() & keys:
            _FORMS[key](push, envelope, f"/{index}" if isinstance(content, list) else "")
    return push


def without_persons(body: bytes) -> bytes:
    """A body that is broken JSON, up to where it may speak of persons."""
    ends = [at for word in _PERSONS_FROM if (at := body.find(word)) >= 0]
    return body[: min(ends)] if ends else body


def _load(body: bytes) -> Any:
    try:
        return load(body)
    except PayloadError:
        if body.strip() and body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"["):
            raise NotJson from None
        raise


def _logics(push: Push, envelope: Any, pointer: str) -> None:
    data = push.salvage.take(envelope["logics_data"], LogicsData, f"{pointer}/logics_data")
    if data is not None:
        push.understood += sum(len(logic.records) for logic in data.logics)
        push.pieces += pieces.of_logics(data, push.received_at)


def _live(push: Push, envelope: Any, pointer: str) -> None:
    data = push.salvage.take(envelope["live_data"], LiveData, f"{pointer}/live_data")
    if data is not None:
        push.understood += len(data.frames)
        push.pieces += pieces.of_live(live.only_states(data))


def _status(push: Push, envelope: Any, pointer: str) -> None:
    content, pointer = envelope["status_data"], f"{pointer}/status_data"
    data = push.salvage.take(content, StatusData, pointer)
    states = content.get("states") or {} if data is not None else {}
    if not isinstance(states, dict):
        push.salvage.reject(f"{pointer}/states", "Expected object.", None)
        states = {}
    modules: dict[str, Module] = {}
    for key, value in states.items():
        name = printable(key)[:_NAME]
        module = push.salvage.take(value, Module, f"{pointer}/states/{name}")
        if module is not None and module.state is not None:
            modules[name] = module
    push.understood += len(modules)
    if data is not None:
        # An agent that was set up anew counts its packages from 1 again, so the day belongs to the identity.
        push_id = (data.package_info, push.received_at.date()) if data.package_info else None
        push.pieces += pieces.of_status(data.sensor_info, modules, push.received_at, push_id)


def _older_counts(push: Push, envelope: Any, pointer: str) -> None:
    counts = push.salvage.take(envelope, OlderCounts, pointer)
    if counts is None:
        return
    info = counts.sensor_info
    sensor = SensorInfo(info.serial_number, info.device_type) if info else None
    elements = counts.content.element if counts.content else []
    push.understood += sum(len(element.measurement) for element in elements)
    push.pieces += pieces.of_logics(LogicsData(sensor, [_as_logic(element) for element in elements]), push.received_at)
    if counts.status is not None:
        modules = {"device": Module(State(counts.status.code))}
        push_id = counts.sensor_time.time if counts.sensor_time else None
        push.pieces += pieces.of_status(sensor, modules, push.received_at, push_id)


def _older_events(push: Push, envelope: Any, pointer: str) -> None:
    found = push.salvage.take(envelope, OlderEvents, pointer)
    if found is not None:
        push.understood += len(found.values)
        push.pieces += pieces.of_older_events(found.values)


_FORMS: dict[str, Callable[[Push, Any, str], None]] = {
    "logics_data": _logics,
    "live_data": _live,
    "status_data": _status,
    "content": _older_counts,
    "values": _older_events,
}
"""By the key of an envelope that tells which it is."""


def _as_logic(element: Element) -> Logic:
    """An element of the older count push as the logic that it is."""
    records = [
        Record(one.start, one.end, [Count(label.label, label.value) for label in one.value])
        for one in element.measurement
    ]
    return Logic(element.element_id, element.element_name, element.data_type, records)
