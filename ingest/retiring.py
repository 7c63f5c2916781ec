"""Zones that their controller no longer has: retired once that is certain, and back as soon as it has them again.

A store's occupancy is known only where all of its zones are: one that was removed in XCS would make it unknown for ever.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from ingest.models import ZoneState
from sites_app.models import Zone, ZoneChange

TIMES, AT_LEAST = 3, timedelta(minutes=20)
"""How often in a row, and for how long, a controller must lack a zone: one that flaps, or restarts, retires nothing."""
_FIELDS = ["missed", "missing_since", "retired_at"]

log = structlog.get_logger(__name__)


def note(
    zones: Sequence[Zone], found: Mapping[UUID, Collection[str]], complete: Collection[UUID], *, now: datetime
) -> None:
    """Note which of these controllers' zones were found; only what is ``complete`` says that the others are gone.

    A queue that isn't monitored, an entrance through which nobody comes, stand in no answer either: only a zone with an
    occupancy, which is always told, can be missed.
    """
    before = [(zone, zone.retired_at, zone.missed) for zone in zones]
    for zone in zones:
        if zone.zone_id in found[zone.controller_id]:
            _there(zone)
        elif zone.controller_id in complete and zone.has_occupancy and zone.retired_at is None:
            _missed(zone, now)
    _retire([zone for zone in zones if zone.missed >= TIMES and zone.retired_at is None], now)
    changed = [zone for zone, retired_at, missed in before if (zone.retired_at, zone.missed) != (retired_at, missed)]
    Zone.objects.bulk_update(changed, _FIELDS, batch_size=1000)
    _tell([zone for zone, retired_at, _ in before if zone.retired_at != retired_at], now)


def _there(zone: Zone) -> None:
    zone.missed, zone.missing_since = 0, None
    if not zone.retired_by_hand:
        zone.retired_at = None


def _missed(zone: Zone, now: datetime) -> None:
    zone.missed = min(zone.missed + 1, 30_000)
    zone.missing_since = zone.missing_since or now


def _retire(zones: Sequence[Zone], now: datetime) -> None:
    """Retire those that have been missing for long enough, as of when they first were; unless they were told since."""
    told = (
        dict(ZoneState.objects.filter(zone__in=zones).values_list("zone_id", "occupancy_received_at")) if zones else {}
    )
    for zone in zones:
        assert zone.missing_since is not None
        told_at = told.get(zone.pk)
        if told_at is not None and told_at > zone.missing_since:
            _there(zone)
        elif now - zone.missing_since >= AT_LEAST:
            zone.retired_at = zone.missing_since


def _tell(zones: Sequence[Zone], now: datetime) -> None:
    kinds = ZoneChange.Kind
    changes = [
        ZoneChange(zone=zone, at=now, kind=kinds.RETIRED, detail=f"Its controller hasn't had it {zone.missed} times.")
        if zone.retired_at
        else ZoneChange(zone=zone, at=now, kind=kinds.RETURNED, detail="Its controller has it again.")
        for zone in zones
    ]
    ZoneChange.objects.bulk_create(changes)
    for change in changes:
        log.info("zone_" + change.kind, store=change.zone.store_id, zone=change.zone.code)
