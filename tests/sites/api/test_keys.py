"""Keys: rotated with an overlap, limited, and their use noted seldom."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sites_app.models import ApiKey, Role
from tests import chain
from tests.caller import Caller, key, person, problem_of, with_key

pytestmark = pytest.mark.django_db


def rotated(made: ApiKey, *options: str) -> dict[str, Any]:
    out = StringIO()
    call_command("rotate_api_key", made.prefix, "--json", *options, stdout=out)
    told: dict[str, Any] = json.loads(out.getvalue())
    return told


@pytest.mark.parametrize("scheme", ["Apikey", "Bearer", "apikey", "BEARER"])
def test_a_key_is_sent_either_way(scheme: str) -> None:
    Caller(f"{scheme} {key()[1]}").get("stores")


def test_a_rotated_key_works_beside_the_new_one_until_the_overlap_ends() -> None:
    made, old = key(chain.region("Europe"))
    new = rotated(made)["key"]
    for plain in (old, new):
        assert Caller(f"Apikey {plain}").get("regions")["results"][0]["code"] == "europe"
    ApiKey.objects.update(previous_until=datetime.now(UTC) - timedelta(seconds=1))
    Caller(f"Apikey {old}").problem("regions", status=401)
    Caller(f"Apikey {new}").get("regions")


def test_a_rotation_may_end_the_old_key_at_once() -> None:
    made, old = key()
    rotated(made, "--overlap", "0")
    Caller(f"Apikey {old}").problem("regions", status=401)


def test_revoking_ends_both() -> None:
    made, old = key()
    new = rotated(made)["key"]
    ApiKey.objects.update(revoked_at=datetime.now(UTC))
    for plain in (old, new):
        Caller(f"Apikey {plain}").problem("regions", status=401)
    with pytest.raises(CommandError, match="no key"):
        rotated(ApiKey.objects.get())


def test_its_use_is_noted_to_a_few_minutes_and_not_each_time() -> None:
    caller = with_key()
    caller.get("stores")
    noted = ApiKey.objects.get().last_used_at
    assert noted is not None
    with CaptureQueriesContext(connection) as queries:
        caller.get("stores")
    assert len(queries) == 2
    assert ApiKey.objects.get().last_used_at == noted
    ApiKey.objects.update(last_used_at=noted - timedelta(minutes=6))
    caller.get("stores")
    again = ApiKey.objects.get().last_used_at
    assert again is not None
    assert again > noted - timedelta(minutes=1)


def test_a_key_has_a_limit_and_is_told_what_is_left_of_it() -> None:
    caller = Caller(f"Apikey {key(requests_per_minute=2)[1]}")
    first, second, third = (caller.ask("stores") for _ in range(3))
    assert first["RateLimit-Policy"] == '"key";q=2;w=60'
    assert first["RateLimit"].startswith('"key";r=1;t=')
    assert second["RateLimit"].startswith('"key";r=0;t=')
    assert "try again in" in problem_of(third, 429)["detail"]
    assert 1 <= int(third["Retry-After"]) <= 60
    assert third["RateLimit"] == f'"key";r=0;t={third["Retry-After"]}'
    as_one_xcs = caller.client.get("/xcs/api/v1/sensors", headers=caller.headers)
    assert (as_one_xcs.status_code, as_one_xcs.json()["error"]["code"]) == (429, "RATE_LIMITED")
    assert "try again in" in as_one_xcs.json()["error"]["message"]
    with_key().get("stores")


def test_without_redis_a_limit_is_still_one(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    caller = Caller(f"Apikey {key(requests_per_minute=2)[1]}")
    assert [caller.ask("stores").status_code for _ in range(3)] == [200, 200, 429]


def test_people_have_no_limit() -> None:
    assert "RateLimit" not in Caller(user=person("anna", None)).ask("stores")


def test_a_browser_s_session_may_write_with_its_token_and_not_without() -> None:
    chain.region("Europe")
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(person("anna", None, role=Role.HEAD_OFFICE))
    region = {"code": "asia", "name": "Asia"}
    told = problem_of(client.post("/api/v1/regions", region, content_type="application/json"), 403)
    assert "CSRF" in told["detail"]
    client.cookies["csrftoken"] = "t" * 32
    headers = {"X-CSRFToken": "t" * 32}
    assert client.post("/api/v1/regions", region, content_type="application/json", headers=headers).status_code == 201


def test_a_key_is_rotated_in_the_admin_and_shown_once(admin_client: Client) -> None:
    made, old = key()
    chosen = {"action": "rotate", "_selected_action": [made.pk]}
    page = admin_client.post("/admin/sites_app/apikey/", chosen, follow=True).content.decode()
    new = re.search(r"xk_[\w-]{43}", page)
    assert new
    assert new[0] not in admin_client.get("/admin/sites_app/apikey/").content.decode()
    for plain in (old, new[0]):
        Caller(f"Apikey {plain}").get("stores")
