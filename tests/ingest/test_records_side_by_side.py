"""Two writers with records of one interval: whoever comes second sees the first one's."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from ingest import facts
from ingest.models import FootfallInterval
from sites_app.models import Zone
from tests import chain

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
_WAITING = """
    SELECT count(*) FROM pg_locks waiting
    JOIN pg_locks held ON held.pid = waiting.pid AND held.database = (
        SELECT oid FROM pg_database WHERE datname = current_database()
    )
    WHERE NOT waiting.granted
"""


def write(zone: Zone, minute: int) -> None:
    start = NOON + timedelta(minutes=minute)
    row = facts.LineRow(zone.store_id, zone.pk, start, start + timedelta(minutes=1), NOON, 5, 1, True)
    facts.write(facts.Facts(lines=[row]))


def test_neither_of_two_minutes_is_lost() -> None:
    door = chain.zone(chain.controller(chain.store(), kind="xovis"), "logic:1", "entrance")
    write(door, 0)  # makes the month's tables

    def second() -> None:
        try:
            write(door, 2)
        finally:
            connection.close()

    other = threading.Thread(target=second)
    with transaction.atomic():
        write(door, 1)
        other.start()
        with connection.cursor() as cursor:
            waiting = 0
            while other.is_alive() and not waiting:
                cursor.execute(_WAITING)
                waiting = cursor.fetchone()[0]
    other.join(30)
    assert FootfallInterval.objects.get().count_in == 15
