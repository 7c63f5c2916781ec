"""What processes count as they work: requests, tasks, and what ingest counts.

A machine's processes share what they count by files in ``PROMETHEUS_MULTIPROC_DIR``, where that is set, as it is in
``make run`` and in containers: any of them can then answer for all. Counts begin anew when that folder is emptied.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

from celery import Task
from celery.signals import task_postrun, task_prerun, worker_ready
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Histogram, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector

from ingest import counters

REGISTRY = counters.REGISTRY

REQUESTS = Histogram(
    "xovis_request_seconds",
    "Requests to pages and to the API, by route, method and the answer's status.",
    ["route", "method", "status"],
    buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30),
    registry=REGISTRY,
)
POSTS = Histogram(
    "xovis_landing_seconds",
    "Webhooks of controllers and pushes of sensors, by kind and the answer's status: 202 and 204 once they are durable.",
    ["kind", "status"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
    registry=REGISTRY,
)
TASKS = Histogram(
    "xovis_task_seconds",
    "Tasks of workers, by name and how they ended.",
    ["task", "outcome"],
    buckets=(0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 1800),
    registry=REGISTRY,
)
ALL = (
    REQUESTS,
    POSTS,
    TASKS,
    counters.POLLS,
    counters.FACTS_WRITTEN,
    counters.EVENTS_DIGESTED,
    counters.SENSOR_PARTS_IGNORED,
)


def exposed() -> CollectorRegistry:
    """What has been counted: by all processes that share a folder, or by this one alone."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call]  # registers itself
    return shared


class Measured:
    """Django's middleware: times each request under the name of its route, which holds no code and no id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        route = (match.view_name or "unnamed") if match else "unknown"
        method = request.method if request.method in _METHODS else "other"
        REQUESTS.labels(route, method, response.status_code).observe(perf_counter() - began)
        return response


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]


def measured_posts(landing: AsgiApp, kind: str) -> AsgiApp:
    """The ASGI application, with its answers timed."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        began = perf_counter()

        async def answered(message: Any) -> None:
            if message["type"] == "http.response.start":
                POSTS.labels(kind, message["status"]).observe(perf_counter() - began)
            await send(message)

        await landing(scope, receive, answered)

    return application


_begun: dict[str, float] = {}


@task_prerun.connect
def _note_begun(task_id: str, **kwargs: Any) -> None:
    _begun[task_id] = perf_counter()


@task_postrun.connect
def _note_ended(task_id: str, task: Task[Any, Any], state: str | None = None, **kwargs: Any) -> None:
    began = _begun.pop(task_id, None)
    if began is not None:
        TASKS.labels(task.name, (state or "unknown").lower()).observe(perf_counter() - began)


@worker_ready.connect
def _serve(**kwargs: Any) -> None:
    """A worker in a container of its own answers for itself, where it's told a port."""
    if settings.METRICS_PORT:
        start_http_server(settings.METRICS_PORT, registry=exposed())
