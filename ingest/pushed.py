"""Digesting what Xovis sensors pushed: logics become records and samples, live data samples, a status the sensor's condition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from ingest import condition, discovery, facts, logics
from ingest.models import Event, Quarantine
from ingest.quarantine import Fault
from ingest.readings import Reading, future_limit
from ingest.resolve import ZoneDirectory, resolve
from ingest.wire.decoding import Rejected
from ingest.xovis.payloads import Logic
from ingest.xovis.stored import Stored, StoredLive, StoredLogics, StoredStatus, read
from sites_app.models import Zone

_OLD = timedelta(days=1)
_TOO_LATE = "The other records of its quarter or hour are no longer kept: fetch the sensor's history of that time."
_NO_ZONE = "The sensor has no such zone; discover it, then replay."


@dataclass(slots=True)
class _Known:
    """The zones of the controllers that pushed."""

    directory: ZoneDirectory
    names: dict[tuple[UUID, str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, controller_ids: set[UUID]) -> _Known:
        rows = list(
            Zone.objects.filter(controller__in=controller_ids).values_list("controller_id", "zone_id", "pk", "name")
        )
        ids: dict[UUID, dict[str, int]] = {}
        for controller_id, zone_id, pk, _ in rows:
            ids.setdefault(controller_id, {})[zone_id] = pk
        directory = ZoneDirectory(ids)
        return cls(directory, {(controller_id, zone_id): name for controller_id, zone_id, _, name in rows})

    def lacks(self, controller_id: UUID, zone: discovery.FoundZone) -> bool:
        """Whether a zone is new, or has got another name."""
        name = self.names.get((controller_id, zone.zone_id))
        return name is None or (zone.name not in ("", name))

    def by_name(self, controller_id: UUID) -> dict[str, str]:
        """A controller's zones by name, but for names that several have."""
        mine = [(name, zone_id) for (owner, zone_id), name in self.names.items() if owner == controller_id]
        names = [name for name, _ in mine]
        return {name: zone_id for name, zone_id in mine if names.count(name) == 1}


def take(events: Sequence[Event], rows: facts.Facts, faults: list[Fault], *, now: datetime) -> list[Event]:
    """Add the facts and faults of pushes to a batch's; the events that needn't be kept, since facts hold all of them."""
    stored = [(event, content) for event in events if (content := read(event.event, bytes(event.body)))]
    known = _keep_zones(stored, now)
    for event, content in stored:
        meaning = _meaning(content, known.by_name(event.controller_id))
        faults.extend(_fault(event, item) for item in meaning.rejected)
        _resolve(event, meaning.readings, known.directory, rows, faults)
    condition.note(_said(event, content) for event, content in stored)
    return [event for event, content in stored if not content.tells]


def _keep_zones(stored: Iterable[tuple[Event, Stored]], now: datetime) -> _Known:
    """The zones of those who pushed, after logics that are new or were renamed have become zones."""
    said: dict[UUID, dict[int, Logic]] = {}
    for event, content in stored:
        mine = said.setdefault(event.controller_id, {})
        mine.update({logic.id: logic for logic in content.logics})
    known = _Known.of(set(said))
    found: dict[UUID, discovery.Found] = {}
    for controller_id, mine in said.items():
        zones = logics.zones_of(mine.values())
        if any(known.lacks(controller_id, zone) for zone in zones.values()):
            found[controller_id] = discovery.Found(zones)
    if not found:
        return known
    discovery.keep(found, now=now)
    return _Known.of(set(said))


def _meaning(content: Stored, zone_ids: Mapping[str, str]) -> logics.Meaning:
    if isinstance(content, StoredLogics):
        return logics.of_records(content.logics, "/logics_data/logics")
    if isinstance(content, StoredLive):
        return logics.of_live(content.data, zone_ids)
    return logics.Meaning()


def _resolve(
    event: Event, readings: Sequence[Reading], directory: ZoneDirectory, rows: facts.Facts, faults: list[Fault]
) -> None:
    kept, too_early = future_limit(readings, received_at=event.received_at)
    resolved = resolve(
        kept,
        directory,
        store_id=event.store_id,
        controller_id=event.controller_id,
        received_at=event.received_at,
    )
    starts = [row.start for row in resolved.facts.lines] + [row.start for row in resolved.facts.stays]
    if min(starts, default=event.received_at) < event.received_at - _OLD:
        orphans = facts.drop_orphans(resolved.facts)
        faults.extend(_fault(event, Rejected("", _TOO_LATE, repr(row).encode())) for row in orphans)
    rows.add(resolved.facts)
    faults.extend(_fault(event, item) for item in too_early)
    unknown = {getattr(reading, "zone_id", "") for reading in resolved.unknown}
    faults.extend(_fault(event, Rejected("", _NO_ZONE, zone_id.encode())) for zone_id in sorted(unknown))


def _said(event: Event, content: Stored) -> condition.Said:
    sensor = content.sensor_info
    serial, kind = (sensor.serial_number or "", sensor.type or "") if sensor else ("", "")
    if not isinstance(content, StoredStatus):
        return condition.Said(event.controller_id, serial, event.received_at, kind)
    return condition.Said(
        event.controller_id,
        serial,
        event.received_at,
        kind,
        condition.DEGRADED if content.wrong else condition.ONLINE,
        content.wrong.get("time", ""),
    )


def _fault(event: Event, item: Rejected) -> Fault:
    return Fault(
        event.store_id,
        event.controller_id,
        Quarantine.Source.WEBHOOK,
        event.event[:20],
        item.reason,
        item.pointer,
        item.raw,
    )
