"""Wrong credentials from one address, again and again: cheaply refused, and nobody who posts well waits for them."""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
import requests

from ingest.landing.patience import Patience
from ingest.landing.strangers import MOST_KNOWN, MOST_WRONG, WINDOW_S, Strangers, address_of
from ingest.models import Event
from sites_app.models import Controller
from tests import chain
from tests.server import web_server

A, B = uuid.uuid4(), uuid.uuid4()
GOOD = {"Authorization": "Apikey hook-key"}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def strangers(clock: Clock) -> Strangers:
    return Strangers(clock)


def wrong(strangers: Strangers, address: str, times: int = MOST_WRONG) -> None:
    for _ in range(times):
        strangers.was_wrong(address)


def test_an_address_waits_for_the_rest_of_its_minute(strangers: Strangers, clock: Clock) -> None:
    wrong(strangers, "192.0.2.1", MOST_WRONG - 1)
    assert strangers.wait_s("192.0.2.1", A) == 0
    clock.now = 20
    strangers.was_wrong("192.0.2.1")
    assert strangers.wait_s("192.0.2.1", A) == WINDOW_S - 20
    assert strangers.wait_s("192.0.2.2", A) == 0
    clock.now = WINDOW_S
    assert strangers.wait_s("192.0.2.1", A) == 0


def test_who_has_posted_well_from_there_goes_on(strangers: Strangers) -> None:
    strangers.was_right("192.0.2.1", A)
    wrong(strangers, "192.0.2.1")
    assert strangers.wait_s("192.0.2.1", A) == 0
    assert strangers.wait_s("192.0.2.1", B) > 0


def test_all_addresses_of_one_line_count_together(strangers: Strangers) -> None:
    for number in range(MOST_WRONG):
        strangers.was_wrong(f"2001:db8:1:2::{number:x}")
    assert strangers.wait_s("2001:db8:1:2:ffff::1", A) > 0
    assert strangers.wait_s("2001:db8:1:3::1", A) == 0


def test_a_process_remembers_so_many_and_no_more(strangers: Strangers) -> None:
    for number in range(2 * MOST_KNOWN + 10):
        strangers.was_wrong(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
        strangers.was_right("192.0.2.1", uuid.UUID(int=number))
    assert len(strangers._wrong) <= MOST_KNOWN + 1
    assert len(strangers._good) <= MOST_KNOWN + 1


def test_an_address_is_what_the_server_says() -> None:
    assert address_of({"client": ("192.0.2.1", 4711)}) == "192.0.2.1"
    assert address_of({"client": None}) == address_of({}) == ""


class TestOverHttp:
    pytestmark = pytest.mark.django_db(transaction=True)

    @pytest.fixture
    def server(self) -> Iterator[str]:
        with web_server() as url:
            yield url

    @pytest.fixture
    def controllers(self) -> list[Controller]:
        store = chain.store()
        return [chain.controller(store, name) for name in ("First", "Second")]

    def test_a_flood_of_wrong_keys_is_refused_and_good_posts_are_taken(
        self, server: str, controllers: list[Controller]
    ) -> None:
        first, second = (f"{server}/ingest/xcs/{controller.pk}" for controller in controllers)
        at = datetime.now(UTC).replace(microsecond=0).isoformat()
        event = {"eventId": "E1", "event": "sensor.online", "timestamp": at, "data": {"sensorId": "s"}}
        with requests.Session() as session:
            assert session.post(first, json=event, headers=GOOD, timeout=10).status_code == 202
            bad = [
                session.post(first, json=event, headers={"Authorization": "Apikey no"}, timeout=10) for _ in range(70)
            ]
            assert [answer.status_code for answer in bad] == [401] * 70  # it's known here: its own key may have changed
            strange = session.post(f"{server}/ingest/xcs/{uuid.uuid4()}", json=event, headers=GOOD, timeout=10)
            assert strange.status_code == 429
            assert 0 < int(strange.headers["Retry-After"]) <= WINDOW_S
            assert "credentials" in strange.json()["detail"]
            xovis = session.post(f"{server}/ingest/xovis/{uuid.uuid4()}", json={}, timeout=10)
            assert xovis.status_code == 429
            assert session.post(second, json=event, headers=GOOD, timeout=10).status_code == 429
            again = session.post(first, json={**event, "eventId": "E2"}, headers=GOOD, timeout=10)
            assert again.status_code == 202
        assert Event.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_slow_sender_is_let_go_over_a_real_connection() -> None:
    controller = chain.controller(chain.store())
    with web_server() as server:
        address = urlsplit(server)
        with socket.create_connection((address.hostname or "", address.port or 0), timeout=20) as line:
            head = f"POST /ingest/xcs/{controller.pk} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{{"
            line.sendall(head.encode())
            assert b" 408 " in line.recv(4096)


def test_the_end_of_the_server_is_no_slow_sender() -> None:
    async def ended() -> None:
        waiting = asyncio.create_task(Patience(60).wait_for(asyncio.Event().wait()))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        waiting.cancel()
        await waiting

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(ended())
