"""What is changed in the registry: rollups come out as if it had been so from the beginning."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection

from ingest import facts
from reports import tasks
from reports.models import FootfallRollup, OccupancyRollup
from sites_app.models import Controller, OpeningHours, Store, Zone
from tests import chain

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


@pytest.fixture
def store() -> Store:
    """A store with two days of footfall and of occupancy, rolled up."""
    store = chain.store(under="Europe/Germany")
    chain.opens(store, "09:00", "18:00")
    controller = chain.controller(store)
    door, floor = chain.zone(controller, "door", "entrance"), chain.zone(controller, "floor")
    batch = facts.Facts()
    for number in range(192):
        start = MONDAY + number * QUARTER
        batch.footfall.append(facts.FootfallRow(store.pk, door.pk, start, start, start + QUARTER, True, number, 1))
        batch.occupancy.append(facts.OccupancyRow(store.pk, floor.pk, start, start, number, None))
    facts.write(batch)
    tasks.roll_up()
    assert FootfallRollup.objects.filter(grain="day", is_open=True).exists()
    return store


def rows() -> set[tuple[object, ...]]:
    """All rollups, whatever made them."""
    return {
        tuple(getattr(row, field.attname) for field in model._meta.concrete_fields)
        for model in (FootfallRollup, OccupancyRollup)
        for row in model.objects.all()
    }


def anew() -> set[tuple[object, ...]]:
    """All rollups, made from nothing."""
    with connection.cursor() as cursor:
        for model in (FootfallRollup, OccupancyRollup):
            cursor.execute(f"DELETE FROM {model._meta.db_table}")
        cursor.execute("DELETE FROM reports_storebasis")
        for measure, table, column in (
            ("footfall", "ingest_footfallinterval", "start"),
            ("occupancy", "ingest_occupancysample", "observed_at"),
        ):
            cursor.execute(
                "INSERT INTO ingest_dirty (measure, store_id, quarter) "
                f"SELECT DISTINCT '{measure}', store_id, date_bin('15 minutes', {column}, 'epoch') FROM {table}"
            )
    tasks.roll_up()
    return rows()


def _later_closing(store: Store) -> None:
    OpeningHours.objects.filter(store=store).update(closes=time(22))


def _always_open(store: Store) -> None:
    OpeningHours.objects.filter(store=store).delete()


def _another_clock(store: Store) -> None:
    Store.objects.filter(pk=store.pk).update(timezone="Asia/Kathmandu")


def _another_region(store: Store) -> None:
    Store.objects.filter(pk=store.pk).update(region=chain.region("Europe/France"))


def _shorter_hold(store: Store) -> None:
    Controller.objects.filter(store=store).update(poll_interval_s=30)


def _a_capacity(store: Store) -> None:
    Store.objects.filter(pk=store.pk).update(capacity=100)


def _no_entrance(store: Store) -> None:
    Zone.objects.filter(store=store, kind="entrance").update(kind="area")


def _an_area_that_does_not_count(store: Store) -> None:
    Zone.objects.filter(store=store, kind="area").update(counts_by_hand=False)


@pytest.mark.parametrize(
    "change",
    [
        _later_closing,
        _always_open,
        _another_clock,
        _another_region,
        _shorter_hold,
        _a_capacity,
        _no_entrance,
        _an_area_that_does_not_count,
    ],
)
def test_rollups_follow_what_was_changed(store: Store, change: Callable[[Store], None]) -> None:
    before = rows()
    change(store)
    tasks.roll_up()
    followed = rows()
    assert followed == anew()
    if change is not _another_region:
        assert followed != before
