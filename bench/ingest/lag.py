"""How long it takes from a webhook that was received to the live API that shows it, under half of what can be borne."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import cycle
from typing import NamedTuple
from uuid import UUID

import requests

from bench.figures import Figure
from bench.ingest import senders
from bench.ingest.fleets import Platform, platform
from bench.load import send
from tests.stack.running import wait_for

CONTROLLERS = 500
CLIENTS = 32
BURST_S = 10.0
PROBES = 100
LIMIT_S = 2.0

_WAITING = "SELECT count(*) FROM ingest_event WHERE digested_at IS NULL"
_EVENTS = "SELECT count(*) FROM ingest_event"
_QUEUES = """
    SELECT store.code, controller.name, controller.id, zone.zone_id
    FROM sites_app_zone zone JOIN sites_app_controller controller ON controller.id = zone.controller_id
    JOIN sites_app_store store ON store.id = zone.store_id WHERE zone.kind = 'queue' ORDER BY zone.id
"""


class Target(NamedTuple):
    """A queue that events tell of, and the key of its controller's webhook."""

    store: str
    controller_id: UUID
    zone_id: str
    key: str


def run() -> Iterator[Figure]:
    with platform(CONTROLLERS) as it:
        probed, *loaded = _targets(it)
        highest = _highest(it, loaded)
        ended = threading.Event()
        load = threading.Thread(target=_keep_on, args=(it, loaded, highest / 2, ended))
        load.start()
        try:
            lags = sorted(_lags(it, probed))
        finally:
            ended.set()
            load.join()
    what = f"webhook to live API at p99, under {highest / 2:,.0f} events/s, half of the most"
    yield Figure(what, lags[int(len(lags) * 0.99) - 1], LIMIT_S, "s", True)


def _targets(it: Platform) -> list[Target]:
    keys = {(row["store_code"], row["controller_name"]): row["webhook_key"] for row in it.controllers}
    rows = it.database.execute(_QUEUES).fetchall()
    return [Target(store, id_, zone, keys[store, name]) for store, name, id_, zone in rows]


def _highest(it: Platform, targets: list[Target]) -> float:
    """How many events a second come in and are digested, as long as both take."""
    began = time.monotonic()
    send(it.stack.url, _posts(it, targets), clients=CLIENTS, seconds=BURST_S, expect=202)
    wait_for("all is digested", lambda: it.one(_WAITING) == 0, 600)
    return float(it.one(_EVENTS)) / (time.monotonic() - began)


def _keep_on(it: Platform, targets: list[Target], rate: float, ended: threading.Event) -> None:
    while not ended.is_set():
        send(it.stack.url, _posts(it, targets), clients=CLIENTS, seconds=2, expect=202, rate=rate)


def _posts(it: Platform, targets: list[Target]) -> Iterator[bytes]:
    for target, body in zip(cycle(targets), senders.events(), strict=False):
        of_target = body.replace(b'"checkout"', f'"{target.zone_id}"'.encode())
        yield senders.post(it.stack.url, target.controller_id, of_target, target.key)


def _lags(it: Platform, target: Target) -> Iterator[float]:
    """One event after the other, each looked for until it's shown. The machine's clock is everybody's here."""
    key = it.stack.manage("create_api_key", "bench", "--scope", "read")["key"]
    with requests.Session() as session:
        session.headers["Authorization"] = f"Apikey {key}"
        posts = _posts(it, [target])
        for _ in range(PROBES):
            began = int(time.time() * 1000) / 1000  # instants are shown so
            request = next(posts)  # an event of this instant
            send(it.stack.url, iter([request]), clients=1, seconds=60, expect=202)
            while _shown_at(session, it.stack.url, target) < began:
                time.sleep(0.06)  # a key may ask no oftener
            yield time.time() - began


def _shown_at(session: requests.Session, url: str, target: Target) -> float:
    """The instant of the newest figure that the live API has of the store's queues."""
    answer = session.get(f"{url}/api/v1/live/queues", params={"store": target.store}, timeout=10)
    instants = [row["as_of"] for row in answer.json()["results"] if row["zone"].endswith(target.zone_id)]
    return max((datetime.fromisoformat(at).timestamp() for at in instants if at), default=0.0)
