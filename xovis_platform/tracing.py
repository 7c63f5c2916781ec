"""Traces from a request to its tasks and down to SQL, sent by OTLP where ``OTEL_EXPORTER_OTLP_ENDPOINT`` says so.

Spans hold SQL without its values and routes without their secrets. Without an endpoint nothing of this is loaded.
"""

from __future__ import annotations

import os
from typing import Any

from celery.signals import worker_process_init, worker_ready

_UNTRACED = "healthz,readyz,metrics,signs/,login/forgotten/"
"""Probes would drown the rest; a sign's address is its key, and so is that of a link to a new password."""

_started = False


def start() -> None:
    """Trace this process from now on, if an endpoint is set. To be called before Django loads its middleware."""
    global _started
    if _started or not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return
    _started = True
    os.environ.setdefault("OTEL_PYTHON_DJANGO_EXCLUDED_URLS", _UNTRACED)  # read when the module is loaded
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.celery import CeleryInstrumentor
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", "xovis")}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    DjangoInstrumentor().instrument()
    CeleryInstrumentor().instrument()  # type: ignore[no-untyped-call]
    PsycopgInstrumentor().instrument(skip_dep_check=True)


@worker_process_init.connect
@worker_ready.connect
def _start_in_worker(**kwargs: Any) -> None:
    """In each process that does tasks: an exporter's thread doesn't outlive a fork."""
    start()
