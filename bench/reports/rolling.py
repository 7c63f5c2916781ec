"""Rolling a day up from its samples, and reports beside so many facts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter

from bench.figures import Figure
from bench.reports.beside_sql import answer
from bench.reports.timing import alternately

_SECONDS_BETWEEN_SAMPLES = 25


def run(stores: int) -> Iterator[Figure]:
    from bench.chain import LAST
    from ingest.models import Measure
    from reports.request import ReportRequest

    request = ReportRequest(Measure.OCCUPANCY, LAST - timedelta(days=7), LAST)
    before = median(alternately(lambda: answer(request))[0])
    samples = _make_samples(stores)
    scanning = median(alternately(_scan)[0]) / 1_000
    rolling = _roll_up()
    what = f"a day of {stores:,} stores rolled up of {samples:,} samples: beside a scan of them ({scanning:.2f} s)"
    yield Figure(what, rolling / scanning, 6, "×", True)
    after = median(alternately(lambda: answer(request))[0])
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
