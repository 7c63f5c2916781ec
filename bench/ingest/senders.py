"""A chain whose controllers send webhooks: its registry, and the bodies that are posted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

KEY = "hook-key"
ZONES = {"door": "entrance", "floor": "area", "promo": "area", "cafe": "area", "checkout": "queue"}


class Place(NamedTuple):
    """A zone of a controller, as facts name it."""

    store_id: int
    controller_id: UUID
    zone_id: int
    name: str
    kind: str


def make_chain(controllers: int, *, first: int = 0) -> list[Place]:
    """Register so many stores with a controller each, numbered from ``first`` on; all their zones."""
    from sites_app.models import Controller, Region, Store, Zone

    region, _ = Region.objects.get_or_create(code="chain", defaults={"name": "Chain"})
    stores = Store.objects.bulk_create(
        Store(code=f"S{n:05}", name=f"Store {n}", region=region, timezone="Europe/Berlin")
        for n in range(first, first + controllers)
    )
    made = Controller.objects.bulk_create(
        Controller(store=store, name="Controller", base_url="http://127.0.0.1:9/api/v1", api_key="k", webhook_key=KEY)
        for store in stores
    )
    zones = Zone.objects.bulk_create(
        Zone(store=it.store, controller=it, zone_id=name, code=name, kind=kind, has_occupancy=kind == "area")
        for it in made
        for name, kind in ZONES.items()
    )
    return [Place(zone.store_id, zone.controller_id, zone.pk, zone.zone_id, zone.kind) for zone in zones]


def events(number: Iterator[int] = count()) -> Iterator[bytes]:  # noqa: B008 - one numbering for the whole run
    """Events that were never sent before, as JSON."""
    for n in number:
        yield json.dumps(
            {
                "eventId": f"evt-{n:012}",
                "event": "queue.threshold_exceeded",
                "timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
                "data": {"zoneId": "checkout", "name": "Queue", "people_waiting": n % 17, "threshold": 5},
            }
        ).encode()


def post(base_url: str, controller_id: UUID, body: bytes, key: str = KEY) -> bytes:
    """The whole request, as it goes over the wire."""
    host = urlsplit(base_url).netloc
    return (
        f"POST /ingest/xcs/{controller_id} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Apikey {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
