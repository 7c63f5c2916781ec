"""The live stream: how soon a change is heard by all who listen, and what they cost the database and the process."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from bench.figures import Figure
from bench.ground import WORKERS, granian
from bench.processes import PROC, used_by
from bench.reports.timing import p95

_SECONDS, _CHANGES = 10.0, 15


@dataclass(frozen=True, slots=True)
class _Heard:
    """How many milliseconds after each change the last listener had it; what a second without changes cost."""

    after_ms: list[float]
    transactions: float
    cpu_s: float


def run(listeners: int) -> Iterator[Figure]:
    from django.db import connection

    from sites_app.models import ApiKey, Store, Zone

    key, plain = ApiKey.generate("bench", scopes=["read"])
    key.save()
    store = Store.objects.order_by("code").first()
    zone = Zone.objects.filter(store=store, has_occupancy=True).order_by("pk").first()
    # What this process has done would be counted late, and an open file is needed for each listener.
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's alone
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with granian("xovis_platform.asgi:application", "asgi") as (address, pid):
        one = asyncio.run(_listen(address, pid, plain, store, zone, 1))
        many = asyncio.run(_listen(address, pid, plain, store, zone, listeners))
    what = f"a change heard by the last of {listeners:,} listeners (by one: {median(one.after_ms):.0f} ms)"
    yield Figure(what, p95(many.after_ms), 2_000, "ms", True)
    # Each process looks for all of its listeners; with one listener a single process does.
    what = f"  transactions a second with them, {WORKERS} processes (with one: {one.transactions:.1f})"
    yield Figure(what, many.transactions, 1.25 * WORKERS * one.transactions, "/s", True)
    yield Figure(f"  processor time a second (with one: {one.cpu_s * 1000:.0f} ms)", many.cpu_s * 1000, 500, "ms", True)


async def _listen(address: str, pid: int, key: str, store: Any, zone: Any, count: int) -> _Heard:
    heard = asyncio.Semaphore(0)
    wanted = [b""]
    tasks = [asyncio.create_task(_hear(address, key, store.code, wanted, heard)) for _ in range(count)]
    after = [await _change(zone, people, wanted, heard, count) for people in range(500, 500 + _CHANGES)]
    before, used, began = await asyncio.to_thread(_transactions), used_by(_family(pid)).cpu_s, perf_counter()
    await asyncio.sleep(_SECONDS)
    transactions, seconds = await asyncio.to_thread(_transactions) - before, perf_counter() - began
    cpu_s = used_by(_family(pid)).cpu_s - used
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
    return _Heard(after[1:], transactions / seconds, cpu_s / seconds)


async def _hear(address: str, key: str, store: str, wanted: list[bytes], heard: asyncio.Semaphore) -> None:
    """Listen for good; say when what is wanted was heard, once each time."""
    to = urlsplit(address)
    reader, writer = await asyncio.open_connection(to.hostname, to.port)
    writer.write(
        f"GET /api/v1/live/stream?store={store} HTTP/1.1\r\nHost: {to.netloc}\r\nAuthorization: Apikey {key}\r\n\r\n".encode()
    )
    last = b""
    async for line in reader:
        if wanted[0] != last and wanted[0] in line:
            last = wanted[0]
            heard.release()


async def _change(zone: Any, people: int, wanted: list[bytes], heard: asyncio.Semaphore, count: int) -> float:
    wanted[0] = b'"people":%d,' % people
    began = perf_counter()
    await asyncio.to_thread(_tell, zone, people)
    for _ in range(count):
        await asyncio.wait_for(heard.acquire(), 60)
    return (perf_counter() - began) * 1_000


def _tell(zone: Any, people: int) -> None:
    from django.db import connection

    from ingest import facts

    now = datetime.now(UTC)
    try:
        facts.write(facts.Facts(occupancy=[facts.OccupancyRow(zone.store_id, zone.pk, now, now, people, 200)]))
    finally:
        connection.close()


def _transactions() -> float:
    """How many the database has committed up to now."""
    from django.db import connection

    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
            return float(cursor.fetchone()[0])
    finally:
        connection.close()


def _family(pid: int) -> list[int]:
    """A process and those that it has started."""
    children = (PROC / str(pid) / "task" / str(pid) / "children").read_text().split()
    return [pid, *map(int, children)]
