"""What a controller has: asking it for its sensors and zones, and keeping the registry in step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from ingest import retiring
from ingest.wire.errors import FeatureDisabled, NotFound
from ingest.xcs.client import XcsClient
from ingest.xcs.payloads import Answer, Counts, QueueStatus
from sites_app.models import Controller, Sensor, Zone

# XCS doesn't say a zone's kind: an entrance is known by having rows in the counts of the last hours.
_COUNTS_WINDOW = timedelta(hours=2)

Hear = Callable[[str, Callable[[], Answer[Any]]], Answer[Any]]
"""Takes in one answer, by its shape; ``NOTHING`` where the controller doesn't have it. Raises ``ControllerError``."""

NOTHING: Answer[Any] = Answer(datetime.min.replace(tzinfo=UTC), [], [])
OPTIONAL = frozenset({"sensors", "queues", "counts"})
"""Answers beside occupancy that older firmware may not have, or that are switched off."""


@dataclass(frozen=True, slots=True)
class FoundZone:
    """A zone as its controller describes it."""

    zone_id: str
    name: str
    kind: str
    capacity: int | None
    has_occupancy: bool


@dataclass(frozen=True, slots=True)
class FoundSensor:
    """A sensor as its controller describes it."""

    sensor_id: str
    name: str
    type: str
    status: str
    firmware: str
    clock: str = ""
    """What is wrong with its clock."""
    zones: tuple[str, ...] = ()
    """The zones that it serves."""


@dataclass(slots=True)
class Found:
    """All that a controller has."""

    zones: dict[str, FoundZone] = field(default_factory=dict)
    sensors: list[FoundSensor] = field(default_factory=list)
    is_complete: bool = False
    """Whether it's all that the controller has: each answer was there, and each row could be read."""

    def add_entrances(self, rows: Iterable[Counts]) -> None:
        """What counts who comes and goes is an entrance."""
        for row in rows:
            self._add(row.zone_id, row.name, Zone.Kind.ENTRANCE)

    def add_queues(self, rows: Iterable[QueueStatus]) -> None:
        """What has a length is a queue, whatever else it has."""
        for row in rows:
            self._add(row.zone_id, row.name, Zone.Kind.QUEUE)

    def _add(self, zone_id: str, name: str | None, kind: str) -> None:
        known = self.zones.get(zone_id, FoundZone(zone_id, "", kind, None, has_occupancy=False))
        if _RANK[known.kind] <= _RANK[kind]:
            self.zones[zone_id] = replace(known, name=name or known.name, kind=kind)


# What a zone has shown itself to be it stays: an entrance through which nobody comes at night, a queue that isn't
# monitored for now, look like areas then.
_RANK = {Zone.Kind.AREA.value: 0, Zone.Kind.ENTRANCE.value: 1, Zone.Kind.QUEUE.value: 2}


@dataclass(slots=True)
class Change:
    """What discovery changed in the registry, by controller."""

    zones_created: int = 0
    zones_changed: int = 0
    sensors: int = 0


def if_there(shape: str, ask: Callable[[], Answer[Any]]) -> Answer[Any]:
    """An answer, or ``NOTHING`` from firmware that doesn't have such a thing, or has it switched off."""
    try:
        return ask()
    except (NotFound, FeatureDisabled):
        if shape not in OPTIONAL:
            raise
        return NOTHING


def ask(client: XcsClient, hear: Hear = if_there, *, now: datetime) -> Found:
    """Ask a controller for its sensors and zones. Raises ``ControllerError``."""
    found = Found()
    occupancy = hear("occupancy", client.occupancy)  # whoever doesn't answer this is no controller
    for snapshot in occupancy.rows:
        found.zones[snapshot.zone_id] = FoundZone(
            snapshot.zone_id, snapshot.name or "", Zone.Kind.AREA, snapshot.capacity or None, has_occupancy=True
        )
    counts = hear("counts", lambda: client.counts(now - _COUNTS_WINDOW, now))
    queues = hear("queues", client.queues)
    found.add_entrances(counts.rows)
    found.add_queues(queues.rows)
    # A controller without any zone is one that just starts, or was set up anew: nothing can be told from it.
    found.is_complete = bool(occupancy.rows) and not (occupancy.rejected or counts.rejected or queues.rejected)
    found.sensors = [
        FoundSensor(
            sensor_id=row.sensor_id,
            name=row.name or "",
            type=row.type or "",
            status=row.status or "",
            firmware=row.firmware or "",
            zones=tuple(sorted(set(row.zones))),
        )
        for row in hear("sensors", client.sensors).rows
    ]
    return found


