"""Webhooks out: signed, retried for a day, replayed; an endpoint that fails for days is switched off."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from alerts import lifecycle
from alerts.models import Alert, EventType, Mail, WebhookDelivery, WebhookEndpoint, WebhookMessage
from alerts.webhooks import delivering, endpoints, signing
from alerts.webhooks.attempts import Outcome
from sites_app.access import Principal
from sites_app.models import Store, Zone
from tests import chain
from tests.alerts.endpoints import clock, deliver, endpoint, receiver, verified
from tests.alerts.happening import MINUTE, NOW, waited
from tests.caller import person
from tests.simulator.receiver import Receiver

__all__ = ["receiver"]

pytestmark = pytest.mark.django_db
STATES = WebhookDelivery.State
DAY = timedelta(days=1)


@pytest.fixture
def till() -> Zone:
    return chain.zone(chain.controller(chain.store("S1"), state="online"), "till", "queue", name="Checkout 1")


def too_long(till: Zone, until: datetime = NOW) -> Alert:
    """A queue that has been too long, as a review finds it."""
    waited(till, [12] * 6, until=until)
    lifecycle.review(now=until)
    return Alert.objects.open().get(store=till.store)


def well(till: Zone, until: datetime) -> None:
    waited(till, [1, 1, 1], until=until)
    lifecycle.review(now=until)


def test_what_happens_to_an_alert_is_told_signed_as_the_specification_has_it(till: Zone, receiver: Receiver) -> None:
    made = endpoint(receiver.url)
    alert = too_long(till)
    lifecycle.acknowledge(alert, by="anna", note="On it", now=NOW + MINUTE)
    well(till, NOW + 10 * MINUTE)
    assert deliver(NOW + 10 * MINUTE) == 3
    told = {content["type"]: content for content in (verified(post, made.secret.reveal()) for post in receiver.posts)}
    assert set(told) == set(EventType.subscribable())
    assert told["alert.opened"]["data"] == {
        "id": str(alert.pk),
        "kind": "queue_over_threshold",
        "state": "open",
        "store": "S1",
        "region": "europe-germany",
        "zone": "S1/till",
        "controller": str(till.controller_id),
        "subject": "till",
        "message": "Checkout 1: 12 people waiting, more than 10",
        "value": 12,
        "limit": 10,
        "since": "2026-06-03T13:55:00+02:00",
        "opened_at": "2026-06-03T14:00:00+02:00",
        "acknowledged_at": None,
        "acknowledged_by": None,
        "note": None,
        "resolved_at": None,
        "resolution": None,
    }
    assert told["alert.acknowledged"]["data"]["acknowledged_by"] == "anna"
    assert told["alert.resolved"]["data"]["state"] == "resolved"
    assert told["alert.resolved"]["timestamp"] == (NOW + 10 * MINUTE).isoformat()
    assert len({post.headers["webhook-id"] for post in receiver.posts}) == 3
    with pytest.raises(WebhookVerificationError):
        verified(receiver.posts[0], signing.new_secret())
    assert deliver() == 0


def test_an_endpoint_hears_of_its_regions_and_of_what_it_has_chosen(till: Zone) -> None:
    everything = endpoint("https://a.example/")
    region = endpoint("https://b.example/", till.store.region)
    above = endpoint("https://c.example/", chain.region("Europe"), till.store.region)
    chosen = endpoint("https://d.example/", event_types=["alert.opened"])
    for other in (
        endpoint("https://e.example/", chain.region("Asia")),
        endpoint("https://f.example/", event_types=["alert.resolved"]),
        endpoint("https://g.example/", enabled=False),
    ):
        assert not other.deliveries.exists()
    too_long(till)
    told = set(WebhookDelivery.objects.values_list("endpoint", flat=True))
    assert told == {everything.pk, region.pk, above.pk, chosen.pk}
    assert WebhookMessage.objects.count() == 1


def test_what_was_rolled_back_is_told_to_nobody(till: Zone) -> None:
    endpoint("https://a.example/")
    person("anna", None, email="anna@example.com")
    waited(till, [12] * 6)
    with transaction.atomic():
        lifecycle.review(now=NOW)
        assert WebhookDelivery.objects.count() == 1
        transaction.set_rollback(True)
    assert not Alert.objects.exists()
    assert not WebhookMessage.objects.exists()
    lifecycle.review(now=NOW)
    assert WebhookDelivery.objects.count() == Alert.objects.count() == 1


def test_a_failed_delivery_is_tried_again_with_the_same_id_until_it_succeeds(till: Zone, receiver: Receiver) -> None:
    endpoint(receiver.url)
    too_long(till)
    receiver.answers = lambda number: [500, 404, 204][number]
    for _ in range(3):
        assert deliver() == 1
        assert deliver() == 0
        WebhookDelivery.objects.update(due_at=NOW)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.status, delivery.error) == (STATES.DELIVERED, 3, 204, "")
    assert len({post.headers["webhook-id"] for post in receiver.posts}) == 1


@given(st.floats(0, 1, exclude_max=True))
def test_attempts_lie_further_and_further_apart_and_at_most_two_hours(jitter: float) -> None:
    waits = [delivering.retry_at(NOW, number, jitter) - NOW for number in range(1, 30)]
    assert waits == sorted(waits)
    assert waits[0] >= 0.75 * timedelta(seconds=5)
    assert waits[-1] <= timedelta(hours=2)
    assert sum(wait < timedelta(hours=1) for wait in waits) >= 5
    assert delivering.retry_at(NOW, 1, jitter, timedelta(hours=1)) == NOW + timedelta(hours=1)


def test_after_a_day_a_delivery_is_given_up_and_stays_listed(till: Zone, receiver: Receiver) -> None:
    endpoint(receiver.url)
    too_long(till)
    receiver.answers = lambda _: 503
    WebhookDelivery.objects.update(give_up_at=NOW + timedelta(seconds=1))
    deliver()
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.status) == (STATES.FAILED, 503)
    assert delivery.error == "Answered 503 Service Unavailable."
    assert deliver() == 0


def test_what_was_in_the_hands_of_a_process_that_died_is_due_again(till: Zone, receiver: Receiver) -> None:
    endpoint(receiver.url)
    too_long(till)
    claimed = delivering.claim(now=NOW)
    assert len(claimed) == 1
    assert deliver() == 0
    WebhookDelivery.objects.update(due_at=NOW)  # the lease is over
    assert deliver() == 1
    assert WebhookDelivery.objects.get().state == STATES.DELIVERED
    # The one that seemed dead comes back with bad news, too late to matter.
    late = WebhookDelivery.objects.get()
    delivering.settle(late, Outcome(False, None, "Cut off."), now=NOW)
    assert WebhookDelivery.objects.get().state == STATES.DELIVERED


def test_a_slow_endpoint_gets_a_part_of_a_round_and_not_all_of_it(till: Zone) -> None:
    slow, quick = endpoint("https://slow.example/"), endpoint("https://quick.example/")
    for number in range(50):
        message = WebhookMessage.objects.create(type=EventType.OPENED, occurred_at=NOW, body=str(number))
        ages = {"created_at": NOW, "give_up_at": NOW + DAY}
        WebhookDelivery.objects.create(endpoint=slow, message=message, due_at=NOW - DAY, **ages)
        if number < 3:
            WebhookDelivery.objects.create(endpoint=quick, message=message, due_at=NOW, **ages)
    claimed = WebhookDelivery.objects.filter(pk__in=delivering.claim(now=NOW))
    assert claimed.filter(endpoint=slow).count() == delivering.PER_ENDPOINT
    assert claimed.filter(endpoint=quick).count() == 3


def test_a_delivery_is_replayed_when_it_is_over_and_not_before(till: Zone, receiver: Receiver) -> None:
    made = endpoint(receiver.url)
    too_long(till)
    delivery = WebhookDelivery.objects.get()
    assert not delivering.replay(delivery, now=NOW)
    deliver()
    assert delivering.replay(delivery, now=NOW)
    assert deliver() == 1
    first, again = receiver.posts
    assert first.body == again.body
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    WebhookEndpoint.objects.filter(pk=made.pk).update(enabled=False)
    assert not delivering.replay(delivery, now=NOW)


def test_for_a_day_after_a_rotation_both_secrets_fit_and_then_the_new_one_alone(till: Zone, receiver: Receiver) -> None:
    made = endpoint(receiver.url)
    before = made.secret.reveal()
    after = endpoints.rotate_secret(made, now=NOW)
    too_long(till)
    deliver()
    assert verified(receiver.posts[0], before) == verified(receiver.posts[0], after)
    WebhookEndpoint.objects.update(previous_secret_until=NOW)
    assert delivering.replay(WebhookDelivery.objects.get(), now=NOW)
    deliver()
    assert verified(receiver.posts[1], after)
    with pytest.raises(WebhookVerificationError):
        verified(receiver.posts[1], before)


def test_secrets_are_encrypted_at_rest_and_shown_nowhere(till: Zone) -> None:
    made = endpoint("https://a.example/")
    plain = made.secret.reveal()
    assert Webhook(plain)
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM alerts_webhookendpoint")
        (stored,) = cursor.fetchone()
    assert plain not in stored
    assert plain not in f"{made!r} {made} {vars(made)}"


def test_an_endpoint_that_fails_for_days_is_switched_off_and_its_owner_told(till: Zone, receiver: Receiver) -> None:
    made = endpoint(receiver.url, owner_user=person("anna", email="anna@example.com"))
    receiver.answers = lambda _: 500
    too_long(till)
    deliver()
    made.refresh_from_db()
    assert made.enabled
    assert made.failing_since
    WebhookEndpoint.objects.update(failing_since=NOW - endpoints.FAILS_FOR)
    WebhookDelivery.objects.update(due_at=NOW)
    deliver()
    made.refresh_from_db()
    assert not made.enabled
    assert "Nothing has been delivered for 3 days. The last error: Answered 500" in made.disabled_reason
    (letter,) = Mail.objects.all()
    assert (letter.address, receiver.url in letter.text) == ("anna@example.com", True)
    WebhookDelivery.objects.update(due_at=NOW)
    assert deliver() == 0


def test_one_success_makes_up_for_all_failures_before(till: Zone, receiver: Receiver) -> None:
    made = endpoint(receiver.url)
    WebhookEndpoint.objects.update(failing_since=NOW - 2 * DAY)
    too_long(till)
    deliver()
    made.refresh_from_db()
    assert made.failing_since is None
    assert made.last_success_at


def test_an_endpoint_that_says_that_it_is_gone_is_switched_off_at_once(till: Zone, receiver: Receiver) -> None:
    endpoint(receiver.url, contact_email="ops@example.com")
    receiver.answers = lambda _: 410
    too_long(till)
    deliver()
    assert not WebhookEndpoint.objects.get().enabled
    assert Mail.objects.get().address == "ops@example.com"


def test_an_endpoint_that_nobody_is_known_to_own_is_head_office_s(till: Zone, receiver: Receiver) -> None:
    person("boss", None, email="boss@example.com")
    person("manager", till.store.region, email="manager@example.com")
    assert endpoints.owners(endpoint(receiver.url)) == ["boss@example.com"]


def test_a_test_is_delivered_at_once_and_tried_only_once(receiver: Receiver) -> None:
    made = endpoint(receiver.url, event_types=["alert.resolved"], enabled=False)
    assert delivering.try_out(made, clock=clock).state == STATES.DELIVERED
    assert verified(receiver.posts[0], made.secret.reveal())["type"] == "endpoint.test"
    receiver.answers = lambda _: 400
    delivery = delivering.try_out(made, clock=clock)
    assert (delivery.state, delivery.status) == (STATES.FAILED, 400)


def test_an_endpoint_is_seen_by_who_sees_all_of_its_stores() -> None:
    germany, europe, asia = (chain.region(path) for path in ("Europe/Germany", "Europe", "Asia"))
    everywhere = endpoint("https://a.example/")
    german, both = endpoint("https://b.example/", germany), endpoint("https://c.example/", germany, asia)

    def seen(*regions: Any) -> set[object]:
        principal = Principal("k", frozenset(), not regions, tuple(region.pk for region in regions))
        return set(WebhookEndpoint.objects.visible_to(principal))

    assert seen() == {everywhere, german, both}
    assert seen(europe) == {german}
    assert seen(europe, asia) == {german, both}
    assert seen(asia) == set()


def test_a_region_that_an_endpoint_is_bound_to_is_not_deleted_from_under_it() -> None:
    from django.db.models import ProtectedError

    asia = chain.region("Asia")
    endpoint("https://a.example/", asia)
    with pytest.raises(ProtectedError):
        asia.delete()


def test_old_messages_are_forgotten_with_their_deliveries(till: Zone) -> None:
    endpoint("https://a.example/")
    too_long(till)
    assert delivering.forget(before=NOW) == 0
    assert delivering.forget(before=NOW + MINUTE) == 2
    assert Store.objects.count() == Alert.objects.count() == 1
