"""Regions, stores, sensors and zones: made, read, changed, deleted; each seen only by who may."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sites_app.models import Region, Sensor, Store, Zone, ZoneChange
from tests import chain
from tests.caller import Caller, problem_of, with_key, writer

pytestmark = pytest.mark.django_db
STORE = {"code": "S9", "name": "Nine", "region": "europe-germany", "timezone": "Europe/Berlin"}
LISTS = ["regions", "stores", "controllers", "sensors", "zones"]


def pointers(response: Any) -> dict[str, str]:
    return {error["pointer"]: error["detail"] for error in problem_of(response, 400)["errors"]}


@pytest.fixture
def caller() -> Caller:
    """Head office's key, of a chain with two stores in Germany and one in France."""
    for code, under in (("S1", "Europe/Germany"), ("S2", "Europe/Germany"), ("F1", "Europe/France")):
        controller = chain.controller(chain.store(code, under=under))
        chain.zone(controller, "door", "entrance", name="Front door")
        Sensor.objects.create(controller=controller, sensor_id="80:1F", status="online")
    return writer()


@pytest.fixture
def german(caller: Caller) -> Caller:
    return writer(Region.objects.get(code="europe-germany"))


def test_a_store_is_made_with_all_that_it_has_and_found_where_the_answer_says(caller: Caller) -> None:
    content = {
        **STORE,
        "country": "de",
        "city": "Köln",
        "latitude": 50.9413,
        "longitude": 6.9583,
        "capacity": 200,
        "floor_area_m2": 812.5,
        "opened_on": "2020-03-01",
        "closed_on": None,
        "tags": ["mall", "city", "mall"],
        "opening_hours": [
            {"weekday": 6, "opens": "22:00", "closes": "02:00"},
            {"weekday": 1, "opens": "09:00", "closes": "12:00"},
            {"weekday": 1, "opens": "13:00", "closes": "24:00"},
        ],
        "special_hours": [
            {"date": "2026-12-24", "opens": "09:00", "closes": "14:00"},
            {"date": "2026-12-25", "opens": None, "closes": None},
        ],
    }
    made = caller.send("post", "stores", content)
    assert made.status_code == 201, made.content
    found = caller.client.get(made["Location"], headers=caller.headers)
    assert found.json() == made.json()
    assert found["ETag"] == made["ETag"]
    assert made.json() == {
        **content,
        "country": "DE",
        "tags": ["city", "mall"],
        "opening_hours": [
            {"weekday": 1, "opens": "09:00", "closes": "12:00"},
            {"weekday": 1, "opens": "13:00", "closes": "00:00"},
            {"weekday": 6, "opens": "22:00", "closes": "02:00"},
        ],
    }


def test_what_was_read_can_be_sent_back_as_it_is(caller: Caller) -> None:
    for path in ("stores/S1", "regions/europe", "regions/europe-germany", "zones/S1/door"):
        before = caller.get(path)
        response = caller.send("put", path, before)
        assert (response.status_code, response.json()) == (200, before)
    assert not Zone.objects.filter(kind_by_hand=True).exists()


def test_a_part_is_changed_and_the_rest_left(caller: Caller) -> None:
    hours = [{"weekday": 1, "opens": "09:00", "closes": "20:00"}]
    caller.send("patch", "stores/S1", {"opening_hours": hours, "tags": ["x"]})
    before = caller.get("stores/S1")
    after = caller.send("patch", "stores/S1", {"name": "Other"}).json()
    assert after == {**before, "name": "Other"}
    assert after["opening_hours"] == hours


