"""A POST that is sent again does nothing twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from sites_app.api.idempotency import KEPT_FOR, LEASE
from sites_app.models import FirstAnswer, Region
from tests.caller import Caller, problem_of, writer

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.sites.api.endpoints")]


@pytest.fixture
def caller() -> Caller:
    return writer()


def post(caller: Caller, code: str, key: str | None = "k1") -> Any:
    return caller.send("post", "up", {"code": code}, headers={"Idempotency-Key": key} if key else {})


def test_the_same_request_again_gets_the_first_answer_again(caller: Caller) -> None:
    first, again = post(caller, "one"), post(caller, "one")
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.json(), again["Location"]) == (first.json(), "/regions/one")
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert Region.objects.count() == 1


def test_another_request_of_the_same_key_is_refused(caller: Caller) -> None:
    post(caller, "one")
    assert "take a new one" in problem_of(post(caller, "two"), 422)["detail"]
    assert not Region.objects.filter(code="two").exists()


def test_keys_of_other_callers_are_others(caller: Caller) -> None:
    post(caller, "one")
    assert post(writer(), "two").status_code == 201


def test_without_a_key_each_request_is_one_of_its_own(caller: Caller) -> None:
    assert post(caller, "one", key=None).status_code == 201
    assert post(caller, "two", key=None).status_code == 201
    assert not FirstAnswer.objects.exists()


@pytest.mark.parametrize(("code", "status"), [("refused", 409), ("broken", 500)])
def test_what_was_refused_or_failed_did_nothing_and_may_be_tried_again(caller: Caller, code: str, status: int) -> None:
    caller.client.raise_request_exception = False
    assert [post(caller, code).status_code, post(caller, code).status_code] == [status, status]
    assert not Region.objects.filter(code=code).exists()
    assert post(caller, "one").status_code == 201


def test_while_the_first_is_being_answered_the_second_is_told_to_wait(caller: Caller) -> None:
    post(caller, "one")
    FirstAnswer.objects.update(status=None)
    response = post(caller, "one")
    assert "still being answered" in problem_of(response, 409)["detail"]
    assert response["Retry-After"] == "1"


def test_a_first_that_died_is_tried_again(caller: Caller) -> None:
    post(caller, "one")
    row = FirstAnswer.objects.get()
    FirstAnswer.objects.update(status=None, asked_at=row.asked_at - LEASE - timedelta(seconds=1))
    Region.objects.all().delete()
    assert post(caller, "one").status_code == 201
    assert "Idempotent-Replayed" in post(caller, "one")


def test_after_a_day_a_key_is_forgotten(caller: Caller) -> None:
    post(caller, "one")
    FirstAnswer.objects.update(asked_at=FirstAnswer.objects.get().asked_at - KEPT_FOR - timedelta(seconds=1))
    assert post(caller, "two").status_code == 201


@pytest.mark.parametrize("key", [" ", "k" * 256, "ключ", "a\tb"])
def test_a_key_is_printable_and_not_too_long(caller: Caller, key: str) -> None:
    response = post(caller, "one", key)
    problem_of(response, 400)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_does_it() -> None:
    authorization = writer().headers["Authorization"]
    together = Barrier(6)

    def ask(number: int) -> tuple[int, bytes]:
        together.wait()
        try:
            response = post(Caller(authorization), "one")
            return response.status_code, response.content
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(ask, range(6)))
    assert Region.objects.count() == 1
    assert {status for status, _ in answers} <= {201, 409}
    assert len({content for status, content in answers if status == 201}) == 1
