"""Traces: where an endpoint is set, one leads from a request over its tasks to their SQL, and tells no secret."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.stack.running import Stack, running_stack, wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds the stack's processes in /proc")


class Collector:
    """What takes traces, as an OpenTelemetry collector does."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.raw = b""

    def take(self, body: bytes) -> None:
        self.raw += body
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.spans += [span for scope in resource.scope_spans for span in scope.spans]

    def within(self, root: str, name: str) -> list[Span]:
        """The spans of this name in traces that begin with such a request."""
        traces = {span.trace_id for span in self.spans if span.name.startswith(root) and not span.parent_span_id}
        return [span for span in self.spans if span.name == name and span.trace_id in traces]

    def trace_of(self, route: str) -> list[Span]:
        """The spans of the trace that begins with a request to a route."""
        roots = [span for span in self.spans if route in span.name and not span.parent_span_id]
        return [span for span in self.spans if roots and span.trace_id == roots[-1].trace_id]


@contextmanager
def collecting() -> Iterator[tuple[Collector, str]]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield collector, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def traced() -> Iterator[tuple[Stack, Collector]]:
    with (
        collecting() as (collector, endpoint),
        running_stack("run", OTEL_EXPORTER_OTLP_ENDPOINT=endpoint, OTEL_BSP_SCHEDULE_DELAY="200") as stack,
    ):
        wait_for("the platform is ready", stack.is_ready)
        yield stack, collector


def test_an_export_is_followed_from_its_request_over_its_task_to_sql(traced: tuple[Stack, Collector]) -> None:
    stack, collector = traced
    key = stack.manage("create_api_key", "traced")["key"]
    order = {"report": "footfall", "start": "2026-11-02", "end": "2026-11-09", "format": "csv"}
    headers = {"Authorization": f"Apikey {key}"}
    ordered: dict[str, str] = {}

    def followed() -> list[Span]:
        if not ordered or requests.get(ordered["url"], headers=headers).json()["state"] == "done":
            # Who claims whatever is due may have come between: that export is in another trace, and the next one is tried.
            answer = requests.post(f"{stack.url}/api/v1/exports", json=order, headers=headers)
            assert answer.status_code == 202, answer.text
            ordered["url"] = f"{stack.url}/api/v1/exports/{answer.json()['id']}"
        return collector.within("POST", "run/reports.tasks.make_export")

    wait_for("an export's task is in its request's trace", followed)
    task = followed()[0]
    under_task = [span.name for span in collector.spans if span.parent_span_id == task.span_id]
    assert any(name.startswith(("SELECT", "UPDATE")) for name in under_task), under_task
    assert key.encode() not in collector.raw
    assert b"2026-11-02" not in collector.raw, "SQL is told without its values"


def test_probes_are_not_traced(traced: tuple[Stack, Collector]) -> None:
    stack, collector = traced
    assert stack.is_ready()
    requests.get(f"{stack.url}/api/v1/stores")
    wait_for("a later request's trace has come", lambda: collector.trace_of("stores"))
    assert not [span.name for span in collector.spans if "readyz" in span.name]
