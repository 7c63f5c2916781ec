"""Whether the platform is alive and ready, and what it measures of itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import redis
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from ingest import counters
from xovis_platform.celery import HEARTBEAT_KEY, HEARTBEAT_LIMIT_S


def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: this process answers."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """Ready: the database with its migrations, the broker, and workers that work. 503 names what is missing."""
    results = {name: _outcome(check) for name, check in _CHECKS.items()}
    ready = all(result == "ok" for result in results.values())
    return JsonResponse({"status": "ok" if ready else "unavailable", "checks": results}, status=200 if ready else 503)


class NotReady(Exception):
    """A part is there but not ready; its message says what is missing."""


def _outcome(check: Callable[[], None]) -> str:
    try:
        check()
    except NotReady as error:
        return str(error)
    except Exception as error:  # whatever keeps a part from answering makes us unready, and is named by its kind only
        return f"unreachable ({type(error).__name__})"
    return "ok"


def _database() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotReady("migrations are missing")


def _broker() -> None:
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as client:
        client.ping()


def _workers() -> None:
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as client:
        beat = client.get(HEARTBEAT_KEY)
    if beat is None:
        raise NotReady("no worker has done its heartbeat task yet")
    age = datetime.now(UTC).timestamp() - float(beat)
    if age > HEARTBEAT_LIMIT_S:
        raise NotReady(f"the last heartbeat task ran {age:.0f} s ago")


_CHECKS: dict[str, Callable[[], None]] = {"database": _database, "broker": _broker, "workers": _workers}


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus metrics: those of the database counted when they are asked for, and what this process has counted."""
    registry = CollectorRegistry()
    for name, (text, statement) in _GAUGES.items():
        with connection.cursor() as cursor:
            cursor.execute(statement)
            Gauge(name, text, registry=registry).set(cursor.fetchone()[0] or 0)
    return HttpResponse(
        generate_latest(registry) + generate_latest(counters.REGISTRY), content_type=CONTENT_TYPE_LATEST
    )


_ASKED = """
    FROM ingest_stream stream JOIN sites_app_controller controller ON controller.id = stream.controller_id
    WHERE NOT stopped AND controller.enabled
"""
_BEHIND = "(stream.kind IN ('footfall', 'dwell', 'paths') AND coalesce(cursor < now() - interval '6 hours', true))"
"""As `ingest.polling` has it."""

_GAUGES = {
    "xovis_stream_lateness_seconds": (
        "How long the stream that has waited longest is overdue, those aside that are behind.",
        f"SELECT greatest(0, extract(epoch FROM now() - min(due_at))) {_ASKED} AND NOT {_BEHIND}",
    ),
    "xovis_streams_behind": (
        "Streams that fetch what lies hours back or more: new controllers' past, or what an outage left out.",
        f"SELECT count(*) {_ASKED} AND {_BEHIND}",
    ),
    "xovis_streams_failing": (
        "Streams whose last turn failed.",
        "SELECT count(*) FROM ingest_stream WHERE consecutive_failures > 0",
    ),
    "xovis_events_undigested": (
        "Events that landed and are not digested yet.",
        "SELECT count(*) FROM ingest_event WHERE digested_at IS NULL",
    ),
    "xovis_quarantine_size": (
        "Faults in quarantine that were not replayed.",
        "SELECT count(*) FROM ingest_quarantine WHERE replayed_at IS NULL",
    ),
    "xovis_alerts_open": (
        "Alerts that are not resolved.",
        "SELECT count(*) FROM alerts_alert WHERE resolved_at IS NULL",
    ),
    "xovis_webhooks_waiting": (
        "Deliveries of webhooks that are to be tried, or tried again.",
        "SELECT count(*) FROM alerts_webhookdelivery WHERE state = 'waiting'",
    ),
    "xovis_mail_waiting": (
        "Letters that are to be sent, or sent again.",
        "SELECT count(*) FROM alerts_mail WHERE state = 'waiting'",
    ),
    "xovis_dirty_quarters": (
        "Marks of quarters whose rollups are to be recomputed.",
        "SELECT count(*) FROM ingest_dirty",
    ),
}
