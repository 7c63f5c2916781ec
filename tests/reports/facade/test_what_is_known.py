"""What the façade says of what isn't known, of whom, and how much at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import facts
from ingest.models import Stream
from reports.facade import intervals, views
from reports.facade.snapshots import SENSORS_HOLD
from sites_app.models import Sensor, Zone
from tests import chain
from tests.caller import key
from tests.reports.api.facts import roll_up
from tests.told import people_in, waiting_in

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 11, 3, 12, 5, tzinfo=UTC)
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "clock", lambda: NOW)


@pytest.fixture
def floor() -> Zone:
    return chain.zone(chain.controller(chain.store("S1", under="Europe/North")), "floor")


def ask(path: str, authorization: str = "", **params: str) -> Any:
    authorization = authorization or f"Apikey {key()[1]}"
    return Client().get(f"/xcs{path}", params, headers={"Authorization": authorization})


def rows(path: str, authorization: str = "", **params: str) -> list[dict[str, Any]]:
    response = ask(path, authorization, **params)
    assert response.status_code == 200, response.content
    data: list[dict[str, Any]] = response.json()["data"]
    return data


def refusal(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def zones(told: list[dict[str, Any]]) -> list[str]:
    return [row["zoneId"] for row in told]


def came(door: Zone, start: datetime, *counts: int, complete: bool = True) -> None:
    facts.write(
        facts.Facts(
            footfall=[
                facts.FootfallRow(door.store_id, door.pk, at, NOW, at + QUARTER, complete, count, 0)
                for at, count in zip((start + n * QUARTER for n in range(len(counts))), counts, strict=True)
            ]
        )
    )


def stayed(zone: Zone, start: datetime, *hours: tuple[int, int | None]) -> None:
    facts.write(
        facts.Facts(
            dwell=[
                facts.DwellRow(zone.store_id, zone.pk, start + n * HOUR, NOW, start + (n + 1) * HOUR, average, visits)
                for n, (average, visits) in enumerate(hours)
            ]
        )
    )


def test_a_zone_that_no_longer_holds_is_left_out(floor: Zone) -> None:
    stale = chain.zone(floor.controller, "cellar")
    people_in(floor, 30, at=NOW - floor.controller.hold + SECOND, capacity=40)
    people_in(stale, 12, at=NOW - floor.controller.hold)
    [row] = rows("/api/v1/occupancy/current")
    assert row == {
        "zoneId": "S1/floor",
        "name": "",
        "current_people": 30,
        "capacity": 40,
        "utilization_percentage": 75.0,
        "status": "normal",
    }
    assert refusal(ask("/S1/api/v1/occupancy/current", locationId="cellar")) == (503, "UNAVAILABLE")


def test_where_nothing_is_known_any_more_the_answer_is_unavailable_and_says_since_when(floor: Zone) -> None:
    assert refusal(ask("/api/v1/occupancy/current")) == (503, "UNAVAILABLE")
    people_in(floor, 30, at=NOW - HOUR)
    response = ask("/api/v1/occupancy/current")
    assert refusal(response) == (503, "UNAVAILABLE")
    assert "2025-11-03T11:05:00Z" in response.json()["error"]["message"]
    assert rows("/api/v1/queue/status") == []


def test_a_queue_that_no_longer_holds_is_left_out(floor: Zone) -> None:
    first, second = (chain.zone(floor.controller, name, "queue") for name in ("till_1", "till_2"))
    waiting_in(first, 9, at=NOW - SECOND)
    waiting_in(second, 3, at=NOW - HOUR)
    [row] = rows("/api/v1/queue/status")
    assert (row["zoneId"], row["people_waiting"], row["status"]) == ("S1/till_1", 9, "exceeded")


def test_a_capacity_set_by_hand_goes_first(floor: Zone) -> None:
    people_in(floor, 48, at=NOW, capacity=40)
    Zone.objects.update(capacity=50, capacity_by_hand=True)
    [row] = rows("/S1/api/v1/occupancy/current")
    assert (row["capacity"], row["utilization_percentage"], row["status"]) == (50, 96.0, "critical")


def test_a_zone_that_is_gone_or_not_yet_there_is_none(floor: Zone) -> None:
    gone = chain.zone(floor.controller, "gone", retired_at=NOW)
    to_come = chain.zone(floor.controller, "to come", appeared_at=NOW + SECOND)
    for zone in (gone, to_come):
        people_in(zone, 3, at=NOW - SECOND)
    people_in(floor, 1, at=NOW)
    assert zones(rows("/api/v1/occupancy/current")) == ["S1/floor"]


def test_a_sensor_of_which_nothing_was_heard_is_left_out(floor: Zone) -> None:
    for name, at, status in (
        ("new", NOW, "online"),
        ("old", NOW - SENSORS_HOLD, "online"),
        ("pushed", NOW - SENSORS_HOLD, "offline"),
        ("silent", NOW, ""),
    ):
        Sensor.objects.create(
            controller=floor.controller, sensor_id=name, status=status, last_seen_at=at, status_at=at, type="PC2SE"
        )
    Sensor.objects.filter(sensor_id="pushed").update(status_at=NOW)
    told = rows("/S1/api/v1/sensors")
    assert [(row["sensorId"], row["status"]) for row in told] == [("new", "online"), ("pushed", "offline")]
    Sensor.objects.update(status_at=NOW - HOUR, last_seen_at=NOW - HOUR)
    assert refusal(ask("/S1/api/v1/sensors")) == (503, "UNAVAILABLE")


def test_a_sensor_s_zones_are_called_as_they_are_here(floor: Zone) -> None:
    twin = chain.zone(chain.controller(floor.store, "Second"), "floor", code="floor@Second")
    gone = chain.zone(floor.controller, "gone", retired_at=NOW - HOUR)
    for controller, zones in ((floor.controller, ["floor", gone.zone_id, "unheard-of"]), (twin.controller, ["floor"])):
        Sensor.objects.create(
            controller=controller, sensor_id=controller.name, status="online", last_seen_at=NOW, zones=zones
        )
    told = {row["sensorId"]: row["zones"] for row in rows("/S1/api/v1/sensors")}
    assert told == {"Controller 1": ["floor"], "Second": ["floor@Second"]}
    told = {row["sensorId"]: row["zones"] for row in rows("/api/v1/sensors")}
    assert told == {"Controller 1": ["S1/floor"], "Second": ["S1/floor@Second"]}


def test_a_key_sees_its_own_stores_and_no_other(floor: Zone) -> None:
    other = chain.zone(chain.controller(chain.store("S2", under="Europe/South")), "floor")
    for zone in (floor, other):
        people_in(zone, 4, at=NOW)
    north = f"Apikey {key(floor.store.region)[1]}"
    assert zones(rows("/api/v1/occupancy/current")) == ["S1/floor", "S2/floor"]
    assert zones(rows("/api/v1/occupancy/current", north)) == ["S1/floor"]
    for path, location in (("/S2/api/v1/occupancy/current", {}), ("/api/v1/occupancy/current", {"locationId": "S2"})):
        assert refusal(ask(path, north, **location)) == (404, "NOT_FOUND")
    assert refusal(ask("/api/v1/zones/S2/floor/dwell", north)) == (404, "NOT_FOUND")


def test_a_location_of_the_chain_is_a_store_or_one_of_its_zones(floor: Zone) -> None:
    cellar = chain.zone(floor.controller, "cellar")
    far = chain.zone(chain.controller(chain.store("S2")), "floor")
    for zone in (floor, cellar, far):
        people_in(zone, 4, at=NOW)
    for location, expected in (("S1", ["S1/cellar", "S1/floor"]), ("S2/floor", ["S2/floor"])):
        assert zones(rows("/api/v1/occupancy/current", locationId=location)) == expected
    for location in ("S3", "S1/door", "floor", "S1/", ""):
        assert refusal(ask("/api/v1/occupancy/current", locationId=location)) == (404, "NOT_FOUND")


def test_keys_that_may_not_read_are_refused(floor: Zone) -> None:
    expired, revoked = key(expires_at=datetime.now(UTC) - HOUR)[1], key(revoked_at=datetime.now(UTC))[1]
    for plain in (expired, revoked):
        assert refusal(ask("/api/v1/sensors", f"Apikey {plain}")) == (401, "UNAUTHORIZED")
    assert ask("/api/v1/sensors", f"Apikey {key(scopes=['write'])[1]}").status_code == 200


def test_an_interval_with_a_part_missing_is_not_complete() -> None:
    door = chain.zone(chain.controller(chain.store("S1")), "door", "entrance")
    start = NOW.replace(hour=8, minute=0)
    came(door, start, 1, 2, 3, 4)
    came(door, start + HOUR, 5, 6, 7)
    came(door, start + 4 * HOUR, 8, complete=False)
    window = {"start": "2025-11-03T08:00:00Z", "end": "2025-11-03T20:00:00Z"}
    told = rows("/api/v1/counts/interval", **window, interval="PT1H")
    assert [(row["start"][11:13], row["in"], row["complete"]) for row in told] == [
        ("08", 10, True),
        ("09", 18, False),
        ("12", 8, False),
    ]
    assert len(rows("/S1/api/v1/counts/interval", **window)) == 8


def test_a_longer_mean_weighs_by_visits_and_waits_until_all_of_it_is_fetched(floor: Zone) -> None:
    start = NOW.replace(hour=6, minute=0)
    stayed(floor, start, (1000, 1), (4000, 2), (7000, 1), (9000, None), (5000, 4))
    Stream.objects.create(controller=floor.controller, kind="dwell", due_at=NOW, cursor=start + 5 * HOUR)
    window = {"start": "2025-11-03T06:00:00Z", "end": "2025-11-03T12:00:00Z"}
    told = rows("/S1/api/v1/zones/floor/dwell", **window, interval="PT2H")
    assert [(row["start"][11:13], row["average_dwell_ms"], row["visits"]) for row in told] == [
        ("06", 3000, 3),
        ("08", 8000, None),
    ]
    assert len(rows("/S1/api/v1/zones/floor/dwell", **window)) == 5


def test_the_last_dwell_is_the_last_that_is_known_and_never_of_long_ago(floor: Zone) -> None:
    stayed(floor, NOW.replace(hour=8, minute=0), (1000, 1), (2000, 1), (3000, 1))
    path = f"/api/v1/zones/{quote('S1/floor', safe='')}/dwell"
    assert [row["start"] for row in rows(path)] == ["2025-11-03T10:00:00Z"]
    stayed(floor, NOW.replace(hour=11, minute=0), (4000, 1))
    assert [row["start"] for row in rows(path)] == ["2025-11-03T11:00:00Z"]
    far = chain.zone(floor.controller, "cellar")
    stayed(far, NOW.replace(hour=8, minute=0), (1000, 1))
    assert rows("/S1/api/v1/zones/cellar/dwell") == []


def test_paths_of_the_chain_add_up_and_can_be_asked_for_by_store_and_zone(floor: Zone) -> None:
    door = chain.zone(floor.controller, "door", "entrance")
    far = chain.zone(chain.controller(chain.store("S2")), "door", "entrance")
    start = NOW.replace(hour=8, minute=0)
    legs = [(door, 0, door.pk, 5), (door, door.pk, floor.pk, 4), (door, floor.pk, 0, 3), (far, 0, far.pk, 7)]
    facts.write(
        facts.Facts(
            paths=[
                facts.PathRow(zone.store_id, leg[0], leg[1], start + n * HOUR, NOW, start + (n + 1) * HOUR, leg[2])
                for n in range(2)
                for zone, *leg in legs
            ]
        )
    )
    roll_up()
    window = {"start": "2025-11-03T08:00:00Z", "end": "2025-11-03T10:00:00Z"}
    by_hours = rows("/api/v1/analytics/paths", **window, interval="PT2H")
    assert [(row["fromZoneId"], row["toZoneId"], row["count"]) for row in by_hours] == [
        (None, "S1/door", 10),
        ("S1/floor", None, 6),
        ("S1/door", "S1/floor", 8),
        (None, "S2/door", 14),
    ]
    assert len(rows("/S1/api/v1/analytics/paths", **window)) == 6
    only = rows("/api/v1/analytics/paths", **window, interval="PT2H", locationId="S1/floor")
    assert [row["count"] for row in only] == [6, 8]
    assert len(rows("/api/v1/analytics/paths", **window, locationId="S2")) == 2


@pytest.mark.parametrize("path", ["counts/interval", "analytics/paths"])
def test_more_than_one_answer_holds_is_refused_with_what_to_ask_instead(
    floor: Zone, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(intervals, "MAX_ROWS", 3)
    door = chain.zone(floor.controller, "door", "entrance")
    came(door, NOW - 2 * HOUR, 1, 1, 1, 1)
    start = NOW.replace(hour=6, minute=0)
    facts.write(
        facts.Facts(
            paths=[
                facts.PathRow(door.store_id, 0, door.pk, start + n * HOUR, NOW, start + (n + 1) * HOUR, 1)
                for n in range(4)
            ]
        )
    )
    roll_up()
    asked = {"start": "2025-11-03T06:00:00Z", "end": "2025-11-03T12:00:00Z"}
    response = ask(f"/api/v1/{path}", **asked)
    assert refusal(response) == (400, "INVALID_PARAMETER")
    assert "shorter window" in response.json()["error"]["message"]
    assert ask(f"/api/v1/{path}", **{**asked, "end": "2025-11-03T06:45:00Z"}).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["sensors", "occupancy/current", "queue/status", "counts/interval", "analytics/paths"],
)
def test_a_hundred_stores_cost_no_more_queries_than_one(path: str) -> None:
    authorization = f"Apikey {key()[1]}"
    window = {"start": "2025-11-03T08:00:00Z", "end": "2025-11-03T09:00:00Z"}
    costs = []
    for number in range(12):
        controller = chain.controller(chain.store(f"S{number}"))
        for kind in ("area", "entrance", "queue"):
            zone = chain.zone(controller, kind, kind)
            people_in(zone, 1, at=NOW)
            waiting_in(zone, 1, at=NOW)
            came(zone, NOW.replace(hour=8, minute=0), 1)
        Sensor.objects.create(controller=controller, sensor_id=f"{number}", status="online", last_seen_at=NOW)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            told = rows(f"/api/v1/{path}", authorization, **window)
        costs.append(len(queries))
        assert len(told) == number + 1 or path == "analytics/paths"
    assert max(costs[1:]) == min(costs[1:]) <= 8


garbage = st.one_of(st.text(max_size=12), st.sampled_from(["2025-11-03T08:00:00Z", "PT1H", "P1D", "S1", "S1/floor"]))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(["occupancy/current", "queue/status", "counts/interval", "analytics/paths", "sensors"])
    | garbage.map(lambda text: f"zones/{quote(text, errors='replace')}/dwell")
    | garbage.map(lambda text: quote(text, errors="replace")),
    base=st.sampled_from(["", "/S1", "/S2", "/S%00%1C"]),
    query=st.dictionaries(st.sampled_from(["start", "end", "interval", "locationId", "x"]), garbage, max_size=4),
)
def test_garbage_gets_an_answer_or_a_controller_s_refusal(
    floor: Zone, path: str, base: str, query: dict[str, str]
) -> None:
    people_in(floor, 1, at=NOW)
    clean = {name: value.encode("utf-8", "replace").decode() for name, value in query.items()}
    response = ask(f"{base}/api/v1/{path}", **clean)
    if response.status_code != 200:
        assert refusal(response) in {(400, "INVALID_PARAMETER"), (404, "NOT_FOUND")}


def test_a_query_of_thousands_of_parameters_is_refused(floor: Zone) -> None:
    text = "&".join(f"x={number}" for number in range(3000))
    response = Client().get(f"/xcs/api/v1/sensors?{text}", headers={"Authorization": f"Apikey {key()[1]}"})
    assert refusal(response) == (400, "INVALID_PARAMETER")


def test_what_goes_wrong_on_our_side_is_an_answer_too(floor: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.facade.snapshots.occupancy", None)
    assert refusal(ask("/api/v1/occupancy/current")) == (500, "INTERNAL")
