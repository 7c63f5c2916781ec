"""Fact tables by month: made when they are wanted, whoever is first, and dropped when they are past their retention."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from ingest import facts, partitions, retention
from ingest.models import DwellInterval, OccupancySample
from sites_app.models import Zone
from tests import chain

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2019, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC)
NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


@pytest.fixture
def zone() -> Zone:
    return chain.zone(chain.controller(chain.store()), "floor")


def people(zone: Zone, at: datetime, count: int = 1) -> facts.Facts:
    return facts.Facts(occupancy=[facts.OccupancyRow(zone.store_id, zone.pk, at, at, count, None)])


def drop(model: Any) -> None:
    """Drop all partitions, as another process does."""
    with connection.cursor() as cursor:
        for name in partitions.existing(model):
            cursor.execute(f"DROP TABLE {name}")


def test_a_fact_makes_the_month_that_it_falls_into(zone: Zone) -> None:
    drop(OccupancySample)
    facts.write(people(zone, LONG_AGO))
    facts.write(people(zone, LONG_AGO + timedelta(microseconds=1)))
    assert partitions.existing(OccupancySample) == ["ingest_occupancysample_2019_02", "ingest_occupancysample_2019_03"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM ingest_occupancysample ORDER BY observed_at")
        assert [name for (name,) in cursor.fetchall()] == partitions.existing(OccupancySample)


@pytest.mark.django_db(transaction=True)
def test_a_month_that_another_process_has_dropped_is_made_again(zone: Zone) -> None:
    facts.write(people(zone, LONG_AGO))
    drop(OccupancySample)
    facts.write(people(zone, LONG_AGO))
    assert OccupancySample.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_month_whose_making_was_rolled_back_is_made_again(zone: Zone) -> None:
    drop(OccupancySample)
    with transaction.atomic():
        facts.write(people(zone, LONG_AGO))
        transaction.set_rollback(True)
    assert partitions.existing(OccupancySample) == []
    facts.write(people(zone, LONG_AGO))
    assert OccupancySample.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_months_that_were_seen_are_not_looked_for_again(zone: Zone) -> None:
    facts.write(people(zone, LONG_AGO))
    with CaptureQueriesContext(connection) as captured:
        facts.write(people(zone, LONG_AGO, 2))
    assert not any("pg_inherits" in query["sql"] for query in captured.captured_queries)


@pytest.mark.django_db(transaction=True)
def test_writers_that_want_the_same_new_month_at_once_all_get_it(zone: Zone) -> None:
    drop(OccupancySample)
    together = threading.Barrier(4)

    def write(count: int) -> None:
        try:
            with transaction.atomic():  # as a chunk's outcome is written
                together.wait(60)
                facts.write(people(zone, LONG_AGO - timedelta(minutes=count), count))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(4)))
    assert OccupancySample.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_a_new_month_waits_for_nobody_who_writes_another(zone: Zone) -> None:
    drop(OccupancySample)
    written, made = threading.Event(), threading.Event()

    def write_slowly() -> None:
        try:
            with transaction.atomic():
                facts.write(people(zone, LONG_AGO))
                written.set()
                made.wait(60)
        finally:
            connection.close()

    facts.write(people(zone, LONG_AGO - timedelta(days=1)))
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(write_slowly)
        assert written.wait(60)
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '2s'")
                partitions.ensure(OccupancySample, [partitions.month_of(NOW)])
        finally:
            made.set()
        slow.result(60)
    assert "ingest_occupancysample_2026_06" in partitions.existing(OccupancySample)


def test_this_month_and_the_two_to_come_are_made_ahead() -> None:
    drop(OccupancySample)
    made = retention.maintain(now=NOW)["made"]
    assert {
        "ingest_occupancysample_2026_06",
        "ingest_occupancysample_2026_07",
        "ingest_occupancysample_2026_08",
    } <= set(made)
    assert retention.maintain(now=NOW) == {"made": [], "dropped": []}


def test_months_go_when_they_lie_wholly_before_what_is_kept(zone: Zone, settings: Any) -> None:
    settings.SAMPLE_RETENTION_DAYS, settings.INTERVAL_RETENTION_DAYS = 90, 366
    limit = NOW - timedelta(days=90)  # the 1st of April
    for model in (*retention.SAMPLES, *retention.RECORDS, *retention.INTERVALS):
        drop(model)
    for at in (limit - timedelta(days=1), limit, NOW):
        facts.write(people(zone, at))
        hour = at, at, at + timedelta(hours=1)
        facts.write(facts.Facts(dwell=[facts.DwellRow(zone.store_id, zone.pk, *hour, 1000, 1)]))
    assert retention.maintain(now=NOW)["dropped"] == ["ingest_occupancysample_2026_03"]
    assert list(OccupancySample.objects.order_by("pk").values_list("observed_at", flat=True)) == [limit, NOW]
    assert DwellInterval.objects.count() == 3


def test_all_fact_tables_are_kept_for_a_time() -> None:
    partitioned = {"OccupancySample", "QueueSample", "FootfallInterval", "DwellInterval", "PathInterval"}
    assert {model.__name__ for model in (*retention.SAMPLES, *retention.INTERVALS)} == partitioned


def test_a_month_is_cut_in_utc_whatever_clock_an_instant_is_told_by(zone: Zone) -> None:
    drop(OccupancySample)
    new_year_in_kathmandu = datetime(2027, 1, 1, tzinfo=ZoneInfo("Asia/Kathmandu"))
    facts.write(people(zone, new_year_in_kathmandu))
    assert partitions.existing(OccupancySample) == ["ingest_occupancysample_2026_12"]
    facts.write(people(zone, new_year_in_kathmandu + timedelta(hours=6)))
    assert "ingest_occupancysample_2027_01" in partitions.existing(OccupancySample)
