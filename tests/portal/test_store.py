"""A store's page: whose it is, which figures, and how what isn't known is said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.portal.people import logged_in
from tests.portal.seen import text_of
from tests.portal.stage import Stage, filled


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stage]:
    with filled(django_db_blocker) as stage:
        yield stage


@pytest.fixture
def client(stage: Stage, db: None) -> Client:
    return logged_in(User.objects.get(username="head"))


def opened(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return text_of(answer.content.decode())


def test_it_shows_the_day_and_what_it_lacks(client: Client, stage: Stage) -> None:
    page = opened(client, "/stores/BER")
    assert "Berlin" in page
    assert "of 200" in page
    assert (
        "No figures: 00:00–08:00, 10:15–10:30" in page
    )  # of 10:00 a sample before still told; nothing is said of what is yet to come
    assert "Main door – Sales floor" in page
    assert "Outside – Main door" in page
    assert "10 min 00 s" in page
    assert "Till 1: 12 people waiting, more than 8" in page


def test_the_figures_are_those_of_the_reports(client: Client, stage: Stage) -> None:
    day = stage.berlin.local(stage.now).date()
    window = {"start": day.isoformat(), "end": (day + timedelta(days=1)).isoformat()}
    asked = {**window, "store": "BER", "by": "zone"}
    [queue] = client.get("/api/v1/reports/queues", asked).json()["rows"]
    page = opened(client, "/stores/BER")
    assert f"Till 1 {100 * queue['service_level']:.1f} % 1 min 35 s 3 min 10 s" in page


def test_another_day_is_reached_by_its_address_and_none_in_the_future(client: Client, stage: Stage) -> None:
    week_ago = stage.berlin.local(stage.now).date() - timedelta(days=7)
    page = client.get("/stores/BER", {"day": week_ago.isoformat()}).content.decode()
    assert f'value="{week_ago}"' in page
    for text in ("2999-01-01", "yesterday", "2026-02-31\0"):
        today = client.get("/stores/BER", {"day": text}).content.decode()
        assert f'value="{stage.berlin.local(stage.now).date()}"' in today


def test_a_store_that_told_nothing_says_so_everywhere(client: Client, stage: Stage) -> None:
    page = opened(client, "/stores/TYO")
    for sentence in (
        "unknown no sample yet",
        "Nothing is known of this day",
        "No entrance of this store has counted",
        "No queue of this store has told anything",
        "No answer within 3 s.",
        "never heard",
    ):
        assert sentence in page


def test_a_store_elsewhere_is_not_there_for_a_manager(stage: Stage, db: None) -> None:
    manager = logged_in(User.objects.get(username="manager"))
    assert manager.get("/stores/BER").status_code == 200
    assert manager.get("/stores/TYO").status_code == 404
    assert manager.get("/stores/TYO/live").status_code == 404


def test_who_is_not_in_sees_nothing(stage: Stage, db: None) -> None:
    assert Client().get("/stores/BER")["Location"] == "/login?next=/stores/BER"
    part = Client().get("/stores/BER/live")
    assert (part["HX-Redirect"], part.content) == ("/login", b"")


def test_it_takes_few_queries(client: Client, stage: Stage) -> None:
    with CaptureQueriesContext(connection) as queries:
        client.get("/stores/BER")
    assert len(queries) < 160
