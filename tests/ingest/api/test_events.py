"""Events: what controllers sent, seen by who sees their stores, the newest first."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ingest.models import Event
from sites_app.models import Controller
from tests import chain
from tests.caller import Caller, with_key

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)


def send(controller: Controller, *kinds: str, at: datetime = NOON) -> None:
    Event.objects.bulk_create(
        Event(
            store=controller.store,
            controller=controller,
            event_id=f"E{number}",
            event=kind,
            observed_at=at + timedelta(minutes=number // 2),
            received_at=at + timedelta(hours=1),
            body=json.dumps({"eventId": f"E{number}", "event": kind, "data": {"zoneId": "till"}}).encode(),
        )
        for number, kind in enumerate(kinds)
    )


@pytest.fixture
def controllers() -> list[Controller]:
    german = chain.controller(chain.store("S1"))
    french = chain.controller(chain.store("F1", under="Europe/France"))
    send(german, *["queue.threshold_exceeded", "sensor.offline"] * 3)
    send(french, "sensor.online")
    return [german, french]


@pytest.fixture
def caller() -> Caller:
    return with_key()


def ids(page: dict[str, Any]) -> list[str]:
    return [f"{row['store']}/{row['id']}" for row in page["results"]]


def test_events_are_told_as_they_came_the_newest_first(caller: Caller, controllers: list[Controller]) -> None:
    rows = caller.get("events", store="S1")["results"]
    assert rows[0] == {
        "id": "E5",
        "type": "sensor.offline",
        "store": "S1",
        "controller": str(controllers[0].pk),
        "observed_at": "2026-06-03T14:02:00+02:00",
        "received_at": "2026-06-03T15:00:00+02:00",
        "body": {"eventId": "E5", "event": "sensor.offline", "data": {"zoneId": "till"}},
    }
    assert [row["id"] for row in rows] == ["E5", "E4", "E3", "E2", "E1", "E0"]


def test_pages_together_are_all_of_them(caller: Caller, controllers: list[Controller]) -> None:
    found, page = [], caller.get("events", limit=2)
    while True:
        found += ids(page)
        if page["next"] is None:
            break
        page = caller.client.get(page["next"], headers=caller.headers).json()
    assert found == ids(caller.get("events"))
    assert len(set(found)) == 7


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"type": "sensor.online"}, ["F1/E0"]),
        ({"region": "europe-france"}, ["F1/E0"]),
        ({"type": ["sensor.online", "sensor.offline"], "end": "2026-06-03T12:01:00Z"}, ["F1/E0", "S1/E1"]),
        ({"start": "2026-06-03T14:02:00+02:00"}, ["S1/E5", "S1/E4"]),
        ({"start": "2027-01-01T00:00:00Z"}, []),
    ],
)
def test_filters_narrow(caller: Caller, controllers: list[Controller], query: dict[str, Any], found: list[str]) -> None:
    assert sorted(ids(caller.get("events", **query))) == sorted(found)


def test_a_controller_s_own(caller: Caller, controllers: list[Controller]) -> None:
    assert ids(caller.get("events", controller=str(controllers[1].pk))) == ["F1/E0"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("start", "2026-06-03"),
        ("end", "now"),
        ("controller", "1"),
        ("store", "S9"),
        ("start", "0001-01-01T00:00:00+14:00"),
    ],
)
def test_a_filter_that_can_t_be_used_is_named(caller: Caller, name: str, value: str) -> None:
    query: dict[str, Any] = {name: value}
    assert caller.problem("events", **query)["errors"][0]["parameter"] == name


def test_a_window_that_ends_before_it_begins_is_named(caller: Caller) -> None:
    problem = caller.problem("events", start="2026-06-03T09:00:00Z", end="2026-06-03T10:00:00+01:00")
    assert [error["parameter"] for error in problem["errors"]] == ["end"]


def test_another_region_s_events_are_not_there(controllers: list[Controller]) -> None:
    french = with_key(controllers[1].store.region)
    assert ids(french.get("events")) == ["F1/E0"]
    assert ids(french.get("events", controller=str(controllers[0].pk))) == []


def test_a_page_costs_three_queries_at_most(caller: Caller, controllers: list[Controller]) -> None:
    for who in (caller, with_key(controllers[0].store.region)):
        with CaptureQueriesContext(connection) as queries:
            who.get("events")
        assert len(queries) <= 3