@pytest.mark.parametrize(
    ("content", "pointer", "said"),
    [
        ({"region": "nowhere"}, "/region", "no region 'nowhere'"),
        ({"timezone": "Mars/Base"}, "/timezone", "Europe/Berlin"),
        ({"capacity": 0}, "/capacity", "1"),
        ({"capcity": 5}, "/capcity", "did you mean 'capacity'?"),
        ({"a/b~": 5}, "/a~1b~0", "known are"),
        ({"country": "Germany"}, "/country", "2"),
        ({"latitude": 91}, "/latitude", "90"),
        ({"opened_on": "2020-02-01", "closed_on": "2020-01-01"}, "", "closed_on lies before"),
        ({"opened_on": "0001-01-01"}, "/opened_on", "from 1800 to 2200"),
        ({"closed_on": "9999-12-31"}, "/closed_on", "left empty"),
        ({"special_hours": [{"date": "9999-12-31", "opens": None, "closes": None}]}, "/special_hours/0/date", "1800"),
        ({"timezone": "localtime"}, "/timezone", "Europe/Berlin"),
        ({"code": "import"}, "/code", "another code"),
        ({"code": ".."}, "/code", "another code"),
        ({"code": "a b"}, "/code", "Letters"),
        ({"code": "S1"}, "/code", "already"),
        ({"opening_hours": [{"weekday": 8, "opens": "09:00", "closes": "20:00"}]}, "/opening_hours/0/weekday", "7"),
        ({"opening_hours": [{"weekday": 1, "opens": "9", "closes": "20:00"}]}, "/opening_hours/0/opens", "HH:MM"),
        (
            {"opening_hours": [{"weekday": 1, "opens": "09:00", "closes": "10:00"}] * 2},
            "/opening_hours/1/opens",
            "begin",
        ),
        (
            {"special_hours": [{"date": "2026-12-24", "opens": "09:00", "closes": None}]},
            "/special_hours/0/closes",
            "both",
        ),
        (
            {"opening_hours": [{"weekday": 1, "opens": "09:00", "closes": "20:00", "closed": True}]},
            "/opening_hours/0/closed",
            "did you mean 'closes'?",
        ),
        ({"opening_hours": ["Mo-Fr"]}, "/opening_hours/0", "Send a JSON object"),
        ({"tags": "city"}, "/tags", "list"),
        ({"name": "\x00"}, "/name", "Null"),
    ],
)
def test_what_can_t_be_used_is_named_with_its_remedy(
    caller: Caller, content: dict[str, Any], pointer: str, said: str
) -> None:
    told = pointers(caller.send("post", "stores", {**STORE, **content}))
    assert list(told) == [pointer]
    assert said in told[pointer]
    assert not Store.objects.filter(code="S9").exists()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"1", b'"x"', b"\xff", b"[" * 5000, b'{"code": 1e999}'])
def test_a_body_that_is_no_object_is_a_problem(caller: Caller, body: bytes) -> None:
    assert pointers(caller.send("post", "stores", body))


def test_a_code_never_changes(caller: Caller) -> None:
    assert "never changes" in pointers(caller.send("patch", "stores/S1", {"code": "S7"}))["/code"]
    assert "never changes" in pointers(caller.send("patch", "regions/europe", {"code": "x"}))["/code"]


def test_what_others_hang_on_is_not_deleted(caller: Caller) -> None:
    assert "controllers" in problem_of(caller.send("delete", "stores/S1"), 409)["detail"]
    assert "regions" in problem_of(caller.send("delete", "regions/europe"), 409)["detail"]
    caller.send("post", "stores", STORE)
    assert caller.send("delete", "stores/S9").status_code == 204
    caller.problem("stores/S9", status=404)


def test_a_tree_does_not_become_a_ring(caller: Caller) -> None:
    told = pointers(caller.send("patch", "regions/europe", {"parent": "europe-germany"}))
    assert "lies under the one you are changing" in told["/parent"]


def test_a_change_of_another_state_than_the_present_is_refused(caller: Caller) -> None:
    tag = caller.ask("stores/S1")["ETag"]
    first = caller.send("patch", "stores/S1", {"city": "Bonn"}, headers={"If-Match": tag})
    assert first.status_code == 200
    problem_of(caller.send("patch", "stores/S1", {"city": "Ulm"}, headers={"If-Match": tag}), 412)
    problem_of(caller.send("delete", "stores/S1", headers={"If-Match": tag}), 412)
    assert caller.get("stores/S1")["city"] == "Bonn"
    assert caller.send("patch", "stores/S1", {"city": "Ulm"}, headers={"If-Match": first["ETag"]}).status_code == 200
    assert caller.send("patch", "stores/S1", {"city": "Ulm"}, headers={"If-Match": "*"}).status_code == 200


@pytest.mark.parametrize("path", LISTS)
def test_reading_is_not_writing(caller: Caller, path: str) -> None:
    reader = with_key()
    assert reader.ask(path).status_code == 200
    if path not in ("sensors", "zones"):
        assert "scope 'write'" in problem_of(reader.send("post", path, {}), 403)["detail"]
    else:
        problem_of(reader.send("post", path, {}), 405)
    problem_of(Caller().send("post", path, {}), 401)


@pytest.mark.parametrize("path", LISTS)
def test_a_list_has_what_its_caller_sees(caller: Caller, german: Caller, path: str) -> None:
    assert "F1" in str(caller.get(path)) or path == "regions"
    assert "F1" not in str(german.get(path))
    assert "france" not in str(german.get(path))
    assert german.get(path)["results"]


