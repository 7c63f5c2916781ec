"""The payloads of the XCS API, typed.

Fields that nobody reads are not here: what a controller writes into them (``utilization_percentage``, ``status``, and all
that newer firmware adds) can't make a row unusable. All instants are aware, in UTC.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Generic

import msgspec

from ingest.wire.decoding import NO_CONTROL_CHARACTERS, PayloadError, Raw, Rejected, RowT, decode, decode_rows
from ingest.wire.errors import BadAnswer

__all__ = [
    "Answer",
    "Counts",
    "Dwell",
    "Occupancy",
    "ParsedEvents",
    "PathCount",
    "PayloadError",
    "QueueStatus",
    "Rejected",
    "SensorInfo",
    "SensorName",
    "WebhookEvent",
    "parse_answer",
    "parse_event",
    "parse_events",
]

MAX_EVENTS = 1000
MAX_REJECTED = 10_000
_MAX_INT = 2**31 - 1
_FIRST_YEAR, _LAST_YEAR = 2000, 2200

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Count = Annotated[int, msgspec.Meta(ge=0, le=_MAX_INT)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=_MAX_INT)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=NO_CONTROL_CHARACTERS)]
Name = Annotated[str, msgspec.Meta(max_length=200, pattern=NO_CONTROL_CHARACTERS)]
Term = Annotated[str, msgspec.Meta(max_length=100, pattern=NO_CONTROL_CHARACTERS)]
Status = Annotated[str, msgspec.Meta(max_length=20, pattern=NO_CONTROL_CHARACTERS)]


def _to_utc(struct: msgspec.Struct, *names: str) -> None:
    for name in names:
        instant: datetime = getattr(struct, name)
        if not _FIRST_YEAR <= instant.year < _LAST_YEAR:
            raise ValueError(f"{name} is in the year {instant.year}: set the controller's clock")
        if instant.tzinfo is not UTC:
            msgspec.structs.force_setattr(struct, name, instant.astimezone(UTC))


class SensorInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A row of ``/sensors``."""

    sensor_id: Id
    name: Name | None = None
    type: Term | None = None
    status: Status | None = None
    firmware: Term | None = None
    zones: list[Id] = []

    @property
    def identity(self) -> Hashable:
        return self.sensor_id


class SensorName(msgspec.Struct, frozen=True, rename="camel"):
    """The data of a ``sensor.*`` event."""

    sensor_id: Id


class Occupancy(msgspec.Struct, frozen=True):
    """A row of ``/occupancy/current``, and the data of an ``occupancy.*`` event."""

    zone_id: Id = msgspec.field(name="zoneId")
    current_people: Count
    name: Name | None = None
    capacity: Count | None = None

    @property
    def identity(self) -> Hashable:
        return self.zone_id


class QueueStatus(msgspec.Struct, frozen=True):
    """A row of ``/queue/status``, and the data of a ``queue.*`` event."""

    zone_id: Id = msgspec.field(name="zoneId")
    people_waiting: Count
    name: Name | None = None
    average_wait_ms: Milliseconds | None = None
    longest_wait_ms: Milliseconds | None = None
    threshold: Count | None = None

    @property
    def identity(self) -> Hashable:
        return self.zone_id


class _Interval(msgspec.Struct, frozen=True, kw_only=True):
    start: Instant
    end: Instant

    def __post_init__(self) -> None:
        _to_utc(self, "start", "end")
        if self.start >= self.end:
            raise ValueError("start doesn't lie before end")


class Counts(_Interval, frozen=True, kw_only=True):
    """A row of ``/counts/interval``. ``complete`` is None where the firmware doesn't say."""

    zone_id: Id = msgspec.field(name="zoneId")
    count_in: Count = msgspec.field(name="in")
    count_out: Count = msgspec.field(name="out")
    name: Name | None = None
    complete: bool | None = None

    @property
    def identity(self) -> Hashable:
        return self.zone_id, self.start


class Dwell(_Interval, frozen=True, kw_only=True):
    """A row of ``/zones/{id}/dwell``."""

    zone_id: Id = msgspec.field(name="zoneId")
    average_dwell_ms: Milliseconds
    visits: Count | None = None

    @property
    def identity(self) -> Hashable:
        return self.zone_id, self.start


