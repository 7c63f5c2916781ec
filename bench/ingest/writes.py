"""Facts from polls, written for a thousand controllers at once, beside a COPY of the same rows into the same tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Any

from django.db import connection

from bench.figures import Figure
from bench.ingest.senders import Place
from ingest import facts

SHARE = 0.3
ROUNDS = 9
_TABLES = {
    "occupancy": "ingest_occupancysample",
    "queues": "ingest_queuesample",
}


def run(places: list[Place]) -> Iterator[Figure]:
    """Each round is the next minute of all of them; COPY takes a minute that nothing else is written for."""
    now = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=3)
    facts.write(samples(places, now))
    limits, written = list[float](), list[float]()
    for number in range(1, ROUNDS + 1):
        limits.append(_copied(samples(places, now + timedelta(minutes=number, seconds=30))))
        rows = samples(places, now + timedelta(minutes=number))
        began = perf_counter()
        facts.write(rows)
        written.append(len(rows) / (perf_counter() - began))
    limit = median(limits)
    controllers = len({place.controller_id for place in places})
    what = f"facts of {controllers:,} controllers at once (COPY of the same rows: {limit:,.0f}/s)"
    yield Figure(what, median(written), SHARE * limit, "/s")


def samples(places: list[Place], at: datetime) -> facts.Facts:
    """What a poll of all these zones brings."""
    received = at + timedelta(seconds=1)
    return facts.Facts(
        occupancy=[
            facts.OccupancyRow(place.store_id, place.zone_id, at, received, place.zone_id % 90, 100)
            for place in places
            if place.kind == "area"
        ],
        queues=[
            facts.QueueRow(place.store_id, place.zone_id, at, received, place.zone_id % 9, 60_000, 120_000, 5)
            for place in places
            if place.kind == "queue"
        ],
    )


def _copied(rows: facts.Facts) -> float:
    took = 0.0
    for name, table in _TABLES.items():
        of_table = getattr(rows, name)
        data = "".join(_line(row) for row in of_table).encode()
        with connection.cursor() as cursor:
            began = perf_counter()
            with cursor.copy(f"COPY {table} ({', '.join(of_table[0]._fields)}) FROM STDIN") as copy:
                copy.write(data)
            took += perf_counter() - began
    return len(rows) / took


def _line(row: Iterable[Any]) -> str:
    return "\t".join("\\N" if value is None else str(value) for value in row) + "\n"
