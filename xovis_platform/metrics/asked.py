"""What database and broker are asked for when somebody looks: how late, how much is waiting, how much is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import redis
from django.conf import settings
from django.db import connection
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from xovis_platform.celery import HEARTBEAT_KEY, QUEUES

Row = tuple[str | float, ...]
"""Labels, and then the value."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A gauge: its name, what it says, its labels, and how it's read."""

    name: str
    says: str
    read: Callable[[], Iterable[Row]]
    labels: tuple[str, ...] = ()


class Answers(Collector):
    """All of them, read when they're collected. What has no row isn't shown: unknown is not 0."""

    def collect(self) -> Iterable[Metric]:
        for asked in ALL:
            family = GaugeMetricFamily(asked.name, asked.says, labels=asked.labels)
            for *labels, value in asked.read():
                family.add_metric([str(label) for label in labels], float(value))
            yield family


def exposed() -> CollectorRegistry:
    """A registry of them. Collecting it raises what database or broker raise."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Answers())
    return registry


def _sql(statement: str) -> Callable[[], Iterable[Row]]:
    def read() -> list[Row]:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return [(*labels, value or 0) for *labels, value in cursor.fetchall()]

    return read


def _broker() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def _queues() -> Iterable[Row]:
    with _broker() as client:
        return [(queue, client.llen(queue)) for queue in QUEUES]


def _heartbeat() -> Iterable[Row]:
    """No row while no worker has ever worked: an age that isn't known is not 0."""
    with _broker() as client:
        beat = client.get(HEARTBEAT_KEY)
    return [] if beat is None else [(datetime.now(UTC).timestamp() - float(beat),)]


_DUE = """
    FROM ingest_stream stream JOIN sites_app_controller controller ON controller.id = stream.controller_id
    WHERE NOT stopped AND controller.enabled
"""
_BEHIND = "(stream.kind IN ('footfall', 'dwell', 'paths') AND coalesce(cursor < now() - interval '6 hours', true))"
"""As `ingest.polling` has it."""

_KNOWN = """
    SELECT avg((coalesce(state.occupancy_at, state.queue_at) > now() - 3 * controller.poll_interval_s * interval '1 s')::int)
    FROM ingest_zonestate state
    JOIN sites_app_zone zone ON zone.id = state.zone_id
    JOIN sites_app_controller controller ON controller.id = zone.controller_id
    WHERE zone.retired_at IS NULL AND controller.enabled
    HAVING count(*) > 0
"""

ALL = (
    Asked(
        "xovis_stream_lateness_seconds",
        "How long the stream that has waited longest is overdue, those aside that are behind.",
        _sql(f"SELECT greatest(0, extract(epoch FROM now() - min(due_at))) {_DUE} AND NOT {_BEHIND}"),
    ),
    Asked(
        "xovis_streams_behind",
        "Streams that fetch what lies hours back or more: new controllers' past, or what an outage left out.",
        _sql(f"SELECT count(*) {_DUE} AND {_BEHIND}"),
    ),
    Asked(
        "xovis_streams_failing",
        "Streams whose last turn failed.",
        _sql("SELECT count(*) FROM ingest_stream WHERE consecutive_failures > 0"),
    ),
    Asked(
        "xovis_controllers",
        "Controllers that are enabled, by state.",
        _sql("SELECT state, count(*) FROM sites_app_controller WHERE enabled GROUP BY state"),
        ("state",),
    ),
    Asked(
        "xovis_live_coverage_ratio",
        "Share of the zones with a live figure that is known now: not older than three times its controller's interval.",
        _sql(_KNOWN),
    ),
    Asked(
        "xovis_events_undigested",
        "Events that landed and are not digested yet.",
        _sql("SELECT count(*) FROM ingest_event WHERE digested_at IS NULL"),
    ),
    Asked(
        "xovis_ingest_lag_seconds",
        "How long the event that has waited longest has been waiting to be digested.",
        _sql("SELECT extract(epoch FROM now() - min(received_at)) FROM ingest_event WHERE digested_at IS NULL"),
    ),
    Asked(
        "xovis_quarantine_size",
        "Faults in quarantine that were not replayed.",
        _sql("SELECT count(*) FROM ingest_quarantine WHERE replayed_at IS NULL"),
    ),
    Asked(
        "xovis_dirty_quarters",
        "Marks of quarters whose rollups are to be recomputed.",
        _sql("SELECT count(*) FROM ingest_dirty"),
    ),
    Asked(
        "xovis_rollup_lag_seconds",
        "How long the mark that has waited longest has been waiting for its rollups.",
        _sql("SELECT extract(epoch FROM now() - (SELECT marked_at FROM ingest_dirty ORDER BY id LIMIT 1))"),
    ),
    Asked(
        "xovis_alerts_open",
        "Alerts that are not resolved.",
        _sql("SELECT count(*) FROM alerts_alert WHERE resolved_at IS NULL"),
    ),
    Asked(
        "xovis_webhooks_waiting",
        "Deliveries of webhooks that are to be tried, or tried again.",
        _sql("SELECT count(*) FROM alerts_webhookdelivery WHERE state = 'waiting'"),
    ),
    Asked(
        "xovis_mail_waiting",
        "Letters that are to be sent, or sent again.",
        _sql("SELECT count(*) FROM alerts_mail WHERE state = 'waiting'"),
    ),
    Asked(
        "xovis_exports_waiting",
        "Exports that are asked for and not made yet.",
        _sql("SELECT count(*) FROM reports_export WHERE state IN ('waiting', 'running')"),
    ),
    Asked(
        "xovis_queue_depth",
        "Tasks that wait in the broker, by queue.",
        _queues,
        ("queue",),
    ),
    Asked(
        "xovis_heartbeat_age_seconds",
        "How long ago a worker last did its heartbeat task: beat, broker and workers all have their part in it.",
        _heartbeat,
    ),
)
