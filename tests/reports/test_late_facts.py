"""Whatever comes late, and whatever is changed in between: rollups are those that are made of all facts at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import facts
from reports import rebuilding, tasks
from reports.merging import MERGES
from sites_app.models import Controller, OpeningHours, Region, Store, Zone
from tests import chain

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 28, 20, tzinfo=UTC)  # the evening before the clock is put forward in Berlin
MINUTE, QUARTER, HOUR = timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=1)


def later_closing() -> None:
    OpeningHours.objects.update(closes=time(23, 30))


def another_clock() -> None:
    Store.objects.filter(code="S1").update(timezone="Asia/Kathmandu")


def longer_hold() -> None:
    Controller.objects.update(poll_interval_s=900)


def shorter_hold() -> None:
    Controller.objects.update(poll_interval_s=30)


def a_zone_that_does_not_count() -> None:
    Zone.objects.filter(code="yard").update(counts_by_hand=False)


def a_zone_that_goes() -> None:
    Zone.objects.filter(code="yard").update(retired_at=START + HOUR + 7 * MINUTE)


def another_region() -> None:
    Store.objects.filter(code="S2").update(region=Region.objects.get(code="europe-south"))


def nothing() -> None: ...


CHANGES = [
    later_closing,
    another_clock,
    longer_hold,
    shorter_hold,
    a_zone_that_does_not_count,
    a_zone_that_goes,
    another_region,
    nothing,
]


def stores() -> list[Zone]:
    """Two stores of two regions, with zones of each kind."""
    zones = []
    chain.region("Europe/South")
    for code in ("S1", "S2"):
        store = chain.store(code, under="Europe/North")
        chain.opens(store, "09:00", "21:15")
        controller = chain.controller(store, poll_interval_s=60)
        kinds = {"floor": "area", "yard": "area", "till": "queue", "door": "entrance"}
        zones += [chain.zone(controller, name, kind) for name, kind in kinds.items()]
    return zones


def told_of(zones: list[Zone], random: Random) -> list[tuple[str, Any]]:
    """What five hours tell, in no order."""
    told: list[tuple[str, Any]] = []
    for zone in zones:
        for minute in range(0, 300, random.choice([1, 2, 7])):
            at, people = START + minute * MINUTE, random.randrange(9)
            if zone.kind == "area":
                told.append(("occupancy", facts.OccupancyRow(zone.store_id, zone.pk, at, at, people, 10)))
            elif zone.kind == "queue":
                wait = 60_000 if people else None
                told.append(("queues", facts.QueueRow(zone.store_id, zone.pk, at, at, people, wait, wait, 4)))
        for number in range(20 if zone.kind == "entrance" else 0):
            at = START + number * QUARTER
            seen = at + random.choice([QUARTER, 9 * HOUR])
            told.append(
                ("footfall", facts.FootfallRow(zone.store_id, zone.pk, at, seen, at + QUARTER, True, number, 1))
            )
        for number in range(5):
            at = START + number * HOUR
            told.append(("dwell", facts.DwellRow(zone.store_id, zone.pk, at, at, at + HOUR, 5_000, number or None)))
    random.shuffle(told)
    return told


def rows() -> set[Any]:
    """All rollups there are, whatever made them."""
    found = set()
    with connection.cursor() as cursor:
        for merge in MERGES.values():
            for table in filter(None, (merge.table, merge.region_table)):
                cursor.execute(f"SELECT * FROM {table}")
                found |= {(table, *row) for row in cursor.fetchall()}
    return found


def anew() -> set[Any]:
    """All rollups, made of all facts at once from nothing."""
    with connection.cursor() as cursor:
        for merge in MERGES.values():
            for table in filter(None, (merge.table, merge.region_table)):
                cursor.execute(f"DELETE FROM {table}")
    everyone = list(Store.objects.with_hours())
    for part in rebuilding.plan(everyone):
        rebuilding.rebuild(part)
    rebuilding.rebuild_regions(everyone)
    return rows()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32),
    deliveries=st.integers(1, 4),
    changes=st.lists(st.sampled_from(CHANGES), max_size=4),
)
def test_rollups_are_those_of_all_facts_at_once(seed: int, deliveries: int, changes: list[Callable[[], None]]) -> None:
    random = Random(seed)
    with transaction.atomic():
        told = told_of(stores(), random)
        for number in range(deliveries):
            batch = facts.Facts()
            for kind, row in told[number::deliveries]:
                getattr(batch, kind).append(row)
            facts.write(batch)
            tasks.roll_up()
            if number < len(changes):
                changes[number]()
        tasks.roll_up()
        followed = rows()
        assert followed
        assert followed == anew()
        transaction.set_rollback(True)
