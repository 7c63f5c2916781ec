"""Changing a controller's webhook key: nothing is refused meanwhile, and not for longer than it takes."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django.test import Client
from django.urls import reverse
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolClosed

from ingest.landing import credentials
from ingest.landing.credentials import Credential, Credentials, authentic
from sites_app import onboarding
from sites_app.models import Controller
from tests import chain
from tests.ingest.posting import Door
from xovis_platform.database import conninfo

DAY = timedelta(days=1)
BODY = b'{"eventId": "E1"}'


def event(number: int) -> bytes:
    at = datetime.now(UTC).isoformat()
    return json.dumps({"eventId": f"E{number}", "event": "sensor.online", "timestamp": at, "data": {}}).encode()


def by_key(key: str) -> dict[str, str]:
    return {"Authorization": f"Apikey {key}"}


@pytest.mark.django_db(transaction=True)
def test_the_key_before_is_accepted_for_a_day() -> None:
    controller = chain.controller(chain.store())
    assert controller.change_webhook_key("new-key")
    controller.save()
    controller.refresh_from_db()
    assert controller.previous_webhook_key_until is not None
    assert abs(controller.previous_webhook_key_until - datetime.now(UTC) - DAY) < timedelta(minutes=1)
    assert statuses(controller, "hook-key", "new-key", "no-key") == [202, 202, 401]
    Controller.objects.update(previous_webhook_key_until=datetime.now(UTC) - timedelta(seconds=1))
    assert statuses(controller, "hook-key", "new-key") == [401, 202]


def statuses(controller: Controller, *keys: str) -> list[int]:
    with Door() as door:
        return [door.post(controller, event(n), headers=by_key(key))[0].status for n, key in enumerate(keys)]


@pytest.mark.django_db(transaction=True)
def test_a_key_that_was_changed_twice_is_not_accepted() -> None:
    controller = chain.controller(chain.store())
    for key in ("second", "third"):
        controller.change_webhook_key(key)
        controller.save()
    assert statuses(controller, "hook-key", "second", "third") == [401, 202, 202]


@pytest.mark.django_db(transaction=True)
def test_without_a_key_none_is_accepted() -> None:
    controller = chain.controller(chain.store())
    controller.change_webhook_key("")
    controller.save()
    assert statuses(controller, "hook-key", "") == [401, 401]


@pytest.mark.django_db
def test_the_same_key_again_is_no_change() -> None:
    controller = chain.controller(chain.store())
    assert not controller.change_webhook_key("hook-key")
    assert not controller.previous_webhook_key


def signature(key: str, *, stamp: int, body: bytes = BODY) -> str:
    digest = hmac.new(key.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


@pytest.mark.parametrize(
    ("given", "known"),
    [
        (signature("now", stamp=1000), True),
        (signature("before", stamp=1000), True),
        (signature("another", stamp=1000), False),
        (signature("now", stamp=1000) + ",v1=00", True),
        (signature("now", stamp=699), False),
        (signature("now", stamp=1301), False),
        (signature("now", stamp=1000, body=b"other"), False),
        ("t=1000", False),
        ("v1=00", False),
        ("", False),
    ],
)
def test_a_signature_by_either_key_is_as_good(given: str, known: bool) -> None:
    credential = Credential(Controller().pk, 1, "now", "before")
    assert authentic(credential, {b"x-xcs-signature": given.encode()}, BODY, now_s=1000.0) is known


def test_neither_key_is_ever_shown() -> None:
    assert "secret" not in repr(Credential(Controller().pk, 1, "secret-now", "secret-before"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", [{"enabled": False}, {"webhook_key": "other"}, {"kind": "xovis"}])
def test_what_changes_in_the_registry_holds_after_five_seconds(
    change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    controller, clock = chain.controller(chain.store()), [100.0]
    monkeypatch.setattr(credentials, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    registered = change if "webhook_key" not in change else {}

    async def look() -> list[Credential | None]:
        async with pool_of_one() as pool:
            cache, found = Credentials(pool), list[Credential | None]()
            found.append(await cache.of(controller.pk, "xcs"))
            await asyncio.to_thread(make_the_change)
            for later in (4.9, 0.2):
                clock[0] += later
                found.append(await cache.of(controller.pk, "xcs"))
        return found

    def make_the_change() -> None:
        if registered:
            Controller.objects.update(**registered)
        else:
            changed = Controller.objects.get()
            changed.change_webhook_key("other")
            changed.save()
        connection.close()

    before, meanwhile, after = asyncio.run(look())
    assert before == meanwhile
    assert before is not None
    assert before.key == "hook-key"
    assert after is None or after.keys == ("other", "hook-key")


@pytest.mark.django_db(transaction=True)
def test_posts_that_come_together_ask_for_their_keys_together() -> None:
    controllers = [chain.controller(chain.store(f"S{n}"), webhook_key=f"key-{n}") for n in range(9)]

    async def look() -> tuple[list[str], int]:
        async with pool_of_one() as pool:
            cache, before = Credentials(pool), pool.get_stats().get("requests_num", 0)
            found = await asyncio.gather(*(cache.of(it.pk, "xcs") for it in controllers * 3))
            return [it.key for it in found if it], pool.get_stats()["requests_num"] - before

    keys_found, queries = asyncio.run(look())
    assert keys_found == [f"key-{n}" for n in range(9)] * 3
    assert queries == 1


@pytest.mark.django_db(transaction=True)
def test_all_that_wait_are_told_that_the_registry_cannot_be_read_and_may_come_again() -> None:
    controllers = [chain.controller(chain.store(f"S{n}")) for n in range(3)]

    async def look() -> tuple[list[Any], Credential | None]:
        async with pool_of_one() as closed:
            cache = Credentials(closed)
        failed = await asyncio.gather(*(cache.of(it.pk, "xcs") for it in controllers), return_exceptions=True)
        async with pool_of_one() as cache._pool:
            return failed, await cache.of(controllers[0].pk, "xcs")

    failed, found = asyncio.run(look())
    assert [type(it) for it in failed] == [PoolClosed] * 3
    assert found is not None


def pool_of_one() -> AsyncConnectionPool[AsyncConnection]:
    return AsyncConnectionPool(conninfo(), min_size=1, max_size=1, open=False)


@pytest.mark.django_db
def test_a_key_that_cannot_be_read_is_replaced_and_not_kept(settings: Any) -> None:
    controller = chain.controller(chain.store())
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert controller.change_webhook_key("new")
    controller.save()
    controller.refresh_from_db()
    assert keys(controller) == ("new", "")
    assert controller.previous_webhook_key_until is None


@pytest.mark.django_db
def test_the_admin_and_the_csv_keep_the_key_before(admin_client: Client) -> None:
    controller = chain.controller(chain.store())
    form = {
        "store": controller.store_id,
        "name": controller.name,
        "kind": "xcs",
        "base_url": controller.base_url,
        "poll_interval_s": 60,
        "enabled": "on",
        "new_webhook_key": "by-admin",
    }
    url = reverse("admin:sites_app_controller_change", args=[controller.pk])
    assert admin_client.post(url, form).status_code == 302
    controller.refresh_from_db()
    assert keys(controller) == ("by-admin", "hook-key")
    assert "by-admin" not in admin_client.get(url).content.decode()
    table = (
        "store_code,store_name,region,timezone,controller_name,base_url,api_key,webhook_key\n"
        f"S1,Store S1,Europe/Germany,Europe/Berlin,{controller.name},{controller.base_url},its-key,by-csv\n"
    )
    for _ in range(2):  # the same file again changes nothing
        onboarding.apply(onboarding.compare(onboarding.read(table.encode(), today=datetime.now(UTC).date())))
        controller.refresh_from_db()
        assert keys(controller) == ("by-csv", "by-admin")
    assert controller.previous_webhook_key_until


def keys(controller: Controller) -> tuple[str, str]:
    return controller.webhook_key.reveal(), controller.previous_webhook_key.reveal()
