"""Live figures as the API writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from reports.live import QueueNow, StoreOccupancy, age_s


def occupancy_answer(item: StoreOccupancy, now: datetime) -> dict[str, Any]:
    """A store's live occupancy; shares to four decimals."""
    utilisation = item.utilisation
    return {
        "store": item.store.code,
        "name": item.store.name,
        "people": item.people,
        "capacity": item.capacity,
        "utilisation": None if utilisation is None else round(utilisation, 4),
        "status": item.status,
        "as_of": item.store.local(item.as_of).isoformat() if item.as_of else None,
        "age_s": age_s(item.as_of, now),
        "zones": [
            {
                "zone": f"{item.store.code}/{zone.zone.code}",
                "name": zone.zone.name,
                "people": zone.people,
                "capacity": zone.capacity,
                "as_of": item.store.local(zone.as_of).isoformat() if zone.as_of else None,
                "age_s": age_s(zone.as_of, now),
            }
            for zone in item.zones
        ],
    }


def queue_answer(item: QueueNow, now: datetime) -> dict[str, Any]:
    """A queue, live."""
    return {
        "store": item.store.code,
        "zone": f"{item.store.code}/{item.zone.code}",
        "name": item.zone.name,
        "people_waiting": item.people_waiting,
        "average_wait_ms": item.average_wait_ms,
        "longest_wait_ms": item.longest_wait_ms,
        "threshold": item.threshold,
        "status": item.status,
        "as_of": item.store.local(item.as_of).isoformat() if item.as_of else None,
        "age_s": age_s(item.as_of, now),
    }


def without_age(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer without its ages, which change each second though nothing else does."""
    return {
        name: [without_age(zone) for zone in value] if name == "zones" else value
        for name, value in answer.items()
        if name != "age_s"
    }
