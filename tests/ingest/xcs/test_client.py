"""What is asked, and what comes of an answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from ingest.xcs.client import XcsClient
from ingest.xcs.payloads import Counts, Dwell, Occupancy, PathCount, QueueStatus, SensorInfo
from tests.ingest.xcs.conftest import KEY, NOW, MakeClient
from tests.ingest.xcs.controller import Controller, envelope

QUARTER = (NOW - timedelta(minutes=15), NOW)
HOUR = (NOW - timedelta(hours=1), NOW)
INTERVAL = {"start": "2026-11-02T09:45:00Z", "end": "2026-11-02T10:00:00Z"}


def asked(controller: Controller) -> tuple[str, dict[str, list[str]]]:
    parts = urlsplit(controller.asked[-1])
    return parts.path, parse_qs(parts.query)


def test_a_key_is_sent_as_xcs_wants_it(controller: Controller, client: XcsClient) -> None:
    client.sensors()
    assert controller.headers["Authorization"] == f"Apikey {KEY}"


def test_sensors_come_typed(controller: Controller, client: XcsClient) -> None:
    controller.says(
        envelope([{"sensorId": "80:1F", "name": "Door", "type": "PC2SE", "status": "online", "zones": ["a"], "new": 1}])
    )
    assert client.sensors().rows == [SensorInfo("80:1F", "Door", "PC2SE", "online", None, ["a"])]
    assert asked(controller) == ("/api/v1/sensors", {})


def test_occupancy_comes_with_the_controllers_time(controller: Controller, client: XcsClient) -> None:
    row = {"zoneId": "a", "name": "A", "current_people": 47, "capacity": None, "utilization_percentage": "none"}
    controller.says(envelope([row], "2026-11-02T11:00:07+01:00"))
    answer = client.occupancy()
    assert answer.rows == [Occupancy(zone_id="a", name="A", current_people=47)]
    assert answer.timestamp == datetime(2026, 11, 2, 10, 0, 7, tzinfo=UTC)
    assert answer.timestamp.tzinfo is UTC
    assert asked(controller) == ("/api/v1/occupancy/current", {})


def test_queues_come_with_waits_where_there_are_any(controller: Controller, client: XcsClient) -> None:
    controller.says(
        envelope(
            [
                {
                    "zoneId": "c1",
                    "people_waiting": 4,
                    "average_wait_ms": 95000,
                    "longest_wait_ms": 180000,
                    "threshold": 9,
                },
                {"zoneId": "c2", "people_waiting": 0},
            ]
        )
    )
    assert client.queues().rows == [
        QueueStatus("c1", 4, average_wait_ms=95000, longest_wait_ms=180000, threshold=9),
        QueueStatus("c2", 0),
    ]
    assert asked(controller) == ("/api/v1/queue/status", {})


def test_counts_are_asked_for_by_window_and_quarter(controller: Controller, client: XcsClient) -> None:
    controller.says(envelope([{"zoneId": "a", "in": 31, "out": 27, "complete": True, **INTERVAL}]))
    assert client.counts(*QUARTER).rows == [
        Counts(zone_id="a", start=QUARTER[0], end=NOW, count_in=31, count_out=27, complete=True)
    ]
    window = {"start": ["2026-11-02T09:45:00Z"], "end": ["2026-11-02T10:00:00Z"], "interval": ["PT15M"]}
    assert asked(controller) == ("/api/v1/counts/interval", window)


def test_dwell_is_asked_for_by_zone_whatever_its_name(controller: Controller, client: XcsClient) -> None:
    controller.says(envelope([{"zoneId": "promo / 1?", "average_dwell_ms": 41500, **INTERVAL}]))
    assert client.dwell("promo / 1?", *HOUR).rows == [
        Dwell(zone_id="promo / 1?", start=QUARTER[0], end=NOW, average_dwell_ms=41500)
    ]
    path, query = asked(controller)
    assert path == "/api/v1/zones/promo%20%2F%201%3F/dwell"
    assert query["interval"] == ["PT1H"]


def test_paths_may_come_from_outside(controller: Controller, client: XcsClient) -> None:
    controller.says(envelope([{"fromZoneId": None, "toZoneId": "a", "count": 64, **INTERVAL}]))
    assert client.paths(*HOUR).rows == [
        PathCount(from_zone_id=None, to_zone_id="a", start=QUARTER[0], end=NOW, count=64)
    ]
    assert asked(controller)[0] == "/api/v1/analytics/paths"


def test_windows_in_any_zone_are_asked_for_in_utc(controller: Controller, client: XcsClient) -> None:
    kathmandu = datetime.fromisoformat("2026-11-02T15:30:00+05:45")
    client.counts(kathmandu, kathmandu + timedelta(minutes=15))
    assert asked(controller)[1]["start"] == ["2026-11-02T09:45:00Z"]


def test_a_window_without_a_zone_is_a_mistake_of_ours(client: XcsClient) -> None:
    with pytest.raises(ValueError, match="time zone"):
        client.counts(datetime(2026, 11, 2), NOW)  # noqa: DTZ001


def test_clock_skew_is_measured_against_the_middle_of_the_request(
    controller: Controller, make_client: MakeClient
) -> None:
    ticks = iter([NOW, NOW + timedelta(seconds=4)])
    client = make_client(controller.base_url, clock=lambda: next(ticks))
    controller.says(envelope([], "2026-11-02T10:00:32Z"))
    assert client.clock_skew is None
    client.occupancy()
    assert client.clock_skew == timedelta(seconds=30)


def test_one_connection_serves_all_questions(controller: Controller, client: XcsClient) -> None:
    client.occupancy()
    client.queues()
    controller.refuses(404, "NOT_FOUND")
    for _ in range(2):
        with pytest.raises(Exception, match="no such zone"):
            client.dwell("a", *HOUR)
    assert len(controller.connections) == 1


def test_a_base_url_may_end_in_a_slash(controller: Controller, make_client: MakeClient) -> None:
    make_client(controller.base_url + "/").sensors()
    assert asked(controller)[0] == "/api/v1/sensors"


def test_proxies_of_the_environment_are_ignored(client: XcsClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    assert client.sensors().rows == []


def test_neither_key_nor_user_name_is_ever_shown(make_client: MakeClient) -> None:
    shown = repr(make_client("http://user:secret@store.example/api/v1"))
    assert shown == "<XcsClient store.example>"
    assert KEY not in shown
