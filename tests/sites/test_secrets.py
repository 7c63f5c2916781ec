"""Controllers' keys: encrypted wherever they rest, and shown nowhere."""

from __future__ import annotations

import json
import logging
import pickle
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib.admin.models import LogEntry
from django.core import serializers
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.forms.models import model_to_dict
from django.test import Client
from django.urls import reverse

from ingest import asking_now, polling
from ingest.models import Quarantine, Stream
from sites_app import secrets
from sites_app.models import Controller
from sites_app.secrets import Secret, SecretUnreadable
from tests import chain
from tests.fleet import Fleet

pytestmark = pytest.mark.django_db
KEY, HOOK = "xcs-very-secret-key", "hook-very-secret-key"


@pytest.fixture
def controller() -> Controller:
    return chain.controller(chain.store(), api_key=KEY, webhook_key=HOOK)


def stored() -> tuple[str, str]:
    """Both keys, as the database has them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT api_key, webhook_key FROM sites_app_controller")
        row: tuple[str, str] = cursor.fetchone()
        return row


def test_a_key_comes_back_as_it_went_in_and_rests_encrypted(controller: Controller) -> None:
    kept = Controller.objects.get()
    assert (kept.api_key.reveal(), kept.webhook_key.reveal()) == (KEY, HOOK)
    assert all("secret" not in token and token.startswith("gAAAA") for token in stored())


def test_a_key_is_encrypted_from_the_moment_that_it_is_assigned() -> None:
    controller = Controller(api_key=KEY, webhook_key=HOOK)
    assert "very-secret" not in str(vars(controller))
    controller.api_key = KEY[::-1]
    assert "terces" not in str(vars(controller))
    assert controller.api_key.reveal() == KEY[::-1]


SHOWN: list[Callable[[Controller], object]] = [
    repr,
    str,
    vars,
    model_to_dict,
    lambda controller: repr(controller.api_key) + str(controller.api_key) + f"{controller.api_key}",
    lambda _: list(Controller.objects.values()),
    lambda _: list(Controller.objects.values_list("api_key", "webhook_key")),
    lambda controller: serializers.serialize("json", [controller]),
    pickle.dumps,
    lambda controller: list(polling.turns(polling.load({controller.pk: ["live"]}), now=controller.created_at)),
]


@pytest.mark.parametrize("shown", SHOWN)
def test_a_key_shows_nowhere(controller: Controller, shown: Callable[[Controller], object]) -> None:
    polling.ensure_streams(now=controller.created_at)
    assert "very-secret" not in str(shown(controller))


def test_a_key_is_no_json_by_mistake(controller: Controller) -> None:
    with pytest.raises(TypeError):
        json.dumps(controller.api_key)


def test_serialised_data_can_be_loaded_again(controller: Controller) -> None:
    data = serializers.serialize("json", [controller])
    Controller.objects.all().delete()
    for loaded in serializers.deserialize("json", data):
        loaded.save()
    assert Controller.objects.get().api_key.reveal() == KEY


def test_polling_shows_no_key_in_logs_results_or_quarantine(
    fleet: Fleet, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    site = fleet.site("S001")
    controller = chain.registered(site)
    results = []
    for faults in ({}, {"status": 500}, {"status": 401}, {"html": True}, {"truncated": True}, {"wrong_types": True}):
        fleet.fault(site, **faults)
        results += asking_now.ask([controller], [Stream.Kind.LIVE])
    monkeypatch.setattr("ingest.discovery.ask", lambda *_, **__: 1 / 0)
    results += asking_now.ask([controller], [Stream.Kind.DISCOVERY])
    bodies = [bytes(body).decode(errors="replace") for body in Quarantine.objects.values_list("body", flat=True)]
    controller.refresh_from_db()
    said = [caplog.text, str(results), *bodies, controller.last_error, str(list(Stream.objects.values()))]
    assert "question_failed" in caplog.text
    assert site.api_key not in "\n".join(said)


def test_the_admins_pages_and_history_show_no_key(admin_client: Client, controller: Controller) -> None:
    change = reverse("admin:sites_app_controller_change", args=[controller.pk])
    form = {"store": controller.store_id, "name": "C", "kind": "xcs", "poll_interval_s": 4, "new_api_key": "typed-key"}
    pages = [
        admin_client.get(change),
        admin_client.get(reverse("admin:sites_app_controller_changelist")),
        admin_client.get(reverse("admin:sites_app_controller_delete", args=[controller.pk])),
        admin_client.post(change, form),  # refused, and shown again with what was typed
        admin_client.post(change, {**form, "base_url": "http://10.0.0.1/api/v1", "poll_interval_s": 5}),
        admin_client.get(reverse("admin:sites_app_controller_history", args=[controller.pk])),
    ]
    assert [page.status_code for page in pages] == [200, 200, 200, 200, 302, 200]
    texts = [page.content.decode() for page in pages] + list(LogEntry.objects.values_list("change_message", flat=True))
    for secret in ("very-secret", "typed-key", *stored()):
        assert secret not in "\n".join(texts)


def test_the_import_tells_no_key(tmp_path: Path) -> None:
    file = tmp_path / "stores.csv"
    header = "store_code,store_name,region,timezone,base_url,api_key,webhook_key"
    rows = [f"S1,One,Europe,Europe/Berlin,http://10.0.0.1/api/v1,{KEY},{HOOK}", f"S2,,,,nowhere,{KEY},{HOOK * 50}"]
    out, err = StringIO(), StringIO()
    for lines, options in ((rows[:1], ["--json"]), (rows[:1], []), (rows, ["--json"]), (rows, [])):
        file.write_text("\n".join([header, *lines]))
        try:
            call_command("import_stores", str(file), *options, stdout=out, stderr=err)
        except CommandError as error:
            out.write(str(error))
    assert "nowhere" in out.getvalue()
    assert "very-secret" not in out.getvalue() + err.getvalue()


def test_keys_can_be_rotated_while_all_are_read(controller: Controller, settings: Any) -> None:
    old, new = settings.ENCRYPTION_KEYS, Fernet.generate_key().decode()
    before = stored()
    settings.ENCRYPTION_KEYS = [new, *old]
    kept = Controller.objects.get()
    assert kept.api_key.reveal() == KEY
    kept.api_key = kept.api_key.reveal()
    kept.save()
    assert stored() != before
    settings.ENCRYPTION_KEYS = [new]
    kept.refresh_from_db()
    assert kept.api_key.reveal() == KEY
    with pytest.raises(SecretUnreadable, match="XOVIS_ENCRYPTION_KEYS") as caught:
        kept.webhook_key.reveal()
    assert stored()[1] not in str(caught.value)


def test_a_key_that_cannot_be_read_is_equal_to_none_and_can_be_replaced(
    controller: Controller, settings: Any, tmp_path: Path
) -> None:
    file = tmp_path / "stores.csv"
    name = controller.name
    file.write_text(
        "store_code,store_name,region,timezone,controller_name,base_url,api_key,webhook_key\n"
        f"S1,Store S1,Europe/Germany,Europe/Berlin,{name},{controller.base_url},{KEY},{HOOK}\n"
    )
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    unreadable = Controller.objects.get().api_key
    assert unreadable != Secret.of(KEY)
    call_command("import_stores", str(file), stdout=StringIO())
    assert Controller.objects.get().api_key.reveal() == KEY


def test_nothing_is_encrypted_with_nothing(settings: Any) -> None:
    assert Secret.of("").token == ""
    assert not Secret.of("")
    settings.ENCRYPTION_KEYS = []
    with pytest.raises(ImproperlyConfigured, match="XOVIS_ENCRYPTION_KEYS"):
        secrets.encrypt("x")
