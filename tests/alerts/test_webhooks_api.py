"""Webhook endpoints over the API: made, changed, tried, rotated; their deliveries listed and replayed."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from standardwebhooks import WebhookVerificationError

from alerts.models import EventType, Mail, WebhookDelivery, WebhookEndpoint, WebhookMessage
from sites_app.models import FirstAnswer
from tests import chain
from tests.alerts.endpoints import endpoint, receiver, verified
from tests.alerts.happening import MINUTE, NOW
from tests.caller import Caller, problem_of, with_key, writer
from tests.simulator.receiver import Receiver

__all__ = ["receiver"]

pytestmark = pytest.mark.django_db
URL = "https://93.184.215.14/hook"


def made(caller: Caller, **fields: Any) -> dict[str, Any]:
    answer = caller.send("post", "webhook_endpoints", {"url": URL, **fields})
    assert answer.status_code == 201, answer.content
    content: dict[str, Any] = answer.json()
    return content


def deliveries(to: WebhookEndpoint, number: int) -> list[WebhookDelivery]:
    messages = [
        WebhookMessage.objects.create(type=EventType.OPENED, occurred_at=NOW, body=json.dumps({"type": "alert.opened"}))
        for _ in range(number)
    ]
    times = {"due_at": NOW, "give_up_at": NOW}
    return [
        WebhookDelivery.objects.create(endpoint=to, message=message, created_at=NOW - n // 2 * MINUTE, **times)
        for n, message in enumerate(messages)
    ]


def test_an_endpoint_s_secret_is_shown_when_it_is_made_and_never_again(receiver: Receiver) -> None:
    caller = writer()
    content = made(caller, url=receiver.url, name="Staffing", event_types=["alert.opened"])
    secret, path = content["secret"], f"webhook_endpoints/{content['id']}"
    assert caller.get(path) == {name: value for name, value in content.items() if name != "secret"}
    assert secret not in json.dumps(caller.get("webhook_endpoints"))
    tried = caller.send("post", f"{path}/test")
    assert (tried.status_code, tried.json()["state"]) == (200, "delivered")
    assert verified(receiver.posts[0], secret)["type"] == "endpoint.test"


def test_the_same_order_again_makes_nothing_and_does_not_show_the_secret_that_is_kept_nowhere() -> None:
    caller, key = writer(), {"Idempotency-Key": "once"}
    first, again = (caller.send("post", "webhook_endpoints", {"url": URL}, headers=key) for _ in range(2))
    assert WebhookEndpoint.objects.count() == 1
    assert first.json()["secret"].startswith("whsec_")
    assert again.json() == {**first.json(), "secret": None}
    assert "whsec_" not in json.dumps(FirstAnswer.objects.get().content)


def test_a_secret_is_rotated_and_the_one_before_signs_on_for_a_day(receiver: Receiver) -> None:
    caller = writer()
    content = made(caller, url=receiver.url)
    path = f"webhook_endpoints/{content['id']}"
    rotated = caller.send("post", f"{path}/rotate_secret").json()
    assert rotated["previous_secret_until"]
    caller.send("post", f"{path}/test")
    for secret in (content["secret"], rotated["secret"]):
        assert verified(receiver.posts[0], secret)
    caller.send("post", f"{path}/rotate_secret")
    caller.send("post", f"{path}/test")
    with pytest.raises(WebhookVerificationError):
        verified(receiver.posts[1], content["secret"])


def test_an_endpoint_is_changed_and_deleted() -> None:
    caller = writer()
    path = f"webhook_endpoints/{made(caller)['id']}"
    germany = chain.region("Europe/Germany")
    changes = {"regions": [germany.code], "event_types": ["alert.resolved"], "enabled": False}
    answer = caller.send("patch", path, changes)
    assert answer.status_code == 200, answer.content
    assert {name: answer.json()[name] for name in changes} == changes
    assert caller.send("delete", path).status_code == 204
    caller.problem(path, status=404)
    assert not Mail.objects.exists()


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"url": "https://127.0.0.1/hook"}, "/url"),
        ({"url": "http://93.184.215.14/hook"}, "/url"),
        ({"url": None}, "/url"),
        ({"url": URL, "event_types": ["alert.forgotten"]}, "/event_types/0"),
        ({"url": URL, "event_types": ["endpoint.test"]}, "/event_types/0"),
        ({"url": URL, "regions": ["mars"]}, "/regions"),
        ({"url": URL, "contact_email": "nobody"}, "/contact_email"),
        ({"url": URL, "secret": "mine"}, "/secret"),
        ({"url": URL, "enabld": True}, "/enabld"),
    ],
)
def test_what_cannot_be_used_is_named(fields: dict[str, Any], pointer: str) -> None:
    told = problem_of(writer().send("post", "webhook_endpoints", fields), 400)
    assert told["errors"][0]["pointer"] == pointer
    assert not WebhookEndpoint.objects.exists()


def test_a_key_of_a_region_makes_endpoints_for_it_and_sees_no_others() -> None:
    germany, asia = chain.region("Europe/Germany"), chain.region("Asia")
    everywhere, theirs = endpoint(URL), endpoint(URL, asia)
    caller = writer(germany)
    content = made(caller)
    assert content["regions"] == [germany.code]
    assert [one["id"] for one in caller.get("webhook_endpoints")["results"]] == [content["id"]]
    for other in (everywhere, theirs):
        path = f"webhook_endpoints/{other.pk}"
        caller.problem(path, status=404)
        caller.problem(f"{path}/deliveries", status=404)
        problem_of(caller.send("delete", path), 404)
        problem_of(caller.send("post", f"{path}/rotate_secret"), 404)
        problem_of(caller.send("post", f"{path}/test"), 404)
    told = problem_of(caller.send("post", "webhook_endpoints", {"url": URL, "regions": [asia.code]}), 400)
    assert "There is no region 'asia' that you can see" in told["detail"]
    told = problem_of(caller.send("patch", f"webhook_endpoints/{content['id']}", {"regions": []}), 400)
    assert told["errors"][0]["pointer"] == "/regions"


def test_what_was_switched_off_is_switched_on_and_starts_afresh() -> None:
    off = endpoint(URL, enabled=False, failing_since=NOW, disabled_at=NOW, disabled_reason="It failed.")
    content = writer().send("patch", f"webhook_endpoints/{off.pk}", {"enabled": True}).json()
    assert (content["enabled"], content["failing_since"], content["disabled_reason"]) == (True, None, None)


def test_a_test_says_what_is_wrong(receiver: Receiver) -> None:
    receiver.answers = lambda _: 302
    content = made(writer(), url=receiver.url)
    tried = writer().send("post", f"webhook_endpoints/{content['id']}/test").json()
    assert (tried["state"], tried["status"]) == ("failed", 302)
    assert "redirects aren't followed" in tried["error"]


def test_deliveries_are_listed_in_pages_filtered_and_cost_as_many_queries_whatever_their_number() -> None:
    to = endpoint(URL)
    deliveries(to, 5)
    deliveries(endpoint(URL), 2)
    caller, path = with_key(), f"webhook_endpoints/{to.pk}/deliveries"
    with CaptureQueriesContext(connection) as small:
        page = caller.get(path, limit=2)
    with CaptureQueriesContext(connection) as large:
        assert len(caller.get(path)["results"]) == 5
    assert len(large) <= len(small) <= 4
    assert page["next"]
    assert caller.get(path, state="delivered")["results"] == []
    assert len(caller.get(path, type="alert.opened")["results"]) == 5
    assert caller.problem(path, stat="failed")["errors"][0]["parameter"] == "stat"


def test_a_delivery_is_shown_with_its_body_and_replayed_when_it_is_over() -> None:
    to = endpoint(URL)
    (delivery,) = deliveries(to, 1)
    caller = writer()
    content = caller.get(f"deliveries/{delivery.pk}")
    assert (content["body"], content["endpoint"]) == ({"type": "alert.opened"}, str(to.pk))
    told = problem_of(caller.send("post", f"deliveries/{delivery.pk}/replay"), 409)
    assert told["detail"] == "It is under way already."
    WebhookDelivery.objects.update(state="failed")
    answer = caller.send("post", f"deliveries/{delivery.pk}/replay")
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    WebhookDelivery.objects.update(state="failed")
    WebhookEndpoint.objects.update(enabled=False)
    told = problem_of(caller.send("post", f"deliveries/{delivery.pk}/replay"), 409)
    assert told["detail"] == "Its endpoint is switched off."


def test_another_s_delivery_is_not_there() -> None:
    (delivery,) = deliveries(endpoint(URL), 1)
    caller = writer(chain.region("Asia"))
    for path in (f"deliveries/{delivery.pk}", f"deliveries/{uuid4()}"):
        caller.problem(path, status=404)
        problem_of(caller.send("post", f"{path}/replay"), 404)


def test_a_key_that_only_reads_makes_and_rotates_nothing() -> None:
    path = f"webhook_endpoints/{endpoint(URL).pk}"
    caller = with_key()
    for method, where in (
        ("post", "webhook_endpoints"),
        ("patch", path),
        ("delete", path),
        ("post", f"{path}/rotate_secret"),
        ("post", f"{path}/test"),
    ):
        problem_of(caller.send(method, where, {}), 403)
