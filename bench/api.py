"""How many requests a second the API answers: its ten busiest calls, beside a bare view on the same server.

The chain has a hundred stores, as a region of a large retailer has. What the bare view bears is what the server, Django
and its middleware bear; the share of it is what a call leaves of that.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import repeat
from typing import Any

from bench import chain
from bench.figures import Figure
from bench.ground import granian, ground
from bench.load import send

STORES = 100
CLIENTS = 16
SECONDS = 4.0
_WEEK = f"start={chain.LAST - timedelta(days=7)}&end={chain.LAST}"

# What is asked, and the least of it that will do, a second, with half of two cores taken by something else.
CALLS = (
    ("occupancy of one store, as a sign asks", "live/occupancy?store=S00007", 50),
    ("occupancy of all stores", "live/occupancy", 10),
    ("queues of one store", "live/queues?store=S00007", 50),
    ("footfall of a week, by store", f"reports/footfall?{_WEEK}", 10),
    ("occupancy of a week, one store by day", f"reports/occupancy?{_WEEK}&store=S00007&granularity=day", 20),
    ("a page of 100 stores", "stores", 20),
    ("one store", "stores/S00007", 50),
    ("a page of 100 controllers", "controllers", 20),
    ("a page of 100 zones", "zones", 20),
    ("a page of 100 events", "events", 20),
)  # fmt: skip


def run(stores: int = STORES, seconds: float = SECONDS) -> Iterator[Figure]:
    with ground():
        key = _fill(stores)
        with granian("xovis_platform.asgi:application", "asgi") as (address, _):
            bare = _rate(address, "/healthz", "", seconds)
            yield Figure("a bare view, on the same server", bare, 500, "/s")
            for what, path, limit in CALLS:
                rate = _rate(address, f"/api/v1/{path}", key, seconds)
                yield Figure(f"{what} ({rate / bare:.0%} of it)", rate, limit, "/s")


def _rate(address: str, path: str, key: str, seconds: float) -> float:
    """After a moment in which pools fill and caches warm."""
    head = f"Host: 127.0.0.1\r\nAuthorization: Apikey {key}\r\n" if key else "Host: 127.0.0.1\r\n"
    request = f"GET {path} HTTP/1.1\r\n{head}\r\n".encode()
    send(address, repeat(request), clients=CLIENTS, seconds=min(1.0, seconds), expect=200)
    return send(address, repeat(request), clients=CLIENTS, seconds=seconds, expect=200)


def _fill(stores: int) -> str:
    """A chain, a month of its figures, events; and a key that sees all of it."""
    from sites_app.models import ApiKey

    chain.make_registry(stores)
    for _ in chain.make_rollups(1, hours=False):
        pass
    chain.settle()
    _make_events()
    key, plain = ApiKey.generate("bench", scopes=["read"])
    key.requests_per_minute = 10**9
    key.save()
    return plain


def _make_events(each: int = 20) -> None:
    from django.utils import timezone

    from ingest.models import Event
    from sites_app.models import Controller

    now: Any = timezone.now()
    body = (
        b'{"eventId": "E", "event": "queue.threshold_exceeded", "data": {"zoneId": "checkout_1", "people_waiting": 7}}'
    )
    Event.objects.bulk_create(
        Event(
            store_id=controller.store_id,
            controller=controller,
            event_id=f"E{number}",
            event="queue.threshold_exceeded",
            observed_at=now - timedelta(minutes=number),
            received_at=now,
            body=body,
        )
        for controller in Controller.objects.all()
        for number in range(each)
    )
