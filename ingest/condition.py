"""How Xovis sensors are, as they say it themselves, and what that makes of the controllers that they are to us."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sites_app.models import Controller, Sensor

ONLINE, DEGRADED = "online", "degraded"
HEARD_WITHIN = timedelta(minutes=15)
_SEEN_EVERY = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Said:
    """What a push said of its sensor. ``status`` is empty where it said nothing of it; so may be ``sensor_id``."""

    controller_id: UUID
    sensor_id: str
    at: datetime
    type: str = ""
    status: str = ""
    clock: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """What sensors make of a controller: what is wrong, by their own word, and whether they pushed of late."""

    ailing: str = ""
    heard: bool = False
    """Such a controller isn't lost, even if it can't be asked: its sensor may stand behind a firewall."""


def note(said: Iterable[Said]) -> None:
    """Keep what pushes said of their sensors, the later word before the earlier, and degrade or restore controllers."""
    told = sorted(said, key=lambda one: (str(one.controller_id), one.at))
    controllers = {one.controller_id for one in told}
    known: dict[UUID, dict[str, Sensor]] = {controller_id: {} for controller_id in controllers}
    for sensor in Sensor.objects.filter(controller__in=controllers).order_by("pk"):
        known[sensor.controller_id][sensor.sensor_id] = sensor
    changed: dict[tuple[str, str], Sensor] = {}
    nameless: dict[UUID, str] = {}
    for one in told:
        found = _sensor(one, known[one.controller_id])
        if found is None:
            nameless[one.controller_id] = _sentence(one.status, one.clock)
        elif _update(found, one):
            changed[str(found.controller_id), found.sensor_id] = found
    rows = [changed[key] for key in sorted(changed)]  # in order, so that two workers never wait in a ring
    Sensor.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["controller", "sensor_id"],
        update_fields=["status", "clock", "last_seen_at"],
    )
    _note_controllers({one.controller_id for one in told if one.status}, nameless)


def of(controllers: Iterable[Controller], *, now: datetime) -> Mapping[UUID, Condition]:
    """The condition of those of the controllers that are Xovis sensors."""
    wanted = [controller.pk for controller in controllers if controller.kind == Controller.Kind.XOVIS]
    found: dict[UUID, Condition] = {}
    for sensor in Sensor.objects.filter(controller__in=wanted) if wanted else ():
        before = found.get(sensor.controller_id, Condition())
        heard = sensor.last_seen_at is not None and sensor.last_seen_at > now - HEARD_WITHIN
        found[sensor.controller_id] = Condition(before.ailing or _ailing(sensor), before.heard or heard)
    return found


def _sensor(said: Said, known: dict[str, Sensor]) -> Sensor | None:
    """The sensor that is meant. One that doesn't say its serial number is the only one that there is, if there is one."""
    if not said.sensor_id:
        return next(iter(known.values())) if len(known) == 1 else None
    new = Sensor(controller_id=said.controller_id, sensor_id=said.sensor_id, type=said.type, status=ONLINE)
    return known.setdefault(said.sensor_id, new)


def _update(sensor: Sensor, said: Said) -> bool:
    """Take over what is newer; whether it's worth a write."""
    seen = sensor.last_seen_at
    if seen is not None and said.at < seen:
        return False
    before = sensor.status, sensor.clock
    if said.status:
        sensor.status, sensor.clock = said.status, said.clock
    if seen is not None and said.at - seen < _SEEN_EVERY and before == (sensor.status, sensor.clock):
        return False
    sensor.last_seen_at = said.at
    return True


def _note_controllers(controller_ids: set[UUID], nameless: Mapping[UUID, str]) -> None:
    """Degrade and restore controllers. ``nameless`` is what a sensor said of itself that nobody knows yet."""
    states = Controller.State
    ailing = {controller_id: sentence for controller_id, sentence in nameless.items() if sentence}
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
