"""The live stream over real HTTP: what is current first, then each change, to those alone who may see it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from datetime import timedelta

import aiohttp
import pytest
import requests
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

from sites_app.models import ApiKey, Membership, Zone
from tests import chain
from tests.reports.listening import PATH, Stream, in_thread, key, people
from tests.server import web_server

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def server(django_db_setup: None) -> Iterator[str]:
    with web_server() as url:
        yield url


@pytest.fixture
def floor() -> Zone:
    return chain.zone(chain.controller(chain.store("S1", under="Europe/North")), "floor")


@pytest.fixture
def till(floor: Zone) -> Zone:
    return chain.zone(floor.controller, "till", "queue")


def test_a_listener_hears_what_is_current_and_then_each_change(server: str, floor: Zone, till: Zone) -> None:
    people(floor, 41)
    headers = key()
    with Stream(server, headers) as stream:
        first, second = stream.events(2)
        assert (first.event, first.data["store"], first.data["people"]) == ("occupancy", "S1", 41)
        assert (second.event, second.data["zone"], second.data["status"]) == ("queue", "S1/till", "unknown")
        people(floor, 96)
        changed = stream.events(1)[0]
        rows = requests.get(f"{server}/api/v1/live/occupancy", headers=headers, timeout=10).json()["results"]
        assert without_ages(changed.data) == without_ages(rows[0])
        assert (changed.data["people"], changed.data["status"]) == (96, "critical")
        people(till, 6)
        queue = stream.events(1)[0]
        rows = requests.get(f"{server}/api/v1/live/queues", headers=headers, timeout=10).json()["results"]
        assert queue.event == "queue"
        assert without_ages(queue.data) == without_ages(rows[0])


def without_ages(row: dict[str, object]) -> dict[str, object]:
    zones = [{**zone, "age_s": None} for zone in row.get("zones", [])]  # type: ignore[attr-defined]
    return {**row, "age_s": None, "zones": zones}


def test_what_no_longer_holds_is_sent_as_unknown(server: str) -> None:
    controller = chain.controller(chain.store(), poll_interval_s=5)
    people(chain.zone(controller, "floor"), 12, age=controller.hold - timedelta(seconds=2))
    with Stream(server, key()) as stream:
        fresh, stale = stream.events(2)
    assert (fresh.data["people"], fresh.data["status"]) == (12, "normal")
    assert (stale.data["people"], stale.data["status"]) == (None, "unknown")
    assert stale.data["as_of"] == fresh.data["as_of"]


def test_a_listener_that_comes_back_hears_what_it_missed_and_nothing_twice(server: str, floor: Zone) -> None:
    other = chain.zone(chain.controller(chain.store("S2")), "floor")
    people(floor, 1)
    headers = key()
    with Stream(server, headers, "?store=S1") as stream, Stream(server, headers) as witness:
        stream.events(1)
        people(floor, 2)
        last_id = stream.events(1)[0].id
        stream.response.close()
        for zone, count in ((floor, 3), (other, 30), (floor, 4)):
            people(zone, count)
            witness.until(lambda heard, count=count: heard.data["people"] == count)  # type: ignore[misc]
        with Stream(server, headers, "?store=S1", last_id) as again:
            people(floor, 5)
            assert [heard.data["people"] for heard in again.events(3)] == [3, 4, 5]


@pytest.mark.parametrize("last_id", ["nonsense", "1-1-00000000", "snapshot"])
def test_a_listener_that_was_away_too_long_hears_all_that_is_current(server: str, floor: Zone, last_id: str) -> None:
    people(floor, 7)
    with Stream(server, key(), last_id=last_id) as stream:
        assert stream.events(1)[0].data["people"] == 7


def test_a_regions_key_hears_of_its_stores_alone(server: str, floor: Zone) -> None:
    south = chain.zone(chain.controller(chain.store("S2", under="Europe/South")), "floor")
    with Stream(server, key("Europe/North")) as stream, Stream(server, key()) as witness:
        assert [heard.data["store"] for heard in stream.events(1)] == ["S1"]
        people(south, 5)
        witness.until(lambda heard: heard.data["store"] == "S2" and heard.data["people"] == 5)
        people(floor, 6)
        assert [(heard.data["store"], heard.data["people"]) for heard in stream.events(1)] == [("S1", 6)]


def test_what_is_heard_is_of_the_stores_of_the_live_answer(server: str, floor: Zone) -> None:
    """For a region's key and its manager, whatever they filter by: at first, of changes, and when they come back."""
    zones, count = [floor], itertools.count(1)
    for code, under, tags in (
        ("S2", "Europe/South", ["odd"]),
        ("S3", "Europe/North/Coast", ["odd"]),
        ("S4", "Asia", []),
    ):
        zones.append(chain.zone(chain.controller(chain.store(code, under=under, tags=tags)), "floor"))

    def change() -> None:
        people_now = next(count)
        for zone in zones:
            people(zone, people_now)

    queries = ("", "?store=S1", "?region=europe-north-coast", "?tag=odd", "?tag=odd&store=S3")
    for headers, query in itertools.product((key("Europe/North"), manager("Europe/North")), queries):
        answer = requests.get(f"{server}/api/v1/live/occupancy{query}", headers=headers, timeout=10).json()
        wanted = sorted(row["store"] for row in answer["results"])
        assert wanted
        with Stream(server, headers, query) as stream:
            assert sorted(heard.data["store"] for heard in stream.events(len(wanted))) == wanted
            change()
            changed = stream.events(len(wanted))
            assert sorted(heard.data["store"] for heard in changed) == wanted
        change()
        with Stream(server, headers, query, changed[-1].id) as again:
            assert sorted(heard.data["store"] for heard in again.events(len(wanted))) == wanted