def keep(found: Mapping[UUID, Found], *, now: datetime) -> Change:
    """Bring the registry in step with what these controllers have. What was set by hand stays."""
    controllers = {controller.pk: controller for controller in Controller.objects.filter(pk__in=found)}
    change = Change(sensors=_keep_sensors(found, now))
    store_ids = {controller.store_id for controller in controllers.values()}
    zones = list(Zone.objects.filter(Q(controller__in=found) | Q(store__in=store_ids)))
    known = {(zone.controller_id, zone.zone_id): zone for zone in zones}
    watched = {zone.controller_id for zone in zones}
    codes = {(zone.store_id, zone.code) for zone in zones}
    created: list[Zone] = []
    changed: list[Zone] = []
    for controller_id, controller in controllers.items():
        for item in found[controller_id].zones.values():
            zone = known.get((controller_id, item.zone_id))
            if zone is None:
                code = _free_code(controller, item.zone_id, codes)
                # The first zones of a controller have been there as long as it has; a later one appears.
                appeared = now if controller_id in watched else None
                created.append(_new_zone(controller, item, code, appeared))
            elif _update(zone, item):
                changed.append(zone)
    Zone.objects.bulk_create(created, ignore_conflicts=True, batch_size=1000)
    Zone.objects.bulk_update(changed, ["name", "kind", "capacity", "has_occupancy"], batch_size=1000)
    retiring.note(
        [zone for zone in zones if zone.controller_id in found],
        {controller_id: item.zones.keys() for controller_id, item in found.items()},
        {controller_id for controller_id, item in found.items() if item.is_complete},
        now=now,
    )
    change.zones_created, change.zones_changed = len(created), len(changed)
    return change


def _free_code(controller: Controller, zone_id: str, codes: set[tuple[int, str]]) -> str:
    code = zone_id if (controller.store_id, zone_id) not in codes else f"{zone_id}@{controller.name}"
    codes.add((controller.store_id, code))
    return code


def _new_zone(controller: Controller, item: FoundZone, code: str, appeared: datetime | None) -> Zone:
    return Zone(
        store_id=controller.store_id,
        controller=controller,
        zone_id=item.zone_id,
        code=code,
        name=item.name,
        kind=item.kind,
        capacity=item.capacity,
        has_occupancy=item.has_occupancy,
        appeared_at=appeared,
    )


def _update(zone: Zone, item: FoundZone) -> bool:
    """Take over what changed; whether anything did."""
    wanted = {"name": item.name or zone.name, "has_occupancy": item.has_occupancy or zone.has_occupancy}
    if not zone.kind_by_hand and _RANK[item.kind] > _RANK[zone.kind]:
        wanted["kind"] = item.kind
    if not zone.capacity_by_hand and item.capacity is not None:
        wanted["capacity"] = item.capacity
    changed = {name: value for name, value in wanted.items() if getattr(zone, name) != value}
    for name, value in changed.items():
        setattr(zone, name, value)
    return bool(changed)


def _keep_sensors(found: Mapping[UUID, Found], now: datetime) -> int:
    rows = [
        Sensor(
            controller_id=controller_id,
            sensor_id=sensor.sensor_id,
            name=sensor.name,
            type=sensor.type,
            status=sensor.status,
            firmware=sensor.firmware,
            clock=sensor.clock,
            zones=list(sensor.zones),
            status_at=now,
            last_seen_at=now,
        )
        for controller_id, item in found.items()
        for sensor in item.sensors
    ]
    unique: Iterable[Sensor] = {(row.controller_id, row.sensor_id): row for row in rows}.values()
    Sensor.objects.bulk_create(
        unique,
        update_conflicts=True,
        unique_fields=["controller", "sensor_id"],
        update_fields=["name", "type", "status", "status_at", "firmware", "clock", "zones", "last_seen_at"],
        batch_size=1000,
    )
    return len(rows)
