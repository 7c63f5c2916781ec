"""Who is let in: keys by either scheme, people by their session, and nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sites_app.models import ApiKey
from tests import chain
from tests.caller import Caller, key, person, problem_of
from tests.reports.api.facts import WEEK

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
ENDPOINTS = [
    "live/occupancy",
    "live/queues",
    "reports/footfall",
    "reports/occupancy",
    "reports/queues",
    "reports/dwell",
]


def asked(path: str) -> dict[str, Any]:
    return WEEK if path.startswith("reports/") else {}


@pytest.mark.parametrize("path", ENDPOINTS)
def test_without_a_key_nothing_is_told(path: str) -> None:
    response = Caller().ask(path, **asked(path))
    problem_of(response, 401)
    assert response["WWW-Authenticate"] == "Apikey"


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("scheme", ["Apikey", "Bearer", "apikey", "BEARER"])
def test_a_key_opens_by_either_scheme(path: str, scheme: str) -> None:
    assert Caller(f"{scheme} {key()[1]}").ask(path, **asked(path)).status_code == 200


@pytest.mark.parametrize(
    "authorization", ["Apikey wrong", "Apikey", "Bearer ", "Apikey \x00", "Apikey k\xe9", "Basic dXNlcjpwYXNz", "xk_"]
)
def test_what_is_no_key_is_refused(authorization: str) -> None:
    problem_of(Caller(authorization).ask("live/queues"), 401)


def test_an_expired_key_is_refused() -> None:
    _, plain = key(expires_at=NOW - timedelta(seconds=1))
    assert "expired" in problem_of(Caller(f"Apikey {plain}").ask("live/queues"), 401)["detail"]


def test_a_key_that_expires_later_opens() -> None:
    _, plain = key(expires_at=NOW + timedelta(hours=1))
    Caller(f"Apikey {plain}").get("live/queues")


def test_a_revoked_key_is_refused_from_then_on() -> None:
    made, plain = key()
    caller = Caller(f"Apikey {plain}")
    caller.get("live/queues")
    made.revoked_at = NOW
    made.save()
    caller.problem("live/queues", status=401)


def test_the_use_of_a_key_is_noted() -> None:
    made, plain = key()
    Caller(f"Apikey {plain}").get("live/queues")
    used = ApiKey.objects.get(pk=made.pk).last_used_at
    assert used is not None
    assert used >= NOW


def test_a_key_that_may_write_may_read() -> None:
    Caller(f"Apikey {key(scopes=['write'])[1]}").get("live/queues")


def test_a_person_is_known_by_the_session() -> None:
    chain.store("S1")
    answer = Caller(user=person("head", None)).get("live/occupancy")
    assert [row["store"] for row in answer["results"]] == ["S1"]


def test_a_person_without_a_place_sees_no_store() -> None:
    chain.store("S1")
    assert Caller(user=person("new")).get("live/occupancy")["results"] == []


def test_a_person_who_was_locked_out_is_nobody() -> None:
    Caller(user=person("gone", None, is_active=False)).problem("live/queues", status=401)


def test_nothing_is_told_to_a_key_that_was_not_stored() -> None:
    _, plain = ApiKey.generate("never saved", scopes=["read"])
    Caller(f"Apikey {plain}").problem("live/queues", status=401)
