"""Whether a fact and a post cost the same however many facts there are already, and in a chain of any size.

The facts that are there already are made in the database itself. Where the machine has no room for a hundred million of
them, ``XOVIS_BENCH_FACTS`` says how many.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle
from statistics import median
from time import perf_counter

from django.db import connection

from bench.figures import Figure
from bench.ground import granian
from bench.ingest import senders, writes
from bench.ingest.senders import Place
from bench.load import send
from ingest import facts, partitions
from ingest.models import OccupancySample

SMALL, LARGE = 100, 10_000
FEW = 1_000_000
MANY = int(os.environ.get("XOVIS_BENCH_FACTS", "100000000"))
ROUNDS = 9
AT_MOST = 1.25
"""Times as much with many as with few."""

_FILL = """
    INSERT INTO ingest_occupancysample (store_id, zone_id, observed_at, received_at, people, capacity)
    SELECT zone.store_id, zone.id, at, at + interval '1 second', zone.id %% 90, 100
    FROM generate_series(%(start)s::timestamptz, %(end)s::timestamptz - interval '1 second', '1 minute') AS at,
         sites_app_zone zone WHERE zone.kind = 'area'
    ON CONFLICT DO NOTHING
"""


def run() -> Iterator[Figure]:
    places = senders.make_chain(SMALL)
    small_chain = _rate(places, _now() - timedelta(hours=2)), _posted(places)
    others = senders.make_chain(LARGE - SMALL, first=SMALL)
    large_chain = _rate(places, _now() - timedelta(hours=1)), _posted(places + others)
    for what, small, large in zip(("facts written", "durable posts"), small_chain, large_chain, strict=True):
        of_small = f"with {SMALL} controllers: {small:,.0f}/s"
        yield Figure(f"{what}, with {LARGE:,} controllers ({of_small})", large, small / AT_MOST, "/s")
    yield _with_many_facts(places)


def _with_many_facts(places: list[Place]) -> Figure:
    areas = LARGE * sum(kind == "area" for kind in senders.ZONES.values())
    end = _now() - timedelta(hours=6)
    filled_from = _fill(end, end - timedelta(minutes=FEW // areas))
    few = _rate(places, end)
    _fill(filled_from, end - timedelta(minutes=MANY // areas))
    many = _rate(places, end + timedelta(hours=1))
    what = f"facts written, with {_count() / 1e6:,.0f} million there ({FEW / 1e6:,.0f} million: {few:,.0f}/s)"
    return Figure(what, many, few / AT_MOST, "/s")


def _now() -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0)


def _posted(places: list[Place]) -> float:
    controllers = list(dict.fromkeys(place.controller_id for place in places))
    with granian("xovis_platform.asgi:application", "asgi") as (ours, _):
        bodies = zip(cycle(controllers), senders.events(), strict=False)
        posts = (senders.post(ours, it, body) for it, body in bodies)
        return median(send(ours, posts, clients=128, seconds=4, expect=202) for _ in range(3))


def _rate(places: list[Place], start: datetime) -> float:
    rates = list[float]()
    for number in range(ROUNDS):
        rows = writes.samples(places, start + timedelta(minutes=number))
        began = perf_counter()
        facts.write(rows)
        rates.append(len(rows) / (perf_counter() - began))
    return median(rates)


def _fill(end: datetime, start: datetime) -> datetime:
    """Samples of every minute of ``[start, end)``, a day at a time; where they begin."""
    while end > start:
        first = max(start, end - timedelta(days=1))
        partitions.ensure(OccupancySample, {partitions.month_of(first), partitions.month_of(end)})
        with connection.cursor() as cursor:
            cursor.execute(_FILL, {"start": first, "end": end})
        end = first
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    return start


def _count() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ingest_occupancysample")
        return int(cursor.fetchone()[0])
