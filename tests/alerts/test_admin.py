"""Alerts, endpoints and letters in the admin: what people do there."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from alerts.models import Alert, AlertRule, Mail, MailPreference, WebhookDelivery, WebhookEndpoint
from alerts.webhooks import endpoints
from tests import chain
from tests.alerts.endpoints import endpoint, receiver, verified
from tests.alerts.happening import NOW
from tests.simulator.receiver import Receiver

__all__ = ["receiver"]

pytestmark = pytest.mark.django_db


def act(client: Client, model: str, action: str, *rows: Any) -> str:
    """The page after an action on these rows."""
    chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
    page = client.post(reverse(f"admin:alerts_{model}_changelist"), chosen, follow=True)
    return page.content.decode()


def an_alert(code: str, **fields: Any) -> Alert:
    return Alert.objects.create(store=chain.store(code), kind="data_gap", message="M", opened_at=NOW, **fields)


def test_open_alerts_are_acknowledged_in_the_person_s_name(admin_client: Client) -> None:
    page = act(admin_client, "alert", "acknowledge", an_alert("S1"), an_alert("S2", resolved_at=NOW))
    assert "Acknowledged: 1. Acknowledged or resolved before: 1." in page
    assert Alert.objects.get(store__code="S1").acknowledged_by == "admin"
    assert Alert.objects.get(store__code="S2").acknowledged_at is None


def test_who_may_only_look_acknowledges_nothing(client: Client) -> None:
    viewer = User.objects.create(username="viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_alert"))
    client.force_login(viewer)
    act(client, "alert", "acknowledge", alert := an_alert("S1"))
    alert.refresh_from_db()
    assert alert.acknowledged_at is None


def test_a_rule_is_entered_for_a_region_or_a_store_but_not_for_both(admin_client: Client) -> None:
    store = chain.store()
    form = {"kind": "queue_over_threshold", "region": store.region_id, "enabled": "unknown", "threshold": "6"}
    page = admin_client.post(reverse("admin:alerts_alertrule_add"), {**form, "store": store.pk})
    assert "Choose a region or a store, not both." in page.content.decode()
    assert admin_client.post(reverse("admin:alerts_alertrule_add"), form).status_code == 302
    assert AlertRule.objects.get().threshold == 6


def test_a_new_endpoint_s_secret_is_shown_once_and_signs(admin_client: Client, receiver: Receiver) -> None:
    form = {"name": "Staffing", "url": receiver.url, "event_types": ["alert.opened"], "enabled": "on"}
    page = admin_client.post(reverse("admin:alerts_webhookendpoint_add"), form, follow=True).content.decode()
    shown = re.search(r"shown only this once: (whsec_[\w+/=-]+)", page)
    assert shown
    made = WebhookEndpoint.objects.get()
    assert (made.event_types, made.owner_user and made.owner_user.username) == (["alert.opened"], "admin")
    again = admin_client.get(reverse("admin:alerts_webhookendpoint_change", args=[made.pk])).content.decode()
    assert shown[1] not in again
    assert "took it (204)" in act(admin_client, "webhookendpoint", "send_test", made)
    assert verified(receiver.posts[0], shown[1])["type"] == "endpoint.test"
    rotated = act(admin_client, "webhookendpoint", "rotate_secrets", made)
    assert re.search(r"The new secret of Staffing, shown only this once: whsec_", rotated)


def test_an_address_that_only_this_machine_reaches_is_refused(admin_client: Client) -> None:
    form = {"url": "https://127.0.0.1/hook", "enabled": "on"}
    page = admin_client.post(reverse("admin:alerts_webhookendpoint_add"), form)
    assert "private and local addresses" in page.content.decode()


def test_an_endpoint_that_was_switched_off_is_switched_on_by_hand(admin_client: Client) -> None:
    made = endpoint("https://a.example/", failing_since=NOW - timedelta(days=4))
    endpoints.switch_off(made, "It failed.", now=NOW)
    form = {"url": made.url, "enabled": "on"}
    url = reverse("admin:alerts_webhookendpoint_change", args=[made.pk])
    assert "It failed." in admin_client.get(url).content.decode()
    assert admin_client.post(url, form).status_code == 302
    made.refresh_from_db()
    assert (made.enabled, made.failing_since, made.disabled_at, made.disabled_reason) == (True, None, None, "")


def test_a_delivery_shows_what_it_told_and_is_replayed(admin_client: Client, receiver: Receiver) -> None:
    act(admin_client, "webhookendpoint", "send_test", endpoint(receiver.url))
    delivery = WebhookDelivery.objects.get()
    shown = admin_client.get(reverse("admin:alerts_webhookdelivery_change", args=[delivery.pk])).content.decode()
    assert delivery.message.webhook_id in shown
    assert "To be sent again: 1." in act(admin_client, "webhookdelivery", "replay", delivery)
    assert "Under way, or the endpoint is off: 1." in act(admin_client, "webhookdelivery", "replay", delivery)


def test_a_person_s_preferences_are_entered(admin_client: Client) -> None:
    anna = User.objects.create(username="anna")
    form = {"user": anna.pk, "mode": "daily", "daily_at": "06:30", "timezone": "Europe/Berlin", "kinds": ["data_gap"]}
    assert admin_client.post(reverse("admin:alerts_mailpreference_add"), form).status_code == 302
    preference = MailPreference.objects.get()
    assert (preference.mode, preference.kinds, preference.when_resolved) == ("daily", ["data_gap"], False)


def test_letters_that_failed_are_tried_again(admin_client: Client) -> None:
    failed, sent = (
        Mail.objects.create(address="anna@example.com", created_at=NOW, due_at=NOW, state=state)
        for state in ("failed", "sent")
    )
    assert "To be sent again: 1." in act(admin_client, "mail", "send_again", failed, sent)
    assert Mail.objects.get(pk=failed.pk).state == "waiting"
