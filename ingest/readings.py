"""What a controller's payloads mean: readings, frozen and pure. Instants are aware, in UTC; intervals half-open.

A reading names zones as its controller does; which store and zone that is, is known further up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import msgspec

from ingest.wire.decoding import decode
from ingest.xcs.payloads import (
    Answer,
    Counts,
    Dwell,
    Occupancy,
    PathCount,
    PayloadError,
    QueueStatus,
    Rejected,
    SensorInfo,
    SensorName,
    WebhookEvent,
)

FUTURE_LIMIT = timedelta(minutes=5)
"""How far a controller's clock may be ahead of ours before its readings are no longer believed."""


class OccupancyReading(NamedTuple):
    """The people in a zone at an instant."""

    zone_id: str
    observed_at: datetime
    people: int
    capacity: int | None


class QueueReading(NamedTuple):
    """The people in a queue at an instant; the waits of those now in it, in milliseconds."""

    zone_id: str
    observed_at: datetime
    people: int
    average_wait_ms: int | None
    longest_wait_ms: int | None
    threshold: int | None


class FootfallReading(NamedTuple):
    """Who came and went by an entrance in ``[start, end)``; restated as long as it isn't ``complete``."""

    zone_id: str
    start: datetime
    end: datetime
    count_in: int
    count_out: int
    complete: bool


class DwellReading(NamedTuple):
    """The mean stay in a zone over ``[start, end)``, in milliseconds; ``visits`` is None on older firmware."""

    zone_id: str
    start: datetime
    end: datetime
    average_dwell_ms: int
    visits: int | None


class PathReading(NamedTuple):
    """How many went from one zone to another in ``[start, end)``; None is the outside of the store."""

    from_zone_id: str | None
    to_zone_id: str | None
    start: datetime
    end: datetime
    count: int  # type: ignore[assignment]  # tuple has a method of this name, which nobody calls here


class LineReading(NamedTuple):
    """Who crossed a sensor's line in ``[start, end)``, in the line's own directions; not ``complete`` is a part of it."""

    zone_id: str
    start: datetime
    end: datetime
    forward: int
    backward: int
    complete: bool


class StayReading(NamedTuple):
    """The mean stay of the visits that a sensor counted in ``[start, end)``, in milliseconds."""

    zone_id: str
    start: datetime
    end: datetime
    average_dwell_ms: int
    visits: int | None
    complete: bool


class SensorReading(NamedTuple):
    """A sensor that was lost (``offline``) or is back (``online``)."""

    sensor_id: str
    status: str


Reading = OccupancyReading | QueueReading | FootfallReading | DwellReading | PathReading | LineReading | StayReading
EventReading = OccupancyReading | QueueReading | SensorReading
ReadingT = TypeVar("ReadingT", bound=Reading)


def occupancy_readings(answer: Answer[Occupancy]) -> list[OccupancyReading]:
    """A snapshot's rows: all are of the answer's own instant."""
    return [_occupancy(row, answer.timestamp) for row in answer.rows]


def queue_readings(answer: Answer[QueueStatus]) -> list[QueueReading]:
    """A snapshot's rows: all are of the answer's own instant."""
    return [_queue(row, answer.timestamp) for row in answer.rows]


def footfall_readings(answer: Answer[Counts]) -> list[FootfallReading]:
    """Intervals of footfall. Where the firmware doesn't say, one is complete when it was over by the controller's clock."""
    return [
        FootfallReading(
            row.zone_id,
            row.start,
            row.end,
            row.count_in,
            row.count_out,
            row.end <= answer.timestamp if row.complete is None else row.complete,
        )
        for row in answer.rows
    ]


def dwell_readings(answer: Answer[Dwell]) -> list[DwellReading]:
    """Intervals of dwell, those that were over when the controller answered; the rest is asked for when it's whole."""
    return [
        DwellReading(row.zone_id, row.start, row.end, row.average_dwell_ms, row.visits)
        for row in answer.rows
        if row.end <= answer.timestamp
    ]


def path_readings(answer: Answer[PathCount]) -> list[PathReading]:
    """Intervals of paths, those that were over when the controller answered."""
    return [
        PathReading(row.from_zone_id, row.to_zone_id, row.start, row.end, row.count)
        for row in answer.rows
        if row.end <= answer.timestamp
    ]


class Shape(NamedTuple):
    """A kind of answer: what its rows are, and what they say. A snapshot's rows are all of the answer's instant."""

    row: type[Any]
    readings: Callable[[Answer[Any]], Sequence[Reading]]
    is_snapshot: bool


def _no_readings(answer: Answer[SensorInfo]) -> Sequence[Reading]:
    return ()


SHAPES = {
    "sensors": Shape(SensorInfo, _no_readings, True),
    "occupancy": Shape(Occupancy, occupancy_readings, True),
    "queues": Shape(QueueStatus, queue_readings, True),
    "counts": Shape(Counts, footfall_readings, False),
    "dwell": Shape(Dwell, dwell_readings, False),
    "paths": Shape(PathCount, path_readings, False),
}
"""By the names under which answers are kept in quarantine."""


def event_readings(event: WebhookEvent) -> list[EventReading]:
    """What a webhook's event says: one reading. Raises ``PayloadError``, also for a kind of event that isn't known (yet)."""
    family, _, what = event.event.partition(".")
    if family == "occupancy":
        return [_occupancy(decode(event.data, Occupancy, "/data"), event.timestamp)]
    if family == "queue":
        return [_queue(decode(event.data, QueueStatus, "/data"), event.timestamp)]
    if family == "sensor" and what in ("online", "offline"):
        return [SensorReading(decode(event.data, SensorName, "/data").sensor_id, what)]
    raise PayloadError("This kind of event isn't known.", "/event")


def future_limit(readings: Iterable[ReadingT], *, received_at: datetime) -> tuple[list[ReadingT], list[Rejected]]:
    """The readings that can be believed, and those that are more than five minutes ahead of when they came.

    An interval counts by its start: the last one ends in the future while it is being filled.
    """
    kept: list[ReadingT] = []
    rejected: list[Rejected] = []
    for reading in readings:
        if is_too_early(reading, received_at):
            rejected.append(_from_the_future(reading, received_at))
        else:
            kept.append(reading)
    return kept, rejected


def is_too_early(reading: Reading, received_at: datetime) -> bool:
    """Whether a reading lies further in the future than a controller's clock may be ahead."""
    return _instant(reading) > received_at + FUTURE_LIMIT


def _occupancy(row: Occupancy, at: datetime) -> OccupancyReading:
    return OccupancyReading(row.zone_id, at, row.current_people, row.capacity)


def _queue(row: QueueStatus, at: datetime) -> QueueReading:
    return QueueReading(row.zone_id, at, row.people_waiting, row.average_wait_ms, row.longest_wait_ms, row.threshold)


def _instant(reading: Reading) -> datetime:
    return reading.observed_at if isinstance(reading, OccupancyReading | QueueReading) else reading.start


def _from_the_future(reading: Reading, received_at: datetime) -> Rejected:
    fields: dict[str, Any] = reading._asdict()
    pointer = "/timestamp" if "observed_at" in fields else "/start"
    ahead = round((_instant(reading) - received_at).total_seconds())
    return Rejected(pointer, f"{ahead:,} s ahead of our clock: set the controller's.", msgspec.json.encode(fields))
