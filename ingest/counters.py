"""What a process counts of what it has seen since it began, for Prometheus; the database's own figures are elsewhere."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter

REGISTRY = CollectorRegistry()

SENSOR_PARTS_IGNORED = Counter(
    "xovis_sensor_parts_ignored",
    "Fields, counts and envelopes of Xovis sensors that the platform doesn't know, by what they were part of.",
    ["part"],
    registry=REGISTRY,
)
POLLS = Counter(
    "xovis_polls",
    "Streams of controllers that were asked, by stream and how it went: ok, or the error's code.",
    ["stream", "outcome"],
    registry=REGISTRY,
)
FACTS_WRITTEN = Counter("xovis_facts_written", "Samples and intervals that polls brought.", registry=REGISTRY)
EVENTS_DIGESTED = Counter(
    "xovis_events_digested",
    "Events of webhooks that were turned into facts, or put into quarantine.",
    registry=REGISTRY,
)
