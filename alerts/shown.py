"""An alert as programs see it: the same in the API's answers and in webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from alerts.models import Alert, EventType


def alert_content(alert: Alert) -> dict[str, Any]:
    """The members of an alert, fetched with its store and that's region; instants on the store's own clock."""

    def local(instant: datetime | None) -> str | None:
        return alert.store.local(instant).isoformat() if instant else None

    is_zone = alert.kind == Alert.Kind.QUEUE
    return {
        "id": str(alert.pk),
        "kind": alert.kind,
        "state": "resolved" if alert.resolved_at else "open",
        "store": alert.store.code,
        "region": alert.store.region.code,
        "zone": f"{alert.store.code}/{alert.subject}" if is_zone else None,
        "controller": str(alert.controller_id) if alert.controller_id else None,
        "subject": alert.subject,
        "message": alert.message,
        "value": alert.value,
        "limit": alert.limit,
        "since": local(alert.since),
        "opened_at": local(alert.opened_at),
        "acknowledged_at": local(alert.acknowledged_at),
        "acknowledged_by": alert.acknowledged_by or None,
        "note": alert.note or None,
        "resolved_at": local(alert.resolved_at),
        "resolution": alert.resolution or None,
    }


def message_body(event: EventType, data: object, now: datetime) -> str:
    """A webhook's body, as the specification has it."""
    return msgspec.json.encode({"type": event.value, "timestamp": now.isoformat(), "data": data}).decode()
