"""Who changed what is watched, and whom it's told: in the audit log as the registry's changes are, and without a secret."""

from __future__ import annotations

import json

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from alerts.models import AlertRule, MailPreference, WebhookEndpoint
from tests.caller import writer

pytestmark = pytest.mark.django_db
URL = "https://93.184.215.14/hook"


def latest(model: type) -> LogEntry:
    entry = LogEntry.objects.get_for_model(model).latest("pk")
    assert isinstance(entry, LogEntry)
    return entry


def test_a_program_s_endpoint_is_kept_with_its_key_and_each_change_but_no_secret() -> None:
    caller = writer()
    made = caller.send("post", "webhook_endpoints", {"url": URL, "name": "Staffing"}).json()
    path = f"webhook_endpoints/{made['id']}"
    caller.send("patch", path, {"enabled": False})
    assert latest(WebhookEndpoint).changes_dict == {"enabled": [True, False]}
    rotated = caller.send("post", f"{path}/rotate_secret").json()
    assert latest(WebhookEndpoint).changes_dict == {"secret": ["…", "…"]}
    kept = list(LogEntry.objects.get_for_model(WebhookEndpoint))
    assert all(entry.additional_data["key"] for entry in kept)
    told = json.dumps([entry.changes for entry in kept])
    assert made["secret"] not in told
    assert rotated["secret"] not in told


def test_a_rule_is_kept_with_who_made_it(admin_client: Client) -> None:
    form = {"kind": "queue_over_threshold", "enabled": "unknown", "threshold": "8"}
    answer = admin_client.post(reverse("admin:alerts_alertrule_add"), form)
    assert answer.status_code == 302, answer.content
    entry = latest(AlertRule)
    assert entry.actor == User.objects.get(username="admin")
    assert entry.changes_dict["threshold"][1] == 8.0


def test_what_a_person_wants_by_mail_is_kept(admin_client: Client) -> None:
    admin_client.post("/account/mail", {"mode": "daily", "daily_at": "06:30", "timezone": "Europe/Berlin"})
    entry = latest(MailPreference)
    assert entry.actor == User.objects.get(username="admin")
    assert entry.changes_dict["mode"][1] == "daily"
