"""Webhooks: how many durable posts a second, beside a view that only answers; how many events, beside a bare COPY."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import cycle, islice
from statistics import median
from time import perf_counter
from uuid import UUID

from django.db import connection

from bench.figures import Figure
from bench.ground import granian
from bench.ingest import senders
from bench.load import send

SECONDS = 4.0
ROUNDS = 3
A_BODY = 1_000
SHARES = {32: 0.55, 128: 0.7}
"""Of what a view that only answers carries, by the number of clients."""
COPY_SHARE = 0.25

_COLUMNS = "store_id, controller_id, event_id, event, observed_at, received_at, body"


def run(places: list[senders.Place]) -> Iterator[Figure]:
    controllers = list(dict.fromkeys(place.controller_id for place in places))
    with (
        granian("bench.bare:application", "wsgi") as (bare, _),
        granian("xovis_platform.asgi:application", "asgi") as (ours, _),
    ):
        for clients, share in SHARES.items():
            yield _single(bare, ours, controllers, clients, share)
        yield _bodies(ours, controllers)


def _single(bare: str, ours: str, controllers: list[UUID], clients: int, share: float) -> Figure:
    """Alternately, so that whatever else the machine does befalls both."""
    events, limits, carried = senders.events(), list[float](), list[float]()
    for _ in range(ROUNDS):
        bodies = zip(cycle(controllers), events, strict=False)
        to_bare = (b"POST / HTTP/1.1" + _after_path(senders.post(bare, it, body)) for it, body in bodies)
        limits.append(send(bare, to_bare, clients=clients, seconds=SECONDS, expect=202))
        to_ours = (senders.post(ours, it, body) for it, body in bodies)
        carried.append(send(ours, to_ours, clients=clients, seconds=SECONDS, expect=202))
        _empty()
    limit = median(limits)
    what = f"durable posts of one event, {clients} clients (a bare view: {limit:,.0f}/s)"
    return Figure(what, median(carried), share * limit, "/s")


def _after_path(request: bytes) -> bytes:
    return request[request.index(b" HTTP/1.1") + len(b" HTTP/1.1") :]


def _bodies(ours: str, controllers: list[UUID]) -> Figure:
    events, limits, carried = senders.events(), list[float](), list[float]()
    for _ in range(ROUNDS):
        bodies = [_body(events) for _ in range(60)]
        limits.append(_copied(bodies, controllers[0]))
        posts = [senders.post(ours, it, body) for it, body in zip(cycle(controllers), bodies, strict=False)]
        began = perf_counter()
        send(ours, iter(posts), clients=4, seconds=60, expect=202)
        carried.append(len(posts) * A_BODY / (perf_counter() - began))
        _empty()
    limit = median(limits)
    what = f"events in posts of {A_BODY:,} (COPY of the same rows: {limit:,.0f}/s)"
    return Figure(what, median(carried), COPY_SHARE * limit, "/s")


def _body(events: Iterator[bytes]) -> bytes:
    return b'{"events": [' + b", ".join(islice(events, A_BODY)) + b"]}"


def _copied(bodies: list[bytes], controller_id: UUID) -> float:
    """How many rows a second PostgreSQL takes from a file: what ``\\copy`` does."""
    lines = []
    for body in bodies:
        for event in json.loads(body)["events"]:
            raw = json.dumps(event).encode().hex()
            fields = (1, controller_id, event["eventId"], event["event"], event["timestamp"], event["timestamp"])
            lines.append("\t".join(map(str, fields)) + f"\t\\\\x{raw}\n")
    data = "".join(lines).encode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT store_id FROM sites_app_controller WHERE id = %s", [controller_id])
        store_id = cursor.fetchone()[0]
        data = data.replace(b"1\t", b"%d\t" % store_id, 1) if store_id != 1 else data
        began = perf_counter()
        with cursor.copy(f"COPY ingest_event ({_COLUMNS}) FROM STDIN") as copy:
            copy.write(data)
        took = perf_counter() - began
    _empty()
    return len(lines) / took


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE ingest_event")
