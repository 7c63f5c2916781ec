"""How quick reports are, each beside what the database needs for the same at best.

It makes a chain of its own in a database of its own: at full size 2,000 stores of 6 zones with rollups of 13 months, a
hundred million rows, some 25 GB. ``--size 0.1`` is a tenth of the stores.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from cryptography.fernet import Fernet

from bench.figures import HEAD, Figure, machine
from xovis_platform.stack.services import BROKER_VARIABLE, DATABASE_VARIABLE, temporary_services

STORES = 2_000
MONTHS = 13
_TIMES = 15
_SECONDS_BETWEEN_SAMPLES = 25


def run(size: float | None = None) -> Iterator[Figure]:
    """All figures, at this share of the full size."""
    size = size or float(os.environ.get("XOVIS_BENCH_SIZE", "1"))
    with temporary_services() as services:
        os.environ[DATABASE_VARIABLE], os.environ[BROKER_VARIABLE] = services.database_url, services.redis_url
        os.environ.setdefault("XOVIS_SECRET_KEY", "only for this run")
        os.environ.setdefault("XOVIS_ENCRYPTION_KEYS", Fernet.generate_key().decode())
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xovis_platform.settings")
        import django

        django.setup()
        _make_chain(max(20, round(STORES * size)))
        yield from _reports()
        yield from _encoding()
        yield from _files(size)
        yield from _rolling_up(max(10, round(1_000 * size)))
        yield from _live(max(50, round(5_000 * size)))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _make_chain(stores: int) -> None:
    from django.core.management import call_command

    from bench import chain

    call_command("migrate", verbosity=0)
    chain.make_registry(stores)
    for made in chain.make_rollups(MONTHS, hours=True):
        _say(made)
    chain.settle()


# Reports, beside hand-written SQL over the same rollups: its rows, and its totals.


def _reports() -> Iterator[Figure]:
    from bench.chain import LAST
    from reports.measures import SPECS

    week, month, year = LAST - timedelta(days=7), date(2026, 10, 1), date(2025, 10, 1)
    for measure in list(SPECS)[:4]:
        for name, start in (("a week", week), ("a month", month)):
            yield from _beside(f"{measure.value}, {name} by store", 60, measure, start, "total", "store")
    for measure in list(SPECS)[:4]:
        yield from _beside(f"{measure.value}, 13 months by store", 100, measure, year, "total", "store")
        yield from _beside(f"{measure.value}, 13 months by day, chain", 100, measure, year, "day", "chain")


def _beside(what: str, limit_ms: float, measure: Any, start: date, granularity: Any, by: Any) -> Iterator[Figure]:
    from bench.chain import LAST
    from reports.request import ReportRequest

    request = ReportRequest(measure, start, LAST, granularity, by)
    ours, theirs = _alternately(lambda: _answer(request), lambda: _by_hand(request))
    yield Figure(f"{what}: beside SQL ({median(theirs):.1f} ms)", _ratio(ours, theirs), 1.5, "×", True)
    yield Figure("  its 95th percentile", _p95(ours), limit_ms, "ms", True)


def _answer(request: Any) -> bytes:
    """The report as JSON, as the API sends it."""
    from reports import queries
    from reports.formats import FORMATS
    from reports.tables import table_of
    from sites_app.access import Principal

    everybody = Principal("bench", frozenset({"read"}), sees_all=True)
    report = queries.run(request, everybody, now=datetime(2026, 11, 2, tzinfo=UTC))
    return b"".join(FORMATS["json"].write(table_of(report), None))


_FIGURES = {
    "footfall": "sum(visitors_in), sum(visitors_out), sum(complete_quarters)",
    "occupancy": "sum(person_us) / nullif(sum(covered_us), 0), max(peak), sum(capacity_person_us) / "
    "nullif(sum(capacity_us), 0), max(peak_utilisation), sum(person_us) / 3.6e9, sum(covered_us), "
    "(array_agg(peak_at ORDER BY peak DESC, peak_at))[1]",
    "queues": "sum(person_us) / nullif(sum(covered_us), 0), max(peak), sum(wait_person_us) / "
    "nullif(sum(waited_person_us), 0), max(longest_wait_ms), sum(over_us) / 1e6, 1 - sum(over_us) / "
    "nullif(sum(threshold_us), 0), sum(breaches), sum(covered_us), (array_agg(peak_at ORDER BY peak DESC, peak_at))[1]",
    "dwell": "sum(weighted_ms) / nullif(sum(weight), 0), sum(visits), sum(weighted_ms) / 3.6e6, sum(intervals)",
}


def _by_hand(request: Any) -> None:
    """The same figures by the shortest way there is: whole months as such, and the sums of regions for the chain."""
    from django.db import connection

    from reports.merging import MERGES

    merge, figures = MERGES[request.measure], _FIGURES[request.measure.value]
    grain = "month" if request.start.day == 1 and request.granularity == "total" else "day"
    where = f"grain = '{grain}' AND local >= %s AND local < %s AND is_open"
    keys, table, of = (
        ("code", f"{merge.table} rollup JOIN sites_app_store store ON store.id = store_id", " AND zone_id = 0")
        if request.by == "store"
        else ("local", merge.region_table, "")
    )
    days = where.replace(f"'{grain}'", "'day'") if request.by != "store" else where
    total_table, total_where = (
        (merge.table, where + " AND zone_id = 0") if grain == "month" else (merge.region_table, days)
    )
    with connection.cursor() as cursor:
        for statement in (
            f"SELECT {keys}, {figures} FROM {table} WHERE {where}{of} GROUP BY {keys} ORDER BY {keys}",
            f"SELECT {figures} FROM {total_table} WHERE {total_where}",
        ):
            cursor.execute(statement, [request.start, request.end])
            cursor.fetchall()


def _alternately(*jobs: Callable[[], Any]) -> list[list[float]]:
    """How many milliseconds each takes, one after the other time and again, so that what disturbs one disturbs all."""
    for job in jobs:
        job()
    taken: list[list[float]] = [[] for _ in jobs]
    for _ in range(_TIMES):
        for of_job, job in zip(taken, jobs, strict=True):
            began = perf_counter()
            job()
            of_job.append((perf_counter() - began) * 1_000)
    return taken


def _ratio(ours: list[float], theirs: list[float]) -> float:
    return median(ours) / median(theirs)


def _p95(taken: list[float]) -> float:
    return quantiles(taken, n=20, method="inclusive")[-1]


# Formats


def _encoding() -> Iterator[Figure]:
    import msgspec

    from reports.formats import FORMATS

    rows = [tuple(row) for row in _rows(50_000)]
    table = _table(rows)
    ours, theirs = _alternately(
        lambda: [*FORMATS["json"].write(table, None)], lambda: msgspec.json.Encoder().encode(rows)
    )
    what = f"JSON of 50,000 rows: beside msgspec of the tuples ({median(theirs):.0f} ms)"
    yield Figure(what, _ratio(ours, theirs), 3, "×", True)


def _rows(count: int) -> Iterator[list[Any]]:
    for n in range(count):
        yield [f"S{n % 2000:05}", "2026-11-02T00:00:00+01:00", "2026-11-03T00:00:00+01:00", n % 977, n / 7, 0.9981]


def _table(rows: Any) -> Any:
    from reports.formats import Column, Kind, Table

    kinds = {"store": Kind.TEXT, "start": Kind.INSTANT, "end": Kind.INSTANT, "visitors_in": Kind.WHOLE,
             "average": Kind.NUMBER, "coverage": Kind.SHARE}  # fmt: skip
    return Table({"report": "bench"}, [Column(name, kind) for name, kind in kinds.items()], rows)


def _files(size: float) -> Iterator[Figure]:
    from multiprocessing import get_context

    for format, count in (("xlsx", 50_000), ("csv", max(500_000, round(5_000_000 * size)))):
        with get_context("spawn").Pool(1) as process:
            peak_mb, seconds = process.apply(written, (format, count))
        yield Figure(
            f"memory of a process that writes {count:,} rows as {format} ({seconds:.0f} s)", peak_mb, 200, "MB", True
        )


def written(format: str, count: int) -> tuple[float, float]:
    """The most memory of a process that has written a table, in megabytes, and how many seconds it took."""
    import resource

    from reports.formats import FORMATS

    began = perf_counter()
    for _ in FORMATS[format].write(_table(_rows(count)), None):
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, perf_counter() - began


# Rolling up, and reports beside the facts


def _rolling_up(stores: int) -> Iterator[Figure]:
    from bench.chain import LAST
    from ingest.models import Measure
    from reports.request import ReportRequest

    request = ReportRequest(Measure.OCCUPANCY, LAST - timedelta(days=7), LAST)
    before = median(_alternately(lambda: _answer(request))[0])
    samples = _make_samples(stores)
    scanning = median(_alternately(_scan)[0]) / 1_000
    rolling = _roll_up()
    what = f"a day of {stores:,} stores rolled up of {samples:,} samples: beside a scan of them ({scanning:.2f} s)"
    yield Figure(what, rolling / scanning, 6, "×", True)
    after = median(_alternately(lambda: _answer(request))[0])
    yield Figure(
        f"a report over {samples:,} facts beside the same over none ({before:.1f} ms)", after / before, 1.25, "×", True
    )


def _make_samples(stores: int) -> int:
    """Samples of one day, the last one, and their marks."""
    from django.db import connection

    from bench.chain import LAST
    from ingest import partitions
    from ingest.models import OccupancySample

    day = datetime(LAST.year, LAST.month, LAST.day, tzinfo=UTC)
    partitions.ensure(OccupancySample, [partitions.month_of(day)])
    some = f"(SELECT id FROM sites_app_store ORDER BY id LIMIT {stores})"
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ingest_occupancysample (store_id, zone_id, observed_at, received_at, people, capacity) "
            "SELECT zone.store_id, zone.id, at, at, (random() * 100)::int, 200 "
            "FROM generate_series(%s::timestamptz, %s::timestamptz, %s * interval '1 second') AS at, sites_app_zone zone "
            f"WHERE zone.has_occupancy AND zone.store_id IN {some}",
            [day, day + timedelta(days=1) - timedelta(seconds=1), _SECONDS_BETWEEN_SAMPLES],
        )
        count = int(cursor.rowcount)
        cursor.execute(
            "INSERT INTO ingest_dirty (store_id, measure, quarter) SELECT id, 'occupancy', quarter "
            f"FROM {some} AS store, generate_series(%s::timestamptz, %s::timestamptz, interval '15 minutes') AS quarter",
            [day, day + timedelta(hours=23, minutes=45)],
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE ingest_occupancysample, ingest_dirty")
    return count


def _scan() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(people) FROM ingest_occupancysample")
        cursor.fetchall()


def _roll_up() -> float:
    from ingest.models import Measure
    from reports import rollups

    began = perf_counter()
    while rollups.drain(Measure.OCCUPANCY):
        pass
    return perf_counter() - began


# Live


def _live(stores: int) -> Iterator[Figure]:
    from django.db import connection
    from django.test import Client

    from sites_app.models import ApiKey, Store

    _make_live(stores)
    key, plain = ApiKey.generate("bench", scopes=["read"])
    key.save()
    client, headers = Client(), {"Authorization": f"Apikey {plain}"}
    first = client.get("/api/v1/live/occupancy", headers=headers)
    assert first.status_code == 200, first.content
    count = Store.objects.count()

    def rows() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT store.code, store.name, zone.code, zone.name, state.people, state.capacity, state.occupancy_at "
                "FROM sites_app_store store JOIN sites_app_zone zone ON zone.store_id = store.id AND zone.has_occupancy "
                "JOIN ingest_zonestate state ON state.zone_id = zone.id ORDER BY store.code, zone.code"
            )
            cursor.fetchall()

    def known() -> None:
        answer = client.get("/api/v1/live/occupancy", headers={**headers, "If-None-Match": first["ETag"]})
        assert answer.status_code == 304

    ours, theirs, unchanged = _alternately(lambda: client.get("/api/v1/live/occupancy", headers=headers), rows, known)
    yield Figure(
        f"live occupancy of {count:,} stores: beside SELECT ({median(theirs):.1f} ms)",
        _ratio(ours, theirs),
        3,
        "×",
        True,
    )
    yield Figure("  its 95th percentile", _p95(ours), 60, "ms", True)
    yield Figure("  not changed (304)", median(unchanged), 5, "ms", True)


def _make_live(stores: int) -> None:
    """So many stores, and the latest of their zones, which holds for long."""
    from django.db import connection

    from bench import chain
    from sites_app.models import Controller, Store

    if (missing := stores - Store.objects.count()) > 0:
        chain.make_registry(missing, prefix="live-")
    Controller.objects.update(poll_interval_s=3_600)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ingest_zonestate (zone_id, store_id, occupancy_at, occupancy_received_at, people, capacity) "
            "SELECT id, store_id, now(), now(), (random() * 100)::int, 200 FROM sites_app_zone WHERE has_occupancy"
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE ingest_zonestate, sites_app_store, sites_app_zone")


def main() -> int:
    """1 where a limit was missed."""
    parser = ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--size", type=float, default=None, help="the share of the full size: 0.1 for a tenth")
    options = parser.parse_args()
    print(f"{machine()}\n\n{HEAD}", flush=True)
    missed = 0
    for figure in run(options.size):
        print(figure.row, flush=True)
        missed += figure.ratio < 1
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
