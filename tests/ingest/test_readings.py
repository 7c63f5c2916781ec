"""What payloads mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.readings import (
    DwellReading,
    FootfallReading,
    OccupancyReading,
    PathReading,
    QueueReading,
    Reading,
    SensorReading,
    dwell_readings,
    event_readings,
    footfall_readings,
    future_limit,
    occupancy_readings,
    path_readings,
    queue_readings,
)
from ingest.xcs.payloads import (
    Answer,
    Counts,
    Dwell,
    Occupancy,
    PathCount,
    PayloadError,
    QueueStatus,
    WebhookEvent,
    parse_event,
)

NOW = datetime(2026, 11, 2, 10, 0, 7, tzinfo=UTC)
START, END = NOW.replace(second=0) - timedelta(minutes=15), NOW.replace(second=0)


def test_a_snapshots_rows_are_of_its_instant() -> None:
    occupancy = Answer(NOW, [Occupancy("a", 47, capacity=100), Occupancy("b", 0)], [])
    assert occupancy_readings(occupancy) == [
        OccupancyReading("a", NOW, 47, 100),
        OccupancyReading("b", NOW, 0, None),
    ]
    queues = Answer(NOW, [QueueStatus("c", 4, average_wait_ms=95, longest_wait_ms=180, threshold=10)], [])
    assert queue_readings(queues) == [QueueReading("c", NOW, 4, 95, 180, 10)]


@pytest.mark.parametrize(
    ("said", "end", "complete"),
    [(True, END, True), (False, END, False), (None, END, True), (None, END + timedelta(minutes=15), False)],
)
def test_an_interval_is_complete_as_said_or_else_when_it_is_over(
    said: bool | None, end: datetime, complete: bool
) -> None:
    row = Counts(zone_id="a", start=START, end=end, count_in=3, count_out=2, complete=said)
    assert footfall_readings(Answer(NOW, [row], [])) == [FootfallReading("a", START, end, 3, 2, complete)]


def test_dwell_and_paths_keep_their_intervals() -> None:
    dwell = Dwell(zone_id="a", start=START, end=END, average_dwell_ms=41500, visits=None)
    assert dwell_readings(Answer(NOW, [dwell], [])) == [DwellReading("a", START, END, 41500, None)]
    path = PathCount(from_zone_id=None, to_zone_id="a", start=START, end=END, count=64)
    assert path_readings(Answer(NOW, [path], [])) == [PathReading(None, "a", START, END, 64)]


def event(kind: str, data: Any) -> WebhookEvent:
    body = {"eventId": "1", "event": kind, "timestamp": NOW.isoformat(), "data": data}
    return parse_event(json.dumps(body).encode())


@pytest.mark.parametrize(
    ("kind", "data", "reading"),
    [
        (
            "queue.threshold_exceeded",
            {"zoneId": "c", "name": "C", "people_waiting": 11, "threshold": 10},
            QueueReading("c", NOW, 11, None, None, 10),
        ),
        ("queue.threshold_cleared", {"zoneId": "c", "people_waiting": 9}, QueueReading("c", NOW, 9, None, None, None)),
        (
            "occupancy.threshold_reached",
            {"zoneId": "a", "current_people": 90, "capacity": 100, "threshold_percentage": 90},
            OccupancyReading("a", NOW, 90, 100),
        ),
        ("occupancy.threshold_cleared", {"zoneId": "a", "current_people": 5}, OccupancyReading("a", NOW, 5, None)),
        ("sensor.offline", {"sensorId": "80:1F", "name": "Door"}, SensorReading("80:1F", "offline")),
        ("sensor.online", {"sensorId": "80:1F"}, SensorReading("80:1F", "online")),
    ],
)
def test_an_event_is_a_sample_of_its_own_instant(kind: str, data: Any, reading: Reading | SensorReading) -> None:
    assert event_readings(event(kind, data)) == [reading]


@pytest.mark.parametrize(
    ("kind", "data", "pointer"),
    [
        ("queue.threshold_exceeded", {"zoneId": "c"}, "/data/people_waiting"),
        ("occupancy.threshold_reached", {"zoneId": "c", "current_people": "many"}, "/data/current_people"),
        ("sensor.offline", {}, "/data/sensorId"),
        ("sensor.offline", None, "/data"),
        ("sensor.polished", {"sensorId": "80:1F"}, "/event"),
        ("door.opened", {}, "/event"),
    ],
)
def test_an_event_that_cant_be_understood_says_where(kind: str, data: Any, pointer: str) -> None:
    with pytest.raises(PayloadError) as caught:
        event_readings(event(kind, data))
    assert caught.value.pointer == pointer


def test_readings_of_the_future_are_not_believed() -> None:
    on_the_limit = OccupancyReading("a", NOW + timedelta(minutes=5), 1, None)
    beyond = QueueReading("c", NOW + timedelta(minutes=5, seconds=1), 1, None, None, None)
    readings: list[Reading] = [on_the_limit, beyond]
    kept, rejected = future_limit(readings, received_at=NOW)
    assert kept == [on_the_limit]
    assert [(item.pointer, item.reason) for item in rejected] == [
        ("/timestamp", "301 s ahead of our clock: set the controller's.")
    ]
    assert json.loads(rejected[0].raw)["zone_id"] == "c"


def test_an_interval_may_end_in_the_future_but_not_begin_there() -> None:
    filling = FootfallReading("a", END, END + timedelta(hours=1), 3, 2, False)
    coming = FootfallReading("a", END + timedelta(minutes=15), END + timedelta(minutes=30), 3, 2, False)
    kept, rejected = future_limit([filling, coming], received_at=NOW)
    assert kept == [filling]
    assert [item.pointer for item in rejected] == ["/start"]