def test_another_region_is_not_there(german: Caller) -> None:
    zone_and_store = ["stores/F1", "zones/F1/door", "regions/europe", "regions/europe-france"]
    for path in zone_and_store:
        german.problem(path, status=404)
        problem_of(german.send("patch", path, {}), 404)
    for path in ("stores/F1", "regions/europe-france"):
        problem_of(german.send("delete", path), 404)
    assert german.problem("stores", region="europe-france")["errors"][0]["parameter"] == "region"
    assert german.problem("zones", store="F1")["errors"][0]["parameter"] == "store"


@pytest.mark.parametrize(
    "path", ["stores", "controllers", "sensors", "zones", "alerts", "events", "live/occupancy", "live/queues"]
)
def test_to_a_filter_another_region_is_as_if_it_were_not_there(german: Caller, path: str) -> None:
    for name, hidden, nowhere in (("store", "F1", "F2"), ("region", "europe-france", "europe-atlantis")):
        if (path, name) == ("stores", "store"):
            continue
        queries: list[dict[str, Any]] = [{name: hidden}, {name: nowhere}]
        told = [german.ask(path, **query) for query in queries]
        assert [answer.status_code for answer in told] == [400, 400]
        assert told[0].content == told[1].content.replace(nowhere.encode(), hidden.encode())


def test_a_region_s_key_makes_and_moves_nothing_outside_of_it(german: Caller) -> None:
    assert "/region" in pointers(german.send("post", "stores", {**STORE, "region": "europe-france"}))
    assert "/region" in pointers(german.send("patch", "stores/S1", {"region": "europe-france"}))
    assert "/parent" in pointers(german.send("post", "regions", {"code": "x", "name": "X"}))
    assert "/parent" in pointers(german.send("post", "regions", {"code": "x", "name": "X", "parent": "europe"}))
    made = german.send("post", "regions", {"code": "south", "name": "South", "parent": "europe-germany"})
    assert made.status_code == 201
    assert "/parent" in pointers(german.send("patch", "regions/south", {"parent": None}))
    assert "/parent" in pointers(german.send("patch", "regions/europe-germany", {"parent": "south"}))
    assert german.send("post", "stores", {**STORE, "region": "south"}).status_code == 201


def test_a_region_s_key_sees_itself_at_the_top_and_stays_where_it_is(german: Caller) -> None:
    top = german.get("regions/europe-germany")
    assert top == {"code": "europe-germany", "name": "Germany", "parent": None}
    assert german.send("put", "regions/europe-germany", {**top, "name": "DE"}).status_code == 200
    assert Region.objects.get(name="DE").parent == Region.objects.get(code="europe")


@pytest.mark.parametrize(
    ("path", "query", "found"),
    [
        ("stores", {"region": "europe"}, ["F1", "S1", "S2"]),
        ("stores", {"region": ["europe-france"]}, ["F1"]),
        ("stores", {"search": "store s"}, ["S1", "S2"]),
        ("stores", {"search": "100%"}, []),
        ("stores", {"tag": "none"}, []),
        ("stores", {"country": "de"}, ["S2"]),
        ("zones", {"store": ["S1", "F1"]}, ["F1/door", "S1/door"]),
        ("zones", {"kind": "queue"}, []),
        ("zones", {"search": "front"}, ["F1/door", "S1/door", "S2/door"]),
        ("regions", {"region": "europe-germany"}, ["europe-germany"]),
        ("regions", {"search": "FRA"}, ["europe-france"]),
    ],
)
def test_filters_narrow(caller: Caller, path: str, query: dict[str, Any], found: list[str]) -> None:
    Store.objects.filter(code="S2").update(country="DE")
    assert [row.get("code", row.get("id")) for row in caller.get(path, **query)["results"]] == found


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("zones", "kind", "door"),
        ("controllers", "enabled", "yes"),
        ("zones", "controller", "x"),
        ("stores", "search", "\x00"),
        ("controllers", "state", "gone"),
    ],
)
def test_a_filter_that_can_t_be_used_is_named(caller: Caller, path: str, name: str, value: str) -> None:
    query: dict[str, Any] = {name: value}
    assert caller.problem(path, **query)["errors"][0]["parameter"] == name


