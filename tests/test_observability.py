"""``/healthz``, ``/readyz`` and ``/metrics``: alive, ready, and what is measured of the platform itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.db.utils import ConnectionHandler
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from ingest import facts, polling
from ingest.models import Dirty, Stream
from tests import chain
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


def measured() -> dict[str, float]:
    response = Client().get("/metrics")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain")
    families = text_string_to_metric_families(response.content.decode())
    return {sample.name: sample.value for family in families for sample in family.samples}


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


def test_an_idle_platform_measures_nothing() -> None:
    # Counters tell what this process has seen since it began, which may be other tests.
    assert {name: value for name, value in measured().items() if not name.startswith("xovis_sensor_parts")} == {
        "xovis_stream_lateness_seconds": 0,
        "xovis_streams_behind": 0,
        "xovis_streams_failing": 0,
        "xovis_events_undigested": 0,
        "xovis_quarantine_size": 0,
        "xovis_alerts_open": 0,
        "xovis_webhooks_waiting": 0,
        "xovis_mail_waiting": 0,
        "xovis_dirty_quarters": 0,
    }


def test_what_is_late_failing_or_dirty_is_measured() -> None:
    controller = chain.controller(chain.store("S1"))
    polling.ensure_streams(now=NOW - timedelta(minutes=10))
    Stream.objects.filter(kind=Stream.Kind.LIVE).update(consecutive_failures=3)
    row = facts.FootfallRow(
        controller.store_id, chain.zone(controller, "door", "entrance").pk, NOW, NOW, NOW, True, 1, 1
    )
    facts.write(facts.Facts(footfall=[row]))
    told = measured()
    assert told["xovis_stream_lateness_seconds"] >= 600
    assert told["xovis_streams_behind"] == 3
    assert (told["xovis_streams_failing"], told["xovis_dirty_quarters"]) == (1, Dirty.objects.count())
    assert Dirty.objects.count() == 1


def test_what_is_behind_is_not_late() -> None:
    chain.controller(chain.store("S1"))
    polling.ensure_streams(now=NOW - timedelta(minutes=10))
    Stream.objects.filter(kind__in=["live", "discovery"]).update(due_at=NOW + timedelta(hours=1))
    assert measured()["xovis_stream_lateness_seconds"] == 0
    Stream.objects.filter(kind="footfall").update(cursor=NOW - timedelta(minutes=20))
    assert measured()["xovis_stream_lateness_seconds"] >= 600


def test_streams_of_a_controller_that_is_not_to_be_asked_are_not_late() -> None:
    chain.controller(chain.store("S1"), enabled=False)
    polling.ensure_streams(now=NOW - timedelta(minutes=10))
    assert measured()["xovis_stream_lateness_seconds"] == 0


def test_streams_that_stopped_are_not_late() -> None:
    chain.controller(chain.store("S1"))
    polling.ensure_streams(now=NOW - timedelta(minutes=10))
    Stream.objects.update(stopped=True)
    assert measured()["xovis_stream_lateness_seconds"] == 0
