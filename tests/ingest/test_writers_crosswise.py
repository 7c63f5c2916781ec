"""Two writers that meet crosswise: the one that gives way comes again, and nothing of it is lost."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from ingest import facts
from ingest.models import OccupancySample, QueueSample, ZoneState
from sites_app.models import Zone
from tests import chain

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
_WAITS = "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = %s AND NOT granted)"
_TOUCH = "UPDATE ingest_zonestate SET people = 1 WHERE zone_id = %s"


def occupancy(zone: Zone) -> facts.Facts:
    return facts.Facts(occupancy=[facts.OccupancyRow(zone.store_id, zone.pk, NOON, NOON, 3, None)])


def of_both(area: Zone, queue: Zone) -> facts.Facts:
    rows = occupancy(area)
    rows.queues.append(facts.QueueRow(queue.store_id, queue.pk, NOON, NOON, 2, None, None, None))
    return rows


def test_the_one_that_gives_way_writes_again() -> None:
    controller = chain.controller(chain.store())
    area, queue = chain.zone(controller, "floor"), chain.zone(controller, "tills", "queue")
    facts.write(of_both(area, queue))
    OccupancySample.objects.all().delete()
    QueueSample.objects.all().delete()
    ZoneState.objects.update(occupancy_at=None, queue_at=None)
    pids, failed = list[int](), list[Exception]()

    def second() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET deadlock_timeout = '2s'")  # it gives way long before the other would
                cursor.execute("SELECT pg_backend_pid()")
                pids.append(cursor.fetchone()[0])
            facts.write(of_both(area, queue))  # has the area, and waits for the queue
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    other = threading.Thread(target=second)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TOUCH, [queue.pk])
        other.start()
        waits = False
        while other.is_alive() and not waits:
            if pids:
                cursor.execute(_WAITS, pids)
                waits = cursor.fetchone()[0]
        cursor.execute(_TOUCH, [area.pk])
    other.join(30)
    assert not failed
    assert OccupancySample.objects.get().people == 3
    assert QueueSample.objects.get().people == 2
