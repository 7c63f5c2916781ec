"""A small chain with all that pages can show, for tests that only look: filled once for a module, emptied at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection

from alerts.models import Alert
from ingest import facts
from ingest.models import Quarantine
from portal.models import Schedule
from sites_app.models import Controller, Sensor, Store, Zone
from tests import chain, told
from tests.portal.people import installer, person


@dataclass(frozen=True)
class Stage:
    """Two stores in Germany and one in Japan, which has told nothing."""

    now: datetime
    berlin: Store
    hamburg: Store
    tokyo: Store
    alert: Alert


@contextmanager
def filled(blocker: Any) -> Iterator[Stage]:
    """The chain, with a person of head office, the manager of Germany and its installer."""
    with blocker.unblock():
        try:
            yield _fill(datetime.now(UTC))
        finally:
            call_command("flush", interactive=False, verbosity=0)
            # Beside a browser's event loop it's another than the one that the database is dropped by.
            connection.close()


def _fill(now: datetime) -> Stage:
    zone = told.noon_zone(now)
    berlin = _store("BER", "Berlin", zone, now, each=30, floor_area_m2=1200)
    hamburg = _store("HAM", "Hamburg", zone, now, each=20)
    tokyo = chain.store("TYO", under="Asia/Japan", timezone=zone)
    silent = chain.controller(tokyo, state=Controller.State.OFFLINE, last_error="No answer within 3 s.")
    chain.zone(silent, "floor")
    told.roll_up()
    alert = Alert.objects.create(
        store=berlin,
        kind=Alert.Kind.QUEUE,
        subject="till",
        name="Till 1",
        value=12,
        limit=8,
        opened_at=now,
        message="12",
    )
    Alert.objects.create(
        store=tokyo, kind=Alert.Kind.CONTROLLER, name="Controller 1", detail="No answer", opened_at=now, message="gone"
    )
    person("head", None)
    User.objects.filter(username="head").update(is_staff=True, email="head.office@example.org")
    Schedule.objects.create(
        user=User.objects.get(username="head"), region=berlin.region, timezone=zone, created_at=now, due_at=now
    )
    person("manager", berlin.region)
    installer("installer", berlin.region)
    _set_aside(berlin, now, "Expected integer, got string.", "/data/people")
    _set_aside(
        berlin,
        now,
        "The other records of its quarter or hour are no longer kept: fetch the sensor's history of that time.",
        "",
    )
    return Stage(now, berlin, hamburg, tokyo, alert)


def _set_aside(store: Store, now: datetime, reason: str, pointer: str) -> None:
    Quarantine.objects.create(
        store=store,
        controller=store.controllers.get(),
        received_at=now,
        source=Quarantine.Source.WEBHOOK,
        what=Quarantine.What.EVENT,
        reason=reason,
        pointer=pointer,
        body=b"{}",
        digest=f"{len(pointer):032}",
    )


def _store(code: str, name: str, zone: str, now: datetime, *, each: int, **fields: Any) -> Store:
    store = chain.store(code, timezone=zone, capacity=200, city=name, tags=["city"], **fields)
    Store.objects.filter(pk=store.pk).update(name=name)
    store.name = name
    controller = chain.controller(store, state=Controller.State.ONLINE, last_success_at=now)
    Sensor.objects.create(controller=controller, sensor_id="1", status="online")
    door, floor, till = (
        chain.zone(controller, zone_id, kind, name=zone_name)
        for zone_id, kind, zone_name in (
            ("door", "entrance", "Main door"),
            ("floor", "area", "Sales floor"),
            ("till", "queue", "Till 1"),
        )
    )
    for weeks_ago in (0, 1, 2):
        told.a_day_of_visitors(door, each + weeks_ago, now=now, weeks_ago=weeks_ago)
    _people(floor, till, each, now)
    _stays(floor, door, now)
    return store


def _people(floor: Zone, till: Zone, each: int, now: datetime) -> None:
    """From eight until now, with half an hour from ten on in which nothing was heard."""
    eight = floor.store.local(now).replace(hour=8, minute=0, second=0, microsecond=0)
    silence = eight + timedelta(hours=2), eight + timedelta(hours=2, minutes=30)
    minutes = range(int((now - eight) / timedelta(minutes=1)) + 1)
    times = [eight + timedelta(minutes=minute) for minute in minutes]
    heard = [at.astimezone(UTC) for at in (*times, now) if not silence[0] <= at < silence[1]]
    facts.write(
        facts.Facts(
            occupancy=[
                facts.OccupancyRow(floor.store_id, floor.pk, at, at, 3 * each + at.minute, None) for at in heard
            ],
            queues=[facts.QueueRow(till.store_id, till.pk, at, at, at.minute % 12, 95_000, 190_000, 8) for at in heard],
        )
    )


def _stays(floor: Zone, door: Zone, now: datetime) -> None:
    hour, start = timedelta(hours=1), now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=26)
    starts = [start + number * hour for number in range(24)]
    facts.write(
        facts.Facts(
            dwell=[facts.DwellRow(floor.store_id, floor.pk, at, at + hour, at + hour, 600_000, 40) for at in starts],
            paths=[
                facts.PathRow(floor.store_id, start_id, end_id, at, at + hour, at + hour, count)
                for at in starts
                for start_id, end_id, count in (
                    (door.pk, floor.pk, 30),
                    (floor.pk, door.pk, 25),
                    (facts.OUTSIDE, door.pk, 40),
                )
            ],
        )
    )
