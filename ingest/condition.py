"""How Xovis sensors are, as they say it themselves, and what that makes of the controllers that they are to us."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from sites_app.models import Controller, Sensor

ONLINE, DEGRADED = "online", "degraded"
HEARD_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Said:
    """What a push said of its sensor. ``status`` is empty where it said nothing of it; so may be ``sensor_id``."""

    controller_id: UUID
    sensor_id: str
    at: datetime
    type: str = ""
    status: str = ""
    clock: str = ""
    status_at: datetime | None = None

    def after(self, before: Said) -> Said:
        """What is known after two words of one sensor, this one the later."""
        if self.status:
            return replace(self, status_at=self.at)
        return replace(self, status=before.status, clock=before.clock, status_at=before.status_at)


@dataclass(frozen=True, slots=True)
class Condition:
    """What sensors make of a controller: what is wrong, by their own word, and whether they pushed of late."""

    ailing: str = ""
    heard: bool = False
    """Such a controller isn't lost, even if it can't be asked: its sensor may stand behind a firewall."""


def note(said: Iterable[Said]) -> None:
    """Keep what pushes said of their sensors, the later word before the earlier, and degrade or restore controllers."""
    told = sorted(said, key=lambda one: one.at)
    named = {(one.controller_id, one.sensor_id) for one in told if one.sensor_id}
    nameless = {one.controller_id for one in told if not one.sensor_id}
    alone = _alone(nameless, named)
    rows: dict[tuple[UUID, str], Said] = {}
    unknown: dict[UUID, str] = {}
    for one in told:
        sensor_id = one.sensor_id or alone.get(one.controller_id, "")
        if not sensor_id:
            unknown[one.controller_id] = _sentence(one.status, one.clock)
            continue
        before = rows.get((one.controller_id, sensor_id), one)
        rows[one.controller_id, sensor_id] = one.after(before)
    _write(rows)
    _note_controllers({one.controller_id for one in told if one.status}, unknown)


def of(controllers: Iterable[Controller], *, now: datetime) -> Mapping[UUID, Condition]:
    """The condition of those of the controllers that are Xovis sensors."""
    wanted = [controller.pk for controller in controllers if controller.kind == Controller.Kind.XOVIS]
    found: dict[UUID, Condition] = {}
    for sensor in Sensor.objects.filter(controller__in=wanted) if wanted else ():
        before = found.get(sensor.controller_id, Condition())
        heard = sensor.last_seen_at is not None and sensor.last_seen_at > now - HEARD_WITHIN
        found[sensor.controller_id] = Condition(before.ailing or _ailing(sensor), before.heard or heard)
    return found


def _alone(controller_ids: set[UUID], named: set[tuple[UUID, str]]) -> dict[UUID, str]:
    """Who is meant by a push that doesn't say its serial number: the only sensor that its controller is known to be."""
    known = set(Sensor.objects.filter(controller__in=controller_ids).values_list("controller_id", "sensor_id")) | named
    times = Counter(controller_id for controller_id, _ in known)
    return {controller_id: sensor_id for controller_id, sensor_id in known if times[controller_id] == 1}


def _write(rows: Mapping[tuple[UUID, str], Said]) -> None:
    ordered = sorted(rows)  # so that two workers never wait in a ring
    columns: list[list[Any]] = [
        [controller_id for controller_id, _ in ordered],
        [sensor_id for _, sensor_id in ordered],
        [rows[key].type for key in ordered],
        [rows[key].status or ONLINE for key in ordered],
        [rows[key].clock for key in ordered],
        [rows[key].status_at for key in ordered],
        [rows[key].at for key in ordered],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, columns)


# Pushes of figures come by the second: that one was seen is worth a write only every now and then.
_UPSERT = """
    INSERT INTO sites_app_sensor AS old
        (controller_id, sensor_id, type, status, clock, status_at, last_seen_at, name, firmware, zones)
    SELECT *, '', '', '{}' FROM unnest(
        %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[]
    )
    ON CONFLICT (controller_id, sensor_id) DO UPDATE SET
        status = CASE WHEN EXCLUDED.status_at >= coalesce(old.status_at, '-infinity') THEN EXCLUDED.status ELSE old.status END,
        clock = CASE WHEN EXCLUDED.status_at >= coalesce(old.status_at, '-infinity') THEN EXCLUDED.clock ELSE old.clock END,
        status_at = greatest(old.status_at, EXCLUDED.status_at),
        last_seen_at = greatest(old.last_seen_at, EXCLUDED.last_seen_at)
    WHERE EXCLUDED.status_at IS NOT NULL
       OR EXCLUDED.last_seen_at >= coalesce(old.last_seen_at, '-infinity') + interval '30 seconds'
"""


def _note_controllers(controller_ids: set[UUID], unknown: Mapping[UUID, str]) -> None:
    """Degrade and restore controllers. ``unknown`` is what sensors said of themselves that nobody knows yet."""
    states = Controller.State
    ailing = {controller_id: sentence for controller_id, sentence in unknown.items() if sentence}
    for sensor in Sensor.objects.filter(controller__in=controller_ids):
        if sentence := _ailing(sensor):
            ailing[sensor.controller_id] = sentence
    for controller_id, sentence in ailing.items():
        well = Controller.objects.filter(pk=controller_id, state__in=[states.NEW, states.ONLINE, states.DEGRADED])
        well.filter(consecutive_failures=0).update(state=states.DEGRADED, last_error=sentence)
    recovered = Controller.objects.filter(pk__in=controller_ids - ailing.keys(), state=states.DEGRADED)
    recovered.filter(consecutive_failures=0).update(state=states.ONLINE, last_error="")


def _ailing(sensor: Sensor) -> str:
    return _sentence(sensor.status, sensor.clock)


def _sentence(status: str, clock: str) -> str:
    """What is wrong with a sensor, by its own word; empty where nothing is."""
    if clock:
        return f"The sensor says that its clock is wrong ({clock}): check its time server."
    return "The sensor says that it isn't well: look at its own page." if status == DEGRADED else ""
