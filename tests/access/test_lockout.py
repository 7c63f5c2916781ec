"""Guessing: after a few wrong attempts an account, and an address, has to wait, and is told for how long. On a real Redis."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from tests.access.people import code_of, come_in, is_in, with_app
from tests.portal.people import person

pytestmark = pytest.mark.django_db
MINUTES = re.compile(r"Try again in (\d+) minute")


def at(address: str) -> Client:
    return Client(REMOTE_ADDR=address)


def told(client: Client, name: str, password: str = "wrong") -> str:
    found = MINUTES.search(come_in(client, name, password).content.decode())
    return found[1] if found else ""


def later(patch: pytest.MonkeyPatch, seconds: float) -> None:
    """The clock that attempts are counted by goes on."""
    real = time.time
    patch.setattr(time, "time", lambda: real() + seconds)


def test_an_account_waits_after_five_wrong_passwords_from_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    person("head", None)
    assert [told(at(f"192.0.2.{number}"), "head") for number in range(6)] == ["", "", "", "", "", "5"]
    right = at("192.0.2.99")
    come_in(right, "head")
    assert not is_in(right)
    later(monkeypatch, 200)
    assert told(right, "head") == "2"
    later(monkeypatch, 101)
    come_in(right, "head")
    assert is_in(right)


def test_it_waits_whether_it_exists_or_not() -> None:
    assert [told(at(f"192.0.2.{number}"), "nobody") for number in range(6)][-1] == "5"


def test_another_account_is_not_kept_out() -> None:
    person("head", None)
    person("manager", None)
    for _ in range(6):
        told(at("192.0.2.1"), "head")
    come_in(other := at("192.0.2.1"), "manager")
    assert is_in(other)


def test_an_address_waits_after_twenty_whatever_the_account() -> None:
    person("head", None)
    stranger = at("192.0.2.1")
    assert [told(stranger, f"user{number}") for number in range(21)] == [""] * 20 + ["5"]
    come_in(stranger, "head")
    assert not is_in(stranger)
    come_in(elsewhere := at("192.0.2.2"), "head")
    assert is_in(elsewhere)


def test_a_forwarded_address_that_nobody_vouches_for_changes_nothing() -> None:
    for number in range(21):
        last = Client(REMOTE_ADDR="192.0.2.1", headers={"X-Forwarded-For": f"198.51.100.{number}"})
        answer = told(last, f"user{number}")
    assert answer == "5"


def test_who_gets_it_right_is_not_counted() -> None:
    person("head", None)
    for _ in range(8):
        come_in(client := at("192.0.2.1"), "head")
        assert is_in(client)


def test_codes_are_guessed_no_more_than_passwords() -> None:
    secret = with_app(person("head", None))
    come_in(client := at("192.0.2.1"), "head")
    for _ in range(5):
        client.post("/login/second-factor", {"code": "000000"})
    answer = client.post("/login/second-factor", {"code": code_of(secret)})
    assert "in five minutes" in answer.content.decode()
    assert not is_in(client)


def test_hammering_on_the_door_is_answered_cheaply() -> None:
    answers = [at("192.0.2.1").post("/login", {}) for _ in range(121)]
    assert [answer.status_code for answer in answers[-2:]] == [200, 429]
    assert (answers[-1]["Retry-After"], "Try again in a minute" in answers[-1].content.decode()) == ("60", True)


def test_attempts_are_counted_while_redis_is_away(settings: Any) -> None:
    nowhere = {"LOCATION": "redis://127.0.0.1:1/0", "OPTIONS": {"socket_connect_timeout": 0.5}}
    settings.CACHES = {"default": {**settings.CACHES["default"], **nowhere}}
    cache.set("kept", 1)
    assert cache.get("kept") == 1
    person("head", None)
    assert [told(at(f"192.0.2.{number}"), "head") for number in range(6)][-1] == "5"
