"""A large chain: sums come from a board that the worker keeps, lines are of the moment, and nobody sees more than their stores."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from portal import board, overview
from sites_app.models import Region, Zone
from tests import chain, told
from tests.portal import seen
from tests.portal.people import logged_in, person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A chain of six stores is a large one here."""
    monkeypatch.setattr(board, "AT_ONCE", 2)
    monkeypatch.setattr(overview, "PAGE_STORES", 4)
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def now() -> datetime:
    now = datetime.now(UTC)
    for number, under in enumerate(["Europe/Germany"] * 3 + ["Asia/Japan"] * 3):
        zone = chain.zone(chain.controller(chain.store(f"S{number}", under=under)), "floor")
        told.people_in(zone, 10 + number, at=now)
    return now


def opened(client: Client, **asked: str) -> str:
    return client.get("/", asked).content.decode()


def test_sums_are_of_all_stores_and_lines_come_by_the_page(now: datetime) -> None:
    head = logged_in(person("head", None))
    page = opened(head)
    assert seen.tiles_of(page)["People now"].startswith("75 ")
    assert seen.codes_of(page) == ["S0", "S1", "S2", "S3"]
    assert seen.codes_of(opened(head, page="2")) == ["S4", "S5"]


def test_a_manager_gets_their_part_of_what_is_kept_for_all(now: datetime) -> None:
    opened(logged_in(person("head", None)))
    manager = logged_in(person("manager", Region.objects.get(code="europe")))
    page = opened(manager)
    assert seen.tiles_of(page)["People now"].startswith("33 ")
    assert not {"S3", "S4", "S5"} & set(seen.codes_of(page))


def test_regions_are_tiles_that_lead_into_them(now: datetime) -> None:
    head = logged_in(person("head", None))
    assert 'href="?region=asia"' in opened(head)
    inside = opened(head, region="asia")
    assert seen.tiles_of(inside)["People now"].startswith("42 ")
    assert 'href="?region=' not in inside  # all lie in one region


def test_lines_are_of_the_moment_and_sums_of_the_board(now: datetime) -> None:
    head = logged_in(person("head", None))
    opened(head)
    told.people_in(Zone.objects.get(store__code="S5"), 500, at=now + timedelta(seconds=1))
    page = opened(head, page="2")
    assert seen.row_of(page, "S5")["People now"].startswith("500 ")
    assert seen.tiles_of(page)["People now"].startswith("75 ")
    assert "sums are of" in page


def test_the_worker_keeps_it_up_to_date_at_a_pace(now: datetime) -> None:
    assert board.refresh(now=now)
    assert not board.refresh(now=now + timedelta(seconds=30))  # nobody looks
    opened(logged_in(person("head", None)))
    assert board.refresh(now=now + timedelta(seconds=30))
    assert not board.refresh(now=now + timedelta(seconds=31))


def test_a_board_that_nobody_kept_for_long_is_made_anew(now: datetime) -> None:
    board.make(now=now - timedelta(minutes=4))
    page = opened(logged_in(person("head", None)))
    assert seen.tiles_of(page)["People now"].startswith("75 ")


def test_a_small_chain_needs_none(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(board, "AT_ONCE", 100)
    assert not board.refresh(now=now)
