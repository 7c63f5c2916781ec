"""Whether the platform is alive and ready, and what it measures of itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import redis
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from xovis_platform.celery import HEARTBEAT_KEY, HEARTBEAT_LIMIT_S
from xovis_platform.metrics import asked, counted


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
    """Prometheus metrics: those of database and broker as they are now, and what processes have counted."""
    registries = (asked.exposed(), counted.exposed())
    return HttpResponse(b"".join(map(generate_latest, registries)), content_type=CONTENT_TYPE_LATEST)
