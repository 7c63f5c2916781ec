"""From a controller's words to the registry's: readings name zones as the controller does, facts as we do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ingest.facts import (
    OUTSIDE,
    DwellRow,
    Facts,
    FootfallRow,
    LineRow,
    OccupancyRow,
    PathRow,
    QueueRow,
    StayRow,
)
from ingest.readings import (
    DwellReading,
    FootfallReading,
    LineReading,
    OccupancyReading,
    PathReading,
    QueueReading,
    Reading,
    StayReading,
)
from sites_app.models import Zone


@dataclass(frozen=True, slots=True)
class ZoneDirectory:
    """Which zone a controller means by its zone id."""

    zones: Mapping[UUID, Mapping[str, int]]

    @classmethod
    def of(cls, controller_ids: Iterable[UUID]) -> ZoneDirectory:
        """The zones of these controllers, in one query."""
        zones: dict[UUID, dict[str, int]] = {controller_id: {} for controller_id in controller_ids}
        rows = Zone.objects.filter(controller__in=list(zones)).order_by()
        for controller_id, zone_id, pk in rows.values_list("controller_id", "zone_id", "pk"):
            zones[controller_id][zone_id] = pk
        return cls(zones)

    def known(self, controller_id: UUID) -> frozenset[str]:
        """The zone ids that this controller is known to have."""
        return frozenset(self.zones.get(controller_id, ()))


@dataclass(slots=True)
class Resolved:
    """Facts to write, and the readings of zones that the registry doesn't know."""

    facts: Facts = field(default_factory=Facts)
    unknown: list[Reading] = field(default_factory=list)


def resolve(
    readings: Iterable[Reading], directory: ZoneDirectory, *, store_id: int, controller_id: UUID, received_at: datetime
) -> Resolved:
    """One controller's readings as facts of its store."""
    resolved = Resolved()
    facts, zones = resolved.facts, directory.zones.get(controller_id, {})

    def pk(zone_id: str | None) -> int | None:
        return OUTSIDE if zone_id is None else zones.get(zone_id)

    for reading in readings:
        if isinstance(reading, PathReading):
            origin, target = pk(reading.from_zone_id), pk(reading.to_zone_id)
            if origin is None or target is None:
                resolved.unknown.append(reading)
            else:
                facts.paths.append(
                    PathRow(store_id, origin, target, reading.start, received_at, reading.end, reading.count)
                )
            continue
        zone = pk(reading.zone_id)
        if zone is None:
            resolved.unknown.append(reading)
        elif isinstance(reading, OccupancyReading):
            facts.occupancy.append(
                OccupancyRow(store_id, zone, reading.observed_at, received_at, reading.people, reading.capacity)
            )
        elif isinstance(reading, QueueReading):
            facts.queues.append(
                QueueRow(
                    store_id,
                    zone,
                    reading.observed_at,
                    received_at,
                    reading.people,
                    reading.average_wait_ms,
                    reading.longest_wait_ms,
                    reading.threshold,
                )
            )
        elif isinstance(reading, FootfallReading):
            facts.footfall.append(
                FootfallRow(
                    store_id,
                    zone,
                    reading.start,
                    received_at,
                    reading.end,
                    reading.complete,
                    reading.count_in,
                    reading.count_out,
                )
            )
        elif isinstance(reading, DwellReading):
            facts.dwell.append(
                DwellRow(
                    store_id, zone, reading.start, received_at, reading.end, reading.average_dwell_ms, reading.visits
                )
            )
        else:
            _add_record(facts, reading, store_id, zone, received_at)
    return resolved


def _add_record(
    facts: Facts, reading: LineReading | StayReading, store_id: int, zone: int, received_at: datetime
) -> None:
    key = (store_id, zone, reading.start, reading.end, received_at)
    if isinstance(reading, LineReading):
        facts.lines.append(LineRow(*key, reading.forward, reading.backward, reading.complete))
    else:
        facts.stays.append(StayRow(*key, reading.average_dwell_ms, reading.visits, reading.complete))
