"""The encryption key is rotated by a command, while processes of the platform go on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from io import StringIO
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.fernet import Fernet
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import F

from alerts.models import WebhookEndpoint
from sites_app import rotation
from sites_app.models import Controller
from sites_app.secrets import decrypt
from tests import chain
from tests.alerts.endpoints import endpoint
from tests.server import web_server
from tests.stack.running import ROOT

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


@pytest.fixture
def keys(settings: Any) -> Any:
    """The settings, with a new key before the one that all is encrypted with."""
    settings.ENCRYPTION_KEYS = [OLD]
    store = chain.store()
    for number in range(5):
        controller = chain.controller(store, f"C{number}", api_key=f"api-{number}", webhook_key=f"hook-{number}")
        controller.change_webhook_key(f"hook-new-{number}")
        controller.save()
    endpoint("https://example.org/hook")
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    return settings


def said(*options: str) -> tuple[dict[str, Any], int]:
    """What the command says with ``--json``, and the status that it ends with."""
    out = StringIO()
    try:
        call_command("rotate_encryption_key", *options, "--json", stdout=out)
    except CommandError as error:
        return json.loads(out.getvalue()), error.returncode
    return json.loads(out.getvalue()), 0


def read_all() -> list[str]:
    secrets = [(c.api_key, c.webhook_key, c.previous_webhook_key) for c in Controller.objects.order_by("name")]
    return [secret.reveal() for row in secrets for secret in row]


def tokens() -> list[str]:
    return [controller.api_key.token for controller in Controller.objects.order_by("pk")]


def test_what_holds_secrets_is_found_by_asking_the_models() -> None:
    assert {(model, name) for model, names in rotation.holders() for name in names} == {
        *((Controller, name) for name in ("api_key", "webhook_key", "previous_webhook_key")),
        *((WebhookEndpoint, name) for name in ("secret", "previous_secret")),
    }


@pytest.mark.django_db
def test_all_secrets_are_read_by_the_new_key_alone_afterwards(keys: Any) -> None:
    before, signing = read_all(), WebhookEndpoint.objects.get().secret.reveal()
    assert said()[0] == {
        "secrets": 16,
        "rotated": 16,
        "older": 0,
        "unreadable": 0,
        "old_keys_can_go": True,
        "failed": 0,
    }
    keys.ENCRYPTION_KEYS = [NEW]
    assert (read_all(), WebhookEndpoint.objects.get().secret.reveal()) == (before, signing)
    assert said()[0]["rotated"] == 0


@pytest.mark.django_db
def test_a_dry_run_counts_and_changes_nothing(keys: Any) -> None:
    before = tokens()
    done, status = said("--dry-run")
    assert (done["rotated"], done["older"], done["old_keys_can_go"], status) == (0, 16, False, 0)
    assert tokens() == before


@pytest.mark.django_db
def test_the_check_ends_with_one_until_the_old_key_can_go(keys: Any) -> None:
    assert said("--check") == ({**said("--dry-run")[0], "failed": 16}, 1)
    with pytest.raises(CommandError, match="No key can go yet: 16 need an older key"):
        call_command("rotate_encryption_key", "--check", stdout=StringIO())
    out = StringIO()
    call_command("rotate_encryption_key", stdout=out)
    assert out.getvalue().splitlines()[-1].endswith("All are under the newest key: the older ones can go.")
    assert said("--check")[1] == 0


@pytest.mark.django_db
def test_a_secret_that_no_key_reads_is_named_and_left(keys: Any) -> None:
    keys.ENCRYPTION_KEYS = [NEW]
    out = StringIO()
    with pytest.raises(CommandError, match=r"16 can't be read by any"):
        call_command("rotate_encryption_key", stdout=out)
    assert (
        f"sites_app.Controller {Controller.objects.order_by('pk')[0].pk} api_key: none of the keys fits"
        in out.getvalue()
    )
    keys.ENCRYPTION_KEYS = [OLD]
    assert len(read_all()) == 15


@pytest.mark.django_db
def test_batches_take_all_rows_once(keys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "BATCH", 2)
    seen: list[int] = []
    assert rotation.rotate(looked_at=seen.append) == 16
    assert (sum(seen), max(seen)) == (rotation.rows(), 2)


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_holds_is_neither_waited_for_nor_overwritten(keys: Any) -> None:
    held = Controller.objects.order_by("pk")[0]
    holds, may_end = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            Controller.objects.filter(pk=held.pk).update(
                name="renamed", consecutive_failures=F("consecutive_failures") + 1
            )
            holds.set()
            may_end.wait(20)
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert holds.wait(10)
        assert said()[0]["older"] == 3  # all of the others are done, while it's held
    finally:
        may_end.set()
        writer.join()
    assert said()[0]["rotated"] == 3
    held.refresh_from_db()
    assert (held.name, held.api_key.reveal()[:4]) == ("renamed", "api-")


@pytest.mark.django_db(transaction=True)
def test_webhooks_are_taken_without_a_break_while_keys_are_rotated_and_the_old_one_goes(keys: Any) -> None:
    """By real processes: the door with both keys, the command beside it, then a door with the new key alone."""
    controllers = list(Controller.objects.order_by("name"))
    statuses: list[int] = []
    with web_server(XOVIS_ENCRYPTION_KEYS=f"{NEW},{OLD}") as url:
        assert post_round(url, controllers, 0) == [202] * 5
        enough = threading.Event()

        def send() -> None:
            for number in counting(enough):
                statuses.extend(post_round(url, controllers, number))

        sender = threading.Thread(target=send)
        sender.start()
        try:
            done = command(XOVIS_ENCRYPTION_KEYS=f"{NEW},{OLD}")
        finally:
            enough.set()
            sender.join()
        assert done["old_keys_can_go"]
        assert done["rotated"] == 16
        assert post_round(url, controllers, -1) == [202] * 5
    assert len(statuses) >= 5
    assert set(statuses) == {202}
    with web_server(XOVIS_ENCRYPTION_KEYS=NEW) as url:
        assert post_round(url, controllers, -2) == [202] * 5


def counting(enough: threading.Event) -> Any:
    number = 1
    while not enough.is_set():
        yield number
        number += 1


def post_round(url: str, controllers: list[Controller], number: int) -> list[int]:
    """An event of each controller, with its own key; the statuses."""
    at = datetime.now(UTC).isoformat()
    statuses = []
    for controller in controllers:
        event = {"eventId": f"E{number}", "event": "sensor.online", "timestamp": at, "data": {"sensorId": "S"}}
        key = f"Apikey hook-new-{controller.name.removeprefix('C')}"
        address = f"{url}/ingest/xcs/{controller.pk}"
        statuses.append(requests.post(address, json=event, headers={"Authorization": key}, timeout=10).status_code)
    return statuses


def command(**variables: str) -> dict[str, Any]:
    """The command as a process of its own, on the test's database."""
    address = urlsplit(os.environ["XOVIS_DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    environment = {**os.environ, "XOVIS_DATABASE_URL": address, **variables}
    line = [sys.executable, str(ROOT / "manage.py"), "rotate_encryption_key", "--json"]
    done = subprocess.run(line, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.django_db
def test_second_factors_are_read_by_the_new_key_alone_afterwards(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    person = User.objects.create_user("who")
    app = TOTP.activate(person, "JBSWY3DPEHPK3PXP").instance
    paper = RecoveryCodes.activate(person)
    codes = paper.get_unused_codes()
    paper.validate_code(codes[0])
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert said()[0]["rotated"] == 2
    settings.ENCRYPTION_KEYS = [NEW]
    assert decrypt(Authenticator.objects.get(pk=app.pk).data["secret"]) == "JBSWY3DPEHPK3PXP"
    left = RecoveryCodes(Authenticator.objects.get(pk=paper.instance.pk)).get_unused_codes()
    assert left == codes[1:], "and a code that was used stays used"