@pytest.mark.parametrize("path", LISTS)
def test_a_list_costs_three_queries_at_most_whatever_its_length(caller: Caller, german: Caller, path: str) -> None:
    for who in (caller, german):
        for limit in (1, 100):
            with CaptureQueriesContext(connection) as queries:
                who.get(path, limit=limit)
            assert len(queries) <= 3, [query["sql"] for query in queries]


@pytest.mark.parametrize("path", [*LISTS, "stores/S1", "zones/S1/door", "regions/europe"])
def test_what_is_known_already_is_not_sent_again(caller: Caller, path: str) -> None:
    response = caller.ask(path)
    assert caller.ask(f"{path}/", headers={"If-None-Match": response["ETag"]}).status_code == 304


def test_what_is_set_by_hand_of_a_zone_stays_so(caller: Caller) -> None:
    response = caller.send("patch", "zones/S1/door", {"kind": "queue", "capacity": 7, "counts_toward_occupancy": True})
    shown = response.json()
    assert shown["set_by_hand"] == ["kind", "capacity", "counts_toward_occupancy"]
    assert (shown["kind"], shown["capacity"], shown["counts_toward_occupancy"]) == ("queue", 7, True)
    zone = Zone.objects.get(store__code="S1")
    assert (zone.kind_by_hand, zone.capacity_by_hand, zone.counts_by_hand) == (True, True, True)
    back = caller.send("patch", "zones/S1/door", {"capacity": None, "counts_toward_occupancy": None}).json()
    assert (back["set_by_hand"], back["counts_toward_occupancy"]) == (["kind"], False)


def test_a_zone_that_a_person_retires_is_so_until_they_say_otherwise(caller: Caller) -> None:
    at = "2025-11-03T09:00:00+01:00"
    shown = caller.send("patch", "zones/S1/door", {"retired_at": at}).json()
    assert (shown["retired_at"], shown["set_by_hand"]) == (at, ["retired_at"])
    assert caller.send("put", "zones/S1/door", {"kind": shown["kind"], "retired_at": at}).status_code == 200
    assert [zone["id"] for zone in caller.get("zones", store="S1", retired="true")["results"]] == ["S1/door"]
    assert caller.get("zones", store="S1", retired="false")["results"] == []
    assert caller.send("patch", "zones/S1/door", {"retired_at": None}).json()["set_by_hand"] == []
    assert list(ZoneChange.objects.order_by("at").values_list("kind", flat=True)) == ["retired", "returned"]
    assert "'true'" in caller.problem("zones", retired="perhaps")["detail"]


@pytest.mark.parametrize(
    "at", ["2025-11-03T09:00:00", "2025-11-03", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "then", 5]
)
def test_a_zone_is_retired_at_an_instant_that_has_its_offset(caller: Caller, at: Any) -> None:
    told = pointers(caller.send("patch", "zones/S1/door", {"retired_at": at}))
    assert "2026-11-02T09:00:00+01:00" in told["/retired_at"]


def test_what_discovery_says_is_not_changed_by_hand(caller: Caller) -> None:
    before = caller.get("zones/S1/door")
    told = pointers(caller.send("patch", "zones/S1/door", {"name": "Other", "zone_id": "other", "capacity": 5}))
    assert told == dict.fromkeys(("/zone_id", "/name"), "It can't be changed here: leave it out.")
    assert caller.get("zones/S1/door") == before
    assert caller.send("patch", "zones/S1/door", {**before, "capacity": 5}).status_code == 200


def test_a_kind_that_there_is_not_is_told_with_those_that_there_are(caller: Caller) -> None:
    for kind in ("door", 5, ["area"]):
        told = pointers(caller.send("patch", "zones/S1/door", {"kind": kind}))
        assert "choose one of entrance, area, queue" in told["/kind"]


def test_which_zones_count_is_told_as_the_figures_have_it(caller: Caller) -> None:
    controller = Zone.objects.get(store__code="S1").controller
    Zone.objects.filter(store__code="S1").update(has_occupancy=True)
    assert caller.get("zones/S1/door")["counts_toward_occupancy"] is True
    chain.zone(controller, "floor", "area")
    told = {row["zone_id"]: row["counts_toward_occupancy"] for row in caller.get("zones", store="S1")["results"]}
    assert told == {"door": False, "floor": True}


def test_a_zone_s_name_may_have_anything_in_it(caller: Caller) -> None:
    chain.zone(Zone.objects.get(store__code="S1").controller, "Tür/1 ü%", "area")
    assert caller.get("zones/S1/T%C3%BCr/1%20%C3%BC%25")["id"] == "S1/Tür/1 ü%"
