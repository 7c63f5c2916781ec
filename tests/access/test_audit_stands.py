"""The audit log stands as it was written, for the ORM, for SQL and for who empties tables; a year and more can be forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from sites_app.models import ApiKey, Role
from tests import chain
from tests.access.people import code_of, come_in, confirm, secret_on, with_app
from tests.portal.people import PASSWORD, person

pytestmark = pytest.mark.django_db
OLD = datetime.now(UTC) - timedelta(days=400)


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


WAYS: list[Callable[[], object]] = [
    lambda: LogEntry.objects.update(object_repr="nothing"),
    lambda: LogEntry.objects.all().delete(),
    lambda: LogEntry.objects.latest("pk").delete(),
    lambda: LogEntry.objects.latest("pk").save(),
    lambda: LogEntry.objects.bulk_update([LogEntry(pk=LogEntry.objects.latest("pk").pk, action=1)], ["action"]),
    lambda: sql("DELETE FROM auditlog_logentry"),
    lambda: sql("UPDATE auditlog_logentry SET timestamp = now() - interval '2 years'"),
    lambda: sql("SET LOCAL xovis.audit_log = 'forget'; DELETE FROM auditlog_logentry"),
    lambda: sql("SET LOCAL session_replication_role = replica; DELETE FROM auditlog_logentry"),
    lambda: sql(
        "SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE auditlog_logentry ENABLE ALWAYS TRIGGER audit_log_stands_whole; TRUNCATE auditlog_logentry CASCADE"
    ),
]


@pytest.mark.parametrize("way", WAYS, ids=range(len(WAYS)))
def test_no_way_changes_it(way: Callable[[], object]) -> None:
    chain.store()
    before = list(LogEntry.objects.order_by("pk").values())
    with pytest.raises(DatabaseError, match="stands as it was written"), transaction.atomic():
        way()
    assert list(LogEntry.objects.order_by("pk").values()) == before != []


def test_the_admin_offers_nothing_of_the_kind(admin_client: Client) -> None:
    chain.store()
    entry = LogEntry.objects.latest("pk")
    page = reverse("admin:auditlog_logentry_changelist")
    assert "delete_selected" not in admin_client.get(page).content.decode()
    admin_client.post(page, {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"})
    assert admin_client.post(reverse("admin:auditlog_logentry_delete", args=[entry.pk])).status_code == 403
    assert admin_client.post(reverse("admin:auditlog_logentry_change", args=[entry.pk]), {}).status_code == 403
    assert LogEntry.objects.filter(pk=entry.pk).exists()


def test_what_is_older_than_a_year_is_forgotten_by_a_command_that_notes_it() -> None:
    chain.store()
    old = LogEntry.objects.latest("pk")
    kept = LogEntry.objects.count()
    old.pk, old.timestamp = None, OLD
    old.save(force_insert=True)
    call_command("forget_audit", before=(OLD.date() + timedelta(days=1)).isoformat())
    assert not LogEntry.objects.filter(timestamp__lt=OLD + timedelta(days=1)).exists()
    assert LogEntry.objects.count() == kept + 1
    noted = LogEntry.objects.latest("pk").additional_data
    assert noted["event"] == "forgot"
    assert noted["detail"].startswith("1 entries")
    with pytest.raises(DatabaseError), transaction.atomic():
        LogEntry.objects.all().delete()


@pytest.mark.parametrize("before", ["soon", (datetime.now(UTC) - timedelta(days=300)).date().isoformat()])
def test_a_year_stays_in_any_case(before: str) -> None:
    with pytest.raises(CommandError, match="--before"):
        call_command("forget_audit", before=before)


def test_who_did_something_is_switched_off_and_not_deleted(admin_client: Client) -> None:
    office, idle = person("office", None, role=Role.HEAD_OFFICE), person("idle")
    come_in(Client(), "office")
    told = admin_client.post(reverse("admin:auth_user_delete", args=[office.pk]), {"post": "yes"})
    assert "office in the audit log: switch them off instead" in told.content.decode()
    with pytest.raises(DatabaseError, match="stands as it was written"), transaction.atomic():
        office.delete()
    admin_client.post(reverse("admin:auth_user_delete", args=[idle.pk]), {"post": "yes"})
    assert set(User.objects.values_list("username", flat=True)) == {"admin", "office"}


def events() -> list[tuple[str, str, str | None]]:
    """What happened: the event, to whom, and its detail."""
    entries = LogEntry.objects.filter(action=LogEntry.Action.ACCESS).order_by("pk")
    return [(one.additional_data["event"], one.object_repr, one.additional_data.get("detail")) for one in entries]


def test_logins_and_those_that_failed_are_kept_with_their_address() -> None:
    user = person("head", None)
    client = Client(REMOTE_ADDR="192.0.2.7", headers={"X-Forwarded-For": "203.0.113.1"})
    come_in(client, "head", "wrong")
    come_in(client, "hunter2-typed-into-the-wrong-field")
    come_in(client, "head")
    client.post("/logout")
    assert events() == [
        ("login failed", "head", None),
        ("login failed", "", "no such user"),
        ("logged in", "head", "password"),
        ("logged out", "head", None),
    ]
    entries = LogEntry.objects.filter(action=LogEntry.Action.ACCESS)
    assert set(entries.values_list("remote_addr", flat=True)) == {"192.0.2.7"}
    assert entries.get(additional_data__event="logged in").actor == user
    assert "hunter2" not in json.dumps(list(LogEntry.objects.values()), default=str)


def test_second_factors_are_kept_and_none_of_their_secrets(client: Client) -> None:
    person("head", None)
    come_in(client, "head")
    confirm(client)
    secret = secret_on(client.get("/account/app").content.decode())
    client.post("/account/app", {"code": code_of(secret)})
    other = Client()
    come_in(other, "head")
    other.post("/login/second-factor", {"code": "000000"})
    other.post("/login/second-factor", {"code": code_of(secret, steps=1)})
    assert [event for event in events() if event[0] != "logged out"] == [
        ("logged in", "head", "password"),
        ("wrong code", "head", None),
        ("logged in", "head", "password + totp"),
    ]
    made = LogEntry.objects.filter(content_type__model="authenticator", action=LogEntry.Action.CREATE)
    assert {entry.changes_dict["type"][1] for entry in made} == {"totp", "recovery_codes"}
    assert {entry.actor and entry.actor.username for entry in made} == {"head"}
    assert secret not in json.dumps(list(LogEntry.objects.values()), default=str)


def test_what_head_office_takes_away_and_ends_is_kept_under_their_name() -> None:
    office, ines = person("office", None, role=Role.HEAD_OFFICE), person("ines")
    come_in(Client(), "ines")
    with_app(ines)
    admin = Client()
    admin.force_login(office)
    admin.post(reverse("admin:auth_user_changelist"), {"action": "take_factors", "_selected_action": [ines.pk]})
    gone = LogEntry.objects.filter(content_type__model="authenticator", action=LogEntry.Action.DELETE)
    assert [entry.actor for entry in gone] == [office, office]
    ended = LogEntry.objects.get(additional_data__event="login ended")
    assert (ended.actor, ended.object_repr) == (office, "ines")


def test_a_new_key_is_kept_under_who_made_it(client: Client) -> None:
    User.objects.create_superuser("root", password=PASSWORD)
    come_in(client, "root")
    client.post(reverse("admin:sites_app_apikey_add"), {"name": "BI", "scopes": ["read"]})
    entry = LogEntry.objects.get_for_model(ApiKey).get(action=LogEntry.Action.CREATE)
    assert (entry.actor and entry.actor.username, entry.changes_dict["name"][1]) == ("root", "BI")
