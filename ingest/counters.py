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