def manager(region: str) -> dict[str, str]:
    """The headers of a browser in which a region's manager is logged in."""
    user = get_user_model().objects.create_user(f"manager of {region}")
    Membership.objects.create(user=user, region=chain.region(region))
    browser = Client()
    browser.force_login(user)
    return {"Cookie": f"sessionid={browser.cookies['sessionid'].value}"}


def test_filters_narrow_what_is_heard(server: str, floor: Zone) -> None:
    for code, under, tags in (("S2", "Europe/South", ["mall"]), ("S3", "Europe/North", ["mall", "new"])):
        people(chain.zone(chain.controller(chain.store(code, under=under, tags=tags)), "floor"), 1)
    headers = key()
    for query, stores in (
        ("?store=S1&store=S2", ["S1", "S2"]),
        ("?region=europe-north", ["S1", "S3"]),
        ("?tag=mall", ["S2", "S3"]),
        ("?tag=mall&region=europe-north", ["S3"]),
    ):
        with Stream(server, headers, query) as stream:
            assert [heard.data["store"] for heard in stream.events(len(stores))] == stores


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("?stroe=S1", "stroe"), ("?store=S9", "store"), ("?store=S2", "store"), ("?region=europe-south", "region")],
)
def test_filters_that_can_not_be_used_are_named(server: str, floor: Zone, query: str, parameter: str) -> None:
    chain.store("S2", under="Europe/South")
    answer = requests.get(server + PATH + query, headers=key("Europe/North"), timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


def test_strangers_hear_nothing(server: str, floor: Zone) -> None:
    headers = key()
    ApiKey.objects.update(revoked_at="2026-01-01T00:00:00Z")
    strangers: list[dict[str, str]] = [
        {},
        {"Authorization": "Apikey nonsense"},
        headers,
        {"Cookie": "sessionid=nonsense"},
    ]
    for stranger in strangers:
        answer = requests.get(server + PATH, headers=stranger, timeout=10)
        assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/problem+json")
    assert requests.post(server + PATH, headers=key(), timeout=10).status_code == 405


def test_a_logged_in_person_listens_with_the_browsers_cookie(server: str, floor: Zone) -> None:
    people(floor, 8)
    browser = Client()
    browser.force_login(get_user_model().objects.create_superuser("head", password="of the office"))
    cookie = {"Cookie": f"sessionid={browser.cookies['sessionid'].value}"}
    with Stream(server, cookie, "?store=S1") as stream:
        assert stream.events(1)[0].data["people"] == 8


def test_many_listen_by_few_connections_to_the_database(server: str, floor: Zone) -> None:
    people(floor, 1)
    headers = key()

    async def listen(session: aiohttp.ClientSession, heard: asyncio.Semaphore) -> None:
        async with session.get(server + PATH, headers=headers) as answer:
            async for line in answer.content:
                if b'"people":1,' in line:
                    heard.release()
                if b'"people":77,' in line:
                    return

    async def all_listen(count: int) -> None:
        heard = asyncio.Semaphore(0)
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=60)
        ) as session:
            listening = [asyncio.create_task(listen(session, heard)) for _ in range(count)]
            for _ in range(count):
                await heard.acquire()
            # Whoever asks for something else isn't kept waiting by those who listen.
            async with session.get(f"{server}/api/v1/live/occupancy", headers=headers) as answer:
                assert (await answer.json())["results"][0]["people"] == 1
            await in_thread(people, floor, 77)
            await asyncio.gather(*listening)
            assert await in_thread(backends) <= 10  # with those of other requests, idle in the pool

    # More than the 1,024 that a web server of one process has room for, if it isn't told otherwise.
    asyncio.run(all_listen(1_100))


def backends() -> int:
    """How many connections the web server has: the tests' own go by the same name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        found = len(cursor.fetchall())
    return found


def test_streams_end_when_the_server_does_and_do_not_hold_it_up(django_db_setup: None, floor: Zone) -> None:
    people(floor, 3)
    with web_server() as server:
        stream = Stream(server, key())
        stream.events(1)
    with stream:
        assert [heard.comment for heard in stream.all()] == ["the server ends; connect again"]
