"""Whatever is sent to the registry, the answer is an answer or a problem that names what is wrong; never a 500."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import chain
from tests.caller import Caller, key

pytestmark = pytest.mark.django_db
FIELDS = [
    *("code", "name", "region", "parent", "timezone", "country", "city", "latitude", "longitude", "capacity", "tags"),
    *(
        "floor_area_m2",
        "opened_on",
        "closed_on",
        "opening_hours",
        "special_hours",
        "store",
        "kind",
        "base_url",
        "api_key",
    ),
    *("enabled", "poll_interval_s", "verify_tls", "webhook_key", "ca_certificate", "counts_toward_occupancy", "id"),
]
PATHS = [
    "regions",
    "stores",
    "controllers",
    "regions/europe",
    "stores/S1",
    "zones/S1/door",
    "CONTROLLER",
    "CONTROLLER/backfill",
]
known = st.sampled_from(
    ["S1", "europe", "Europe/Berlin", "DE", "2026-11-02", "09:00", "http://x/api/v1", "xcs", "area"]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | known | st.text(max_size=12)
hours = st.fixed_dictionaries({}, optional={"weekday": scalars, "date": scalars, "opens": scalars, "closes": scalars})
values = scalars | st.lists(scalars | hours, max_size=3) | st.dictionaries(st.text(max_size=5), scalars, max_size=2)
bodies = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), values, max_size=8)


@pytest.fixture
def caller() -> Caller:
    controller = chain.controller(chain.store("S1"))
    chain.zone(controller, "door", "entrance")
    caller = Caller(f"Apikey {key(scopes=['read', 'write'], requests_per_minute=100_000)[1]}")
    caller.controller = f"controllers/{controller.pk}"  # type: ignore[attr-defined]
    return caller


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), method=st.sampled_from(["post", "put", "patch"]), body=bodies | values)
def test_garbage_gets_an_answer_or_a_problem_that_names_it(caller: Caller, path: str, method: str, body: Any) -> None:
    path = path.replace("CONTROLLER", caller.controller)  # type: ignore[attr-defined]
    with transaction.atomic():
        response = caller.send(method, path, body)
        transaction.set_rollback(True)
    assert response.status_code in (200, 201, 202, 400, 405, 409), (response.status_code, response.content)
    if response.status_code == 400:
        assert response["Content-Type"] == "application/problem+json"
        assert all(error["detail"] and "pointer" in error for error in response.json()["errors"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=60), kind=st.sampled_from(["application/json", "text/csv", "text/plain", "", "x"]))
def test_bytes_get_an_answer_or_a_problem(caller: Caller, body: bytes, kind: str) -> None:
    for path in ("stores", "stores/import"):
        response = caller.send("post", path, body, content_type=kind)
        assert response.status_code in (400, 415), (response.status_code, response.content)
        assert response["Content-Type"] == "application/problem+json"


def test_a_body_that_is_too_long_is_refused(caller: Caller) -> None:
    response = caller.send("post", "stores", b" " * (1024 * 1024 + 1))
    assert response.status_code == 413
    assert response["Content-Type"] == "application/problem+json"
