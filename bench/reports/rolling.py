"""Rolling a day up from its samples, and reports beside so many facts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter

from bench.figures import Figure
from bench.reports.beside_sql import answer
from bench.reports.timing import alternately

_SECONDS_BETWEEN_SAMPLES = 25


@dataclass(frozen=True, slots=True)
class _Samples:
    """A table of samples, and what it's filled with."""

    measure: str
    called: str
    table: str
    zones: str
    columns: str
    values: str


_OCCUPANCY = _Samples(
    "occupancy", "samples", "occupancysample", "zone.has_occupancy", "people, capacity", "(random() * 100)::int, 200"
)
_QUEUES = _Samples(
    "queues",
    "samples of queues",
    "queuesample",
    "zone.kind = 'queue'",
    "people, average_wait_ms, longest_wait_ms, threshold",
    "(random() * 12)::int, (random() * 300000)::bigint, (random() * 600000)::bigint, 8",
)


def run(stores: int) -> Iterator[Figure]:
    from bench.chain import LAST
    from ingest.models import Measure
    from reports.request import ReportRequest

    request = ReportRequest(Measure.OCCUPANCY, LAST - timedelta(days=7), LAST)
    before = median(alternately(lambda: answer(request))[0])
    samples = _make_samples(_OCCUPANCY, stores)
    yield _rolling_up(_OCCUPANCY, stores, samples)
    after = median(alternately(lambda: answer(request))[0])
    yield Figure(
        f"a report over {samples:,} facts beside the same over none ({before:.1f} ms)", after / before, 1.25, "×", True
    )
    yield _rolling_up(_QUEUES, stores, _make_samples(_QUEUES, stores))


def _rolling_up(of: _Samples, stores: int, samples: int) -> Figure:
    scanning = median(alternately(lambda: _scan(of))[0]) / 1_000
    rolling = _roll_up(of)
    what = f"a day of {stores:,} stores rolled up of {samples:,} {of.called}: beside a scan of them ({scanning:.2f} s)"
    return Figure(what, rolling / scanning, 6, "×", True)


def _make_samples(of: _Samples, stores: int) -> int:
    """Samples of one day, the last one, and their marks."""
    from django.apps import apps
    from django.db import connection

    from bench.chain import LAST
    from ingest import partitions

    day = datetime(LAST.year, LAST.month, LAST.day, tzinfo=UTC)
    partitions.ensure(apps.get_model("ingest", of.table), [partitions.month_of(day)])
    some = f"(SELECT id FROM sites_app_store ORDER BY id LIMIT {stores})"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO ingest_{of.table} (store_id, zone_id, observed_at, received_at, {of.columns}) "
            f"SELECT zone.store_id, zone.id, at, at, {of.values} "
            "FROM generate_series(%s::timestamptz, %s::timestamptz, %s * interval '1 second') AS at, sites_app_zone zone "
            f"WHERE {of.zones} AND zone.store_id IN {some}",
            [day, day + timedelta(days=1) - timedelta(seconds=1), _SECONDS_BETWEEN_SAMPLES],
        )
        count = int(cursor.rowcount)
        cursor.execute(
            "INSERT INTO ingest_dirty (store_id, measure, quarter) SELECT id, %s, quarter "
            f"FROM {some} AS store, generate_series(%s::timestamptz, %s::timestamptz, interval '15 minutes') AS quarter",
            [of.measure, day, day + timedelta(hours=23, minutes=45)],
        )
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE ingest_{of.table}, ingest_dirty")
    return count


def _scan(of: _Samples) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT sum(people) FROM ingest_{of.table}")
        cursor.fetchall()


def _roll_up(of: _Samples) -> float:
    from ingest.models import Measure
    from reports import rollups

    began = perf_counter()
    while rollups.drain(Measure(of.measure)):
        pass
    return perf_counter() - began
