"""``manage.py rebuild_rollups``: the same rows from the facts, whatever had become of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from ingest import facts
from ingest.models import Dirty, FootfallInterval, Measure, OccupancySample, QueueSample
from reports import merging, tasks
from sites_app.models import Store, Zone
from tests import chain
from tests.reports.api.facts import MONDAY, QUARTER, dwell, every, footfall, occupancy, queue

pytestmark = pytest.mark.django_db
START = "2025-11-03T00:00:00Z"


@pytest.fixture
def stores() -> list[Store]:
    """Two stores on different clocks with two days of everything, rolled up."""
    made = [
        chain.store("S1", timezone="Europe/Berlin"),
        chain.store("S2", timezone="Asia/Kathmandu", under="Asia/Nepal"),
    ]
    for number, store in enumerate(made, start=1):
        chain.opens(store, "09:00", "18:00")
        controller = chain.controller(store, poll_interval_s=600)
        door, floor = chain.zone(controller, "door", "entrance"), chain.zone(controller, "floor")
        till = chain.zone(controller, "till", "queue")
        footfall(door, [(at, number, 2) for at in every(START, QUARTER, 192)])
        occupancy(floor, [(at, number * 3, 9) for at in every(START, QUARTER, 192)])
        queue(till, [(at, number * 2, 1000, 3) for at in every(START, QUARTER, 192)])
        dwell(floor, [(at, 5000 * number, 3) for at in every(START, timedelta(hours=1), 48)])
    tasks.roll_up()
    return made


def tables() -> Iterator[str]:
    for merge in merging.MERGES.values():
        yield merge.table
        if merge.region_table:
            yield merge.region_table


def rows() -> dict[str, list[Any]]:
    """All rollups, in the order of their text."""
    found = {}
    with connection.cursor() as cursor:
        for table in tables():
            cursor.execute(f"SELECT rollup::text FROM {table} rollup ORDER BY 1")
            found[table] = [text for (text,) in cursor.fetchall()]
    return found


def rebuilt(*options: str) -> Any:
    out = StringIO()
    call_command("rebuild_rollups", *options, "--json", stdout=out)
    return json.loads(out.getvalue())


def spoil(condition: str = "true") -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM reports_footfallrollup WHERE {condition}")
        cursor.execute(f"UPDATE reports_occupancyrollup SET person_us = person_us + 1 WHERE {condition}")
        cursor.execute("UPDATE reports_queueregionrollup SET covered_us = 7")


def test_rollups_that_were_lost_or_spoilt_come_back_bit_for_bit(stores: list[Store]) -> None:
    before = rows()
    assert all(before[table] for table in tables() if table != "reports_pathrollup")
    spoil()
    assert rows() != before
    assert rebuilt()["stores"] == 2
    assert rows() == before
    assert not Dirty.objects.exists()


def test_rebuilding_what_is_right_changes_nothing(stores: list[Store]) -> None:
    before = rows()
    rebuilt()
    assert rows() == before


def test_only_what_was_asked_for_is_made_anew(stores: list[Store]) -> None:
    before = rows()
    spoil(f"store_id = {stores[0].pk}")
    rebuilt("--store", "S2")
    assert rows() != before
    rebuilt("--store", "S1", "--end", "2025-11-04")
    assert rows() != before
    done = rebuilt("--store", "S1", "--start", "2025-11-04", "--end", "2025-11-06")
    assert (done["stores"], rows() == before) == (1, True)
    assert done["quarters"] < 2 * 96 * len(Measure)


def test_rollups_whose_facts_were_dropped_stay(stores: list[Store]) -> None:
    before = rows()
    FootfallInterval.objects.filter(start__lt=MONDAY + timedelta(days=1)).delete()
    rebuilt()
    assert rows() == before


def test_what_comes_when_all_else_of_its_time_is_gone_changes_no_rollups(stores: list[Store], settings: Any) -> None:
    settings.SAMPLE_RETENTION_DAYS = 90
    before = rows()
    for model in (OccupancySample, QueueSample, FootfallInterval):
        model.objects.all().delete()
    batch = facts.Facts()
    for zone in Zone.objects.all():
        at, seen = MONDAY + timedelta(hours=1), MONDAY + timedelta(days=6 * 366)
        batch.occupancy.append(facts.OccupancyRow(zone.store_id, zone.pk, at, seen, 1, None))
        batch.queues.append(facts.QueueRow(zone.store_id, zone.pk, at, seen, 1, None, None, None))
        batch.footfall.append(facts.FootfallRow(zone.store_id, zone.pk, at, seen, at + QUARTER, True, 1, 1))
    facts.write(batch)
    Store.objects.update(capacity=77)
    tasks.roll_up()
    assert rows() == before


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--store", "nowhere"], "there is no store 'nowhere'"),
        (["--start", "monday"], "'monday' is not a date"),
        (["--start", "2025-11-04", "--end", "2025-11-04"], "start must lie before end"),
    ],
)
def test_what_cannot_be_done_is_said(options: list[str], fault: str) -> None:
    with pytest.raises(CommandError, match=fault):
        call_command("rebuild_rollups", *options)


def test_the_last_line_says_what_was_done(stores: list[Store], capsys: Any) -> None:
    call_command("rebuild_rollups", "--store", "S1")
    assert capsys.readouterr().out.splitlines()[-1].startswith("Made ")
