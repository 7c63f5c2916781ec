"""Controllers over the API: registered, changed, seen; their keys never come out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sites_app.access import principal_of_key
from sites_app.models import ApiKey, Controller, ZoneChange
from tests import chain
from tests.caller import Caller, problem_of, writer
from tests.sites.api.test_registry import pointers

pytestmark = pytest.mark.django_db
NEW = {"store": "S1", "name": "Front", "base_url": "https://xcs.example.com/api/v1/", "api_key": "its-secret-key"}


@pytest.fixture
def caller() -> Caller:
    chain.store("S1", timezone="Asia/Kathmandu")
    chain.store("S2")
    return writer()


def made(caller: Caller, **fields: Any) -> dict[str, Any]:
    response = caller.send("post", "controllers", {**NEW, **fields})
    assert response.status_code == 201, response.content
    content: dict[str, Any] = response.json()
    return content


def test_a_controller_is_new_until_it_is_asked_and_says_what_to_type_into_it(caller: Caller) -> None:
    content = made(caller, webhook_key="hook-secret")
    stored = Controller.objects.get()
    assert content == {
        "id": str(stored.pk),
        "store": "S1",
        "name": "Front",
        "kind": "xcs",
        "base_url": "https://xcs.example.com/api/v1",
        "enabled": True,
        "poll_interval_s": 60,
        "verify_tls": True,
        "ca_certificate": "",
        "webhook_url": stored.webhook_url,
        "health": {
            "state": "new",
            "last_success_at": None,
            "last_error": None,
            "consecutive_failures": 0,
            "clock_skew_ms": None,
            "path_analytics": None,
        },
    }
    assert (stored.api_key.reveal(), stored.webhook_secret().reveal()) == ("its-secret-key", "hook-secret")


def test_no_key_comes_out(caller: Caller) -> None:
    path = f"controllers/{made(caller, webhook_key='hook-secret')['id']}"
    changed = caller.send("patch", path, {"api_key": "other-secret"})
    for response in (caller.ask(path), caller.ask("controllers"), changed):
        assert b"secret" not in response.content
    assert Controller.objects.get().api_key.reveal() == "other-secret"


def test_a_changed_webhook_key_leaves_the_one_before_for_a_day(caller: Caller) -> None:
    path = f"controllers/{made(caller, webhook_key='hook-secret')['id']}"
    caller.send("patch", path, {"webhook_key": "next"})
    stored = Controller.objects.get()
    assert stored.previous_webhook_key.reveal() == "hook-secret"
    assert stored.previous_webhook_key_until is not None
    assert stored.previous_webhook_key_until > datetime.now(UTC)


def test_a_sensor_is_known_by_its_address(caller: Caller) -> None:
    assert made(caller, base_url="http://10.0.0.9/api/v5")["kind"] == "xovis"


def test_health_is_told_in_the_store_s_own_time(caller: Caller) -> None:
    path = f"controllers/{made(caller)['id']}"
    before = caller.ask(path)["ETag"]
    at = datetime(2026, 6, 3, 12, tzinfo=UTC)
    Controller.objects.update(state="offline", last_success_at=at, last_error="It is off.", clock_skew_ms=420_000)
    health = caller.get(path)["health"]
    assert health["last_success_at"] == "2026-06-03T17:45:00+05:45"
    assert (health["state"], health["last_error"], health["clock_skew_ms"]) == ("offline", "It is off.", 420_000)
    assert caller.ask(path)["ETag"] != before
    # Its health changes by itself: who changes the rest needn't know the latest of it.
    assert caller.send("patch", path, {"name": "Back"}, headers={"If-Match": before}).status_code == 200
    assert caller.send("patch", path, {"name": "Side"}, headers={"If-Match": before}).status_code == 412


@pytest.mark.parametrize(
    ("fields", "pointer", "said"),
    [
        ({"base_url": "ftp://x/api"}, "/base_url", "http(s)://HOST"),
        ({"base_url": "http://user:pw@x/api/v1"}, "/base_url", "Leave out user names"),
        ({"store": "S7"}, "/store", "no store 'S7'"),
        ({"store": 5}, "/store", "as text"),
        ({"kind": "camera"}, "/kind", "camera"),
        ({"poll_interval_s": 4}, "/poll_interval_s", "5"),
        ({"poll_interval_s": 10**30}, "/poll_interval_s", "3600"),
        ({"ca_certificate": "nonsense"}, "/ca_certificate", "PEM"),
        ({"api_key": None}, "/api_key", "null"),
        ({"id": "x", "basurl": ""}, "/basurl", "did you mean 'base_url'?"),
    ],
)
def test_what_can_t_be_used_is_named(caller: Caller, fields: dict[str, Any], pointer: str, said: str) -> None:
    told = pointers(caller.send("post", "controllers", {**NEW, **fields}))
    assert list(told) == [pointer]
    assert said in told[pointer]


def test_a_new_controller_needs_its_key(caller: Caller) -> None:
    without = {name: value for name, value in NEW.items() if name != "api_key"}
    assert "required" in pointers(caller.send("post", "controllers", without))["/api_key"]


def test_its_key_is_not_carried_to_another_host_unasked(caller: Caller) -> None:
    path = f"controllers/{made(caller)['id']}"
    elsewhere = {"base_url": "https://elsewhere.example.com/api/v1"}
    for address in ("http://xcs.example.com/api/v1", "https://xcs.example.com:8443/api/v1", elsewhere["base_url"]):
        told = pointers(caller.send("patch", path, {"base_url": address}))
        assert "send 'api_key' again" in told["/api_key"], address
    assert Controller.objects.get().base_url == "https://xcs.example.com/api/v1"
    assert caller.send("patch", path, {"base_url": "https://XCS.example.com:443/api/v1"}).status_code == 200
    assert caller.send("patch", path, {**elsewhere, "api_key": "k"}).status_code == 200
    assert caller.send("patch", path, {"base_url": "https://elsewhere.example.com/other/api/v1"}).status_code == 200


def test_what_was_read_of_it_can_be_sent_back_though_its_health_is_another(caller: Caller) -> None:
    content = made(caller)
    Controller.objects.update(state="offline")
    assert caller.send("patch", f"controllers/{content['id']}", {**content, "name": "Back"}).status_code == 200
    told = pointers(caller.send("patch", f"controllers/{content['id']}", {"webhook_url": "https://other.example"}))
    assert list(told) == ["/webhook_url"]


def test_two_of_one_name_in_a_store_are_refused(caller: Caller) -> None:
    made(caller)
    assert "already" in pointers(caller.send("post", "controllers", NEW))[""]


def test_one_that_has_counted_stays_in_its_store(caller: Caller) -> None:
    path = f"controllers/{made(caller)['id']}"
    assert caller.send("patch", path, {"store": "S2"}).json()["store"] == "S2"
    chain.zone(Controller.objects.get(), "door", "entrance")
    assert "register it anew" in pointers(caller.send("patch", path, {"store": "S1"}))["/store"]
    refused = problem_of(caller.send("delete", path), 409)
    assert "base_url" in refused["detail"]
    assert "/retire" in refused["detail"]


def test_one_that_is_retired_is_asked_no_longer_and_its_figures_stay(caller: Caller) -> None:
    path = f"controllers/{made(caller)['id']}"
    controller = Controller.objects.get()
    for zone_id in ("door", "floor"):
        chain.zone(controller, zone_id)
    assert caller.send("post", f"{path}/retire").json()["enabled"] is False
    zones = caller.get("zones", retired="true")["results"]
    assert [(zone["zone_id"], zone["set_by_hand"]) for zone in zones] == [("door", []), ("floor", [])]
    [change] = ZoneChange.objects.filter(zone__zone_id="door")
    assert (change.kind, change.detail) == ("retired", f"By {principal_of_key(ApiKey.objects.get()).name}.")
    caller.send("post", f"{path}/retire")
    assert ZoneChange.objects.count() == 2, "once is enough"
    assert caller.send("patch", path, {"name": "Controller 1 (until 2026)"}).status_code == 200
    assert caller.send("post", "controllers", NEW).status_code == 201, "its name is free"


def test_one_that_has_counted_nothing_is_deleted(caller: Caller) -> None:
    path = f"controllers/{made(caller)['id']}"
    assert caller.send("delete", path).status_code == 204
    caller.problem(path, status=404)
