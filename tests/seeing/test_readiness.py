"""``/healthz`` and ``/readyz``: alive, and ready."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.db.utils import ConnectionHandler
from django.test import Client

from xovis_platform import observability
from xovis_platform.celery import HEARTBEAT_KEY, HEARTBEAT_LIMIT_S
from xovis_platform.tasks import heartbeat

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)


@pytest.fixture
def broker() -> Iterator[redis.Redis]:
    """The broker, without a heartbeat."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.delete(HEARTBEAT_KEY)
        yield client
        client.delete(HEARTBEAT_KEY)


def ready() -> tuple[int, dict[str, str]]:
    response = Client().get("/readyz")
    body = response.json()
    assert body["status"] == ("ok" if response.status_code == 200 else "unavailable")
    return response.status_code, body["checks"]


def test_alive_is_to_answer_without_asking_anything(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        response = Client().get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_ready_is_to_have_database_broker_and_workers(broker: redis.Redis) -> None:
    heartbeat()
    assert ready() == (200, {"database": "ok", "broker": "ok", "workers": "ok"})


def test_without_workers_it_is_not_ready(broker: redis.Redis) -> None:
    status, checks = ready()
    assert (status, checks["database"], checks["broker"]) == (503, "ok", "ok")
    assert "no worker" in checks["workers"]


def test_workers_that_stopped_are_seen_by_their_last_heartbeat(broker: redis.Redis) -> None:
    broker.set(HEARTBEAT_KEY, datetime.now(UTC).timestamp() - HEARTBEAT_LIMIT_S - 60)
    status, checks = ready()
    assert status == 503
    assert "last heartbeat" in checks["workers"]


def test_without_the_broker_it_is_not_ready(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    status, checks = ready()
    assert (status, checks["database"]) == (503, "ok")
    assert checks["broker"] == "unreachable (ConnectionError)"


def test_with_migrations_missing_it_is_not_ready(broker: redis.Redis) -> None:
    heartbeat()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'reports'")
    assert ready() == (503, {"database": "migrations are missing", "broker": "ok", "workers": "ok"})


def test_without_the_database_it_is_not_ready_and_says_nothing_of_it(
    broker: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    heartbeat()
    unreachable = ConnectionHandler({"default": {**settings.DATABASES["default"], "PORT": "1", "OPTIONS": {}}})
    monkeypatch.setattr(observability, "connection", unreachable["default"])
    status, checks = ready()
    assert status == 503
    assert checks == {"database": "unreachable (OperationalError)", "broker": "ok", "workers": "ok"}
