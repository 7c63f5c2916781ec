"""Equipment: controllers that can't be reached, sensors that these have lost, intervals that are missing."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from alerts.models import Alert
from alerts.rules import Verdict, Watched
from alerts.watching.view import View
from ingest import gaps as ingest_gaps
from ingest import healing
from ingest.models import Stream
from ingest.standing import OFFLINE_AFTER
from sites_app.models import Controller, Sensor

SENSOR_HOLD = timedelta(minutes=30)
"""How long a sensor's status is taken to hold: three turns of discovery."""

_STATES = Controller.State
_LOST = (_STATES.OFFLINE, _STATES.UNAUTHORIZED)
_ANSWERING = (_STATES.ONLINE, _STATES.DEGRADED)


def controllers(view: View) -> list[Watched]:
    """Controllers that can't be reached, or reject their key. One that is switched off here isn't watched."""
    return [
        Watched(
            controller.store_id,
            Alert.Kind.CONTROLLER,
            controller.name,
            controller.name,
            verdict := _of_controller(controller, view.now),
            since=(controller.last_success_at or controller.created_at) if verdict is Verdict.OVER else None,
            detail=controller.last_error or controller.get_state_display(),
            controller_id=controller.pk,
        )
        for controller in _controllers(view)
    ]


def _controllers(view: View) -> list[Controller]:
    wanted = Controller.objects.filter(enabled=True).order_by()
    columns = ("store_id", "name", "kind", "state", "last_success_at", "created_at", "last_error")
    more = ("consecutive_failures", "poll_interval_s")
    return [controller for controller in wanted.only(*columns, *more) if controller.store_id in view.stores]


def _of_controller(controller: Controller, now: datetime) -> Verdict:
    """Failing, but not yet for long, is neither; nor is what nobody has asked for a while: our own polling may stand still."""
    if controller.state in _LOST:
        return Verdict.OVER
    if controller.state not in _ANSWERING:
        return Verdict.UNKNOWN
    if controller.kind == Controller.Kind.XOVIS and controller.consecutive_failures >= OFFLINE_AFTER:
        return Verdict.CLEAR  # it can't be asked, but its sensor pushes
    if controller.consecutive_failures:
        return Verdict.BETWEEN
    heard = controller.last_success_at is not None and now < controller.last_success_at + controller.hold
    return Verdict.CLEAR if heard or controller.kind == Controller.Kind.XOVIS else Verdict.UNKNOWN


def sensors(view: View) -> list[Watched]:
    """Sensors that their controllers have lost; those that are well only where an alert of theirs is open."""
    named = {subject.rpartition("/")[2] for _, kind, subject in view.standing if kind == Alert.Kind.SENSOR}
    wanted = Sensor.objects.filter(Q(status="offline") | Q(sensor_id__in=named), controller__enabled=True)
    found = []
    for sensor in wanted.select_related("controller").order_by():
        controller = sensor.controller
        if controller.store_id in view.stores:
            subject = f"{controller.name}/{sensor.sensor_id}"
            kind, verdict = Alert.Kind.SENSOR, _of_sensor(sensor, view.now)
            row = Watched(controller.store_id, kind, subject, str(sensor), verdict, detail=controller.name)
            found.append(row._replace(controller_id=controller.pk))
    return found


def _of_sensor(sensor: Sensor, now: datetime) -> Verdict:
    told = [at for at in (sensor.status_at, sensor.last_seen_at) if at is not None]
    if sensor.controller.state not in _ANSWERING or not told or now >= max(told) + SENSOR_HOLD:
        return Verdict.UNKNOWN
    return Verdict.OVER if sensor.status == "offline" else Verdict.CLEAR


def gaps(view: View) -> list[Watched]:
    """Controllers that answer, but whose intervals are missing; those that miss none only where an alert is open.

    One that doesn't answer misses them for a reason that has an alert of its own.
    """
    missing: dict[UUID, list[ingest_gaps.Gap]] = defaultdict(list)
    streams = _late_streams(view)
    for gap in ingest_gaps.open_gaps(streams, now=view.now):
        missing[gap.controller_id].append(gap)
    late = {stream.controller_id: stream.controller for stream in streams}
    alerted = [(store, subject) for store, kind, subject in view.standing if kind == Alert.Kind.GAP]
    well = Controller.objects.filter(
        enabled=True, store__in={store for store, _ in alerted}, name__in={name for _, name in alerted}
    ).exclude(pk__in=late)
    watched = [*late.values(), *(one for one in well if (one.store_id, one.name) in alerted)]
    return [
        _of_gaps(controller, missing[controller.pk]) for controller in watched if controller.store_id in view.stores
    ]


def _late_streams(view: View) -> list[Stream]:
    """The streams that may miss something; what is fetched up to a moment ago isn't even looked at."""
    is_late = Q()
    for kind, step in healing.STEPS.items():
        reached = Q(cursor=None) | Q(cursor__lte=view.now - step - healing.GRACE[step])
        is_late |= Q(kind=kind) & reached
    return list(Stream.objects.filter(is_late, controller__enabled=True).select_related("controller").order_by("kind"))


def _of_gaps(controller: Controller, missing: list[ingest_gaps.Gap]) -> Watched:
    watched = Watched(controller.store_id, Alert.Kind.GAP, controller.name, controller.name, Verdict.CLEAR)
    watched = watched._replace(controller_id=controller.pk)
    if controller.state not in _ANSWERING:
        return watched._replace(verdict=Verdict.UNKNOWN)
    if not missing:
        return watched
    kinds = ", ".join(gap.kind for gap in missing)
    # A gap is one from the moment on at which its first interval should have been there.
    steps = [healing.STEPS[gap.kind] for gap in missing]
    since = min(gap.start + step + healing.GRACE[step] for gap, step in zip(missing, steps, strict=True))
    return watched._replace(verdict=Verdict.OVER, since=since, detail=kinds)
