"""Lists in pages: whole, in order, both ways, whatever changes meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sites_app.models import Region
from tests.caller import Caller, with_key

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.sites.api.endpoints")]


@pytest.fixture
def caller() -> Caller:
    """A caller, and 23 regions of three names."""
    Region.objects.bulk_create(
        Region(code=f"r{number:02}", name=f"name {number % 3}", parent_id=None) for number in range(3)
    )
    parents = list(Region.objects.all())
    Region.objects.bulk_create(
        Region(code=f"c{parent.code}{number}", name=f"name {number % 3}{number}", parent=parent)
        for parent in parents
        for number in range(7)
    )
    return with_key()


def follow(caller: Caller, page: dict[str, Any], way: str) -> dict[str, Any]:
    response = caller.client.get(page[way], headers=caller.headers)
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()
    return found


def walk(caller: Caller, path: str, limit: int) -> list[dict[str, Any]]:
    pages = [caller.get(path, limit=limit)]
    while pages[-1]["next"]:
        pages.append(follow(caller, pages[-1], "next"))
    return pages


def rows(pages: list[dict[str, Any]]) -> list[str]:
    return [row for page in pages for row in page["results"]]


@pytest.mark.parametrize("limit", [1, 2, 5, 8, 24, 25, 1000])
def test_pages_together_are_the_list(caller: Caller, limit: int) -> None:
    whole = list(Region.objects.order_by("name", "code").values_list("code", flat=True))
    pages = walk(caller, "up", limit)
    assert rows(pages) == whole
    assert {len(page["results"]) for page in pages[:-1]} <= {limit}
    assert rows(walk(caller, "down", limit)) == whole[::-1]


@pytest.mark.parametrize("path", ["up", "down"])
def test_the_way_back_is_the_way_there(caller: Caller, path: str) -> None:
    pages = walk(caller, path, 5)
    there = [page["results"] for page in pages]
    page, back = pages[-1], [pages[-1]["results"]]
    while page["previous"]:
        page = follow(caller, page, "previous")
        back.append(page["results"])
    assert back == there[::-1]
    assert follow(caller, page, "next")["results"] == there[1]


def test_the_first_page_has_none_before_it_and_the_last_none_after(caller: Caller) -> None:
    first = caller.get("up")
    assert (first["next"], first["previous"], len(first["results"])) == (None, None, 24)


def test_what_comes_and_goes_meanwhile_makes_no_row_come_twice_or_not_at_all(caller: Caller) -> None:
    whole = list(Region.objects.order_by("name", "code").values_list("code", flat=True))
    first = caller.get("up", limit=5)
    Region.objects.filter(code=whole[1]).delete()
    Region.objects.create(code="new", name="name 0", parent=Region.objects.get(code="r02"))
    assert follow(caller, first, "next")["results"] == whole[5:10]


def test_a_page_costs_one_query_beside_those_that_ask_who_it_is(caller: Caller) -> None:
    page = caller.get("up", limit=2)
    counts = []
    for limit in (2, 20):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            follow(caller, {"next": page["next"].replace("limit=2", f"limit={limit}")}, "next")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 3


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "many", "", "1.5", "٣", "9" * 5000])
def test_a_page_has_1_to_1000_rows(caller: Caller, limit: str) -> None:
    assert caller.problem("up", limit=limit)["errors"][0]["parameter"] == "limit"


def test_what_is_said_twice_is_not_guessed(caller: Caller) -> None:
    assert "once" in caller.problem("up", limit=["1", "2"])["errors"][0]["detail"]


def test_a_cursor_is_of_its_own_list(caller: Caller) -> None:
    cursor = caller.get("up", limit=2)["next"].split("cursor=")[1]
    assert caller.problem("down", cursor=cursor)["errors"][0]["parameter"] == "cursor"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=40))
def test_a_cursor_that_was_made_up_is_named(caller: Caller, text: str) -> None:
    assert caller.problem("up", cursor=text.encode("utf-8", "replace").decode())["errors"][0]["parameter"] == "cursor"