class PathCount(_Interval, frozen=True, kw_only=True):
    """A row of ``/analytics/paths``; a zone of None is the outside of the store."""

    from_zone_id: Id | None = msgspec.field(name="fromZoneId")
    to_zone_id: Id | None = msgspec.field(name="toZoneId")
    count: Count

    @property
    def identity(self) -> Hashable:
        return self.from_zone_id, self.to_zone_id, self.start


@dataclass(frozen=True, slots=True)
class Answer(Generic[RowT]):
    """An answer: the controller's time (of every row of a snapshot), the good rows, and those that can't be used.

    ``raws`` are all rows as they came, ``body`` the whole answer.
    """

    timestamp: datetime
    rows: list[RowT]
    rejected: list[Rejected]
    raws: Sequence[Raw] = ()
    body: bytes = b""


class _Envelope(msgspec.Struct, frozen=True):
    status: str
    timestamp: Instant | None = None
    data: list[Raw] | None = None

    def __post_init__(self) -> None:
        if self.timestamp is not None:
            _to_utc(self, "timestamp")


def parse_answer(body: bytes, shape: type[RowT]) -> Answer[RowT]:
    """The body of a 200 as an answer with rows of ``shape``. Raises ``BadAnswer`` where it isn't one at all."""
    if not body.strip():
        raise BadAnswer("The answer is empty: something between here and the controller may have swallowed it.")
    if body.lstrip()[:1] == b"<":
        raise BadAnswer(
            "A web page came instead of data: check that the address, port and /api/v1 are the XCS's.", body
        )
    try:
        envelope = decode(body, _Envelope)
    except PayloadError as error:
        message = f"The answer isn't an XCS's: {error}"
        raise BadAnswer(message, body, is_json=_is_json(body), pointer=error.pointer) from None
    if envelope.status != "success":
        raise BadAnswer("The answer says 200, but its status isn't success.", body, is_json=True, pointer="/status")
    if envelope.timestamp is None or envelope.data is None:
        raise BadAnswer("The answer isn't an XCS's: its timestamp or data are missing.", body, is_json=True)
    rows, rejected = decode_rows(envelope.data, shape, "/data")
    if len(rejected) > MAX_REJECTED:
        message = f"More than {MAX_REJECTED:,} rows can't be read; the first: {rejected[0].reason}"
        raise BadAnswer(message, body, is_json=True, pointer=rejected[0].pointer)
    return Answer(envelope.timestamp, rows, rejected, envelope.data, body)


def _is_json(body: bytes) -> bool:
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


class WebhookEvent(msgspec.Struct, frozen=True):
    """An event as XCS posts it; what ``data`` is depends on ``event``."""

    event_id: Id = msgspec.field(name="eventId")
    event: Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=NO_CONTROL_CHARACTERS)]
    timestamp: Instant
    data: Raw

    def __post_init__(self) -> None:
        _to_utc(self, "timestamp")


@dataclass(frozen=True, slots=True)
class ParsedEvents:
    """The events of a body, each with its own bytes, and those that can't be read."""

    events: list[tuple[WebhookEvent, bytes]]
    rejected: list[Rejected]


class _Batch(msgspec.Struct, frozen=True):
    events: list[Raw] | None = None


def parse_event(body: bytes | Raw, pointer: str = "") -> WebhookEvent:
    """One event. Raises ``PayloadError``."""
    return decode(body, WebhookEvent, pointer)


def parse_events(body: bytes) -> ParsedEvents:
    """A body that is one event, or ``{"events": […]}`` with up to 1,000. Raises ``PayloadError`` for the whole of it."""
    raws = decode(body, _Batch).events
    if raws is None:
        return ParsedEvents([(parse_event(body), body)], [])
    if len(raws) > MAX_EVENTS:
        raise PayloadError(f"{len(raws):,} events in one body; at most {MAX_EVENTS:,} are taken.", "/events")
    parsed = ParsedEvents([], [])
    for index, raw in enumerate(raws):
        try:
            parsed.events.append((parse_event(raw, f"/events/{index}"), bytes(raw)))
        except PayloadError as error:
            parsed.rejected.append(Rejected(error.pointer, error.reason, bytes(raw)))
    return parsed
