"""What the landing stores, without its server: quick, and in the test's own transaction."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from ingest import quarantine
from ingest.models import Event
from ingest.quarantine import Fault
from ingest.xovis import pushes
from sites_app.models import Controller


def land(sensor: Controller, content: Any, at: datetime) -> pushes.Push:
    """Store a push that came at this instant."""
    pushed = pushes.read(json.dumps(content).encode(), at)
    events = [
        Event(
            store_id=sensor.store_id,
            controller_id=sensor.pk,
            event_id=piece.event_id,
            event=piece.event,
            observed_at=piece.observed_at,
            received_at=at,
            body=piece.body,
        )
        for piece in pushed.pieces
    ]
    Event.objects.bulk_create(events, ignore_conflicts=True)
    faults = [
        Fault(sensor.store_id, sensor.pk, "webhook", "push", item.reason, item.pointer, item.raw)
        for item in pushed.rejected
    ]
    quarantine.keep(faults, received_at=at)
    return pushed
