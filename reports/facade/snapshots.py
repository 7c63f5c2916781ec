"""How things stand now: occupancy and queues, each in one query, and sensors in two. What no longer holds is left out.

A sample is as old as its controller says, but no younger than we have it, as in the live API.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Greatest

from ingest.models import Stream
from reports.facade.places import Place, zones_of
from reports.facade.refusals import Refused
from reports.live import CRITICAL_AT, WARNING_AT
from sites_app.models import Sensor, Zone
from sites_app.models.controllers import HOLD_INTERVALS
from sites_app.models.sensors import ZoneQuerySet

Row = dict[str, Any]

SENSORS_HOLD = HOLD_INTERVALS * Stream.CADENCES[Stream.Kind.DISCOVERY]
"""How long a sensor's status is taken to hold: three turns of asking for it."""
_STATUSES = frozenset({"online", "offline", "degraded"})
_SHOWN = ("store__code", "code", "name", "controller__poll_interval_s")


class _Counted(NamedTuple):
    """A zone with an occupancy, and the latest of it."""

    store: str
    code: str
    name: str
    poll_interval_s: int
    observed_at: datetime | None
    received_at: datetime | None
    people: int | None
    zone_capacity: int | None
    by_hand: bool
    told_capacity: int | None


class _Queue(NamedTuple):
    """A queue, and the latest of it."""

    store: str
    code: str
    name: str
    poll_interval_s: int
    observed_at: datetime | None
    received_at: datetime | None
    people: int | None
    average_wait_ms: int | None
    longest_wait_ms: int | None
    threshold: int | None


def occupancy(place: Place, location: str | None, now: datetime) -> list[Row]:
    """A row for each zone whose people are known now. Raises ``Refused`` where none of them is."""
    zones = _there(zones_of(place, location).filter(has_occupancy=True), now)
    told = [
        _Counted(*row)
        for row in zones.values_list(
            *(*_SHOWN, "state__occupancy_at", "state__occupancy_received_at", "state__people"),
            *("capacity", "capacity_by_hand", "state__capacity"),
        )
    ]
    return [_occupancy_row(place, zone) for zone in _known(told, now)]


def queues(place: Place, location: str | None, now: datetime) -> list[Row]:
    """A row for each queue whose length is known now. Raises ``Refused`` where none of them is."""
    zones = _there(zones_of(place, location).filter(kind=Zone.Kind.QUEUE), now)
    told = [
        _Queue(*row)
        for row in zones.values_list(
            *(*_SHOWN, "state__queue_at", "state__queue_received_at", "state__people_waiting"),
            *("state__average_wait_ms", "state__longest_wait_ms", "state__threshold"),
        )
    ]
    return [_queue_row(place, zone) for zone in _known(told, now)]


def sensors(place: Place, now: datetime) -> list[Row]:
    """A row for each sensor whose status is known now; of one at two controllers of a store, the later told."""
    told = (
        Sensor.objects.filter(controller__store__in=place.stores)
        .alias(told_at=Greatest("last_seen_at", "status_at"))
        .order_by("controller__store__code", "sensor_id", "-told_at")
        .distinct("controller__store__code", "sensor_id")
        .values_list(
            *("sensor_id", "name", "type", "status", "firmware", "controller", "zones", "last_seen_at", "status_at")
        )
    )
    names = _names(place, now)
    rows = []
    latest: datetime | None = None
    for sensor_id, name, type, status, firmware, controller, zones, *instants in told:
        told_at = max((at for at in instants if at is not None), default=None)
        latest = max(filter(None, (latest, told_at)), default=None)
        if told_at is not None and now < told_at + SENSORS_HOLD and status in _STATUSES:
            shown = {"sensorId": sensor_id, "name": name, "type": type, "status": status, "firmware": firmware}
            served = [names[controller, zone] for zone in zones if (controller, zone) in names]
            rows.append({**shown, "zones": served})
    if told and not rows:
        raise _unavailable(latest)
    return rows


def _names(place: Place, now: datetime) -> dict[tuple[UUID, str], str]:
    """What zones are called here, by their controller and its own name for them."""
    zones = _there(zones_of(place, None), now).values_list("controller", "zone_id", "store__code", "code")
    return {(controller, zone_id): place.named(store, code) for controller, zone_id, store, code in zones}


def _there(zones: ZoneQuerySet, now: datetime) -> ZoneQuerySet:
    appeared = Q(appeared_at=None) | Q(appeared_at__lte=now)
    return zones.filter(appeared, Q(retired_at=None) | Q(retired_at__gt=now))


def _known(told: list[Any], now: datetime) -> Iterable[Any]:
    """Those that hold; if there are any, but none of them does, nothing can be said."""
    known = [zone for zone in told if zone.people is not None and now < _as_of(zone) + _hold(zone)]
    if told and not known:
        raise _unavailable(max((_as_of(zone) for zone in told if zone.observed_at), default=None))
    return known


def _as_of(zone: Any) -> datetime:
    at: datetime = min(zone.observed_at, zone.received_at or zone.observed_at)
    return at


def _hold(zone: Any) -> timedelta:
    return timedelta(seconds=HOLD_INTERVALS * zone.poll_interval_s)


def _unavailable(latest: datetime | None) -> Refused:
    since = f"the latest is of {latest.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if latest else "nothing was told yet"
    return Refused(503, f"Nothing of this is known now: {since}.")


def _occupancy_row(place: Place, zone: _Counted) -> Row:
    capacity = zone.zone_capacity if zone.by_hand else zone.told_capacity or zone.zone_capacity
    share = zone.people / capacity if zone.people is not None and capacity else None
    return {
        "zoneId": place.named(zone.store, zone.code),
        "name": zone.name,
        "current_people": zone.people,
        "capacity": capacity or None,
        "utilization_percentage": None if share is None else round(100 * share, 1),
        "status": _status(share or 0.0),
    }


def _status(share: float) -> str:
    return "critical" if share >= CRITICAL_AT else "warning" if share >= WARNING_AT else "normal"


def _queue_row(place: Place, zone: _Queue) -> Row:
    exceeds = zone.threshold is not None and zone.people is not None and zone.people > zone.threshold
    return {
        "zoneId": place.named(zone.store, zone.code),
        "name": zone.name,
        "people_waiting": zone.people,
        "average_wait_ms": zone.average_wait_ms,
        "longest_wait_ms": zone.longest_wait_ms,
        "threshold": zone.threshold,
        "status": "exceeded" if exceeds else "normal",
    }
