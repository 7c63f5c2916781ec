"""A seeded chain from the simulator's truth, written through the ingest functions, with what goes wrong in real ones.

Controllers miss polls and are out for hours, intervals stay incomplete, zones appear and are retired, stores open and
close, capacities are set by hand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random

from ingest import facts
from reports.figures import DwellInterval, FootfallInterval, OccupancySample, QueueSample
from simulator.answers import starts
from simulator.fleet import Controller as Simulated
from simulator.fleet import Fleet
from simulator.journeys import journeys_of
from simulator.roster import as_csv
from simulator.world import world_of
from sites_app import onboarding
from sites_app.models import Controller, Store, Zone

_DAY = timedelta(days=1)
_OUTSIDE = 0


@dataclass(slots=True)
class Told:
    """All that was told of the zones of a chain, by zone id; of paths by store id."""

    occupancy: dict[int, list[OccupancySample]] = field(default_factory=lambda: defaultdict(list))
    queues: dict[int, list[QueueSample]] = field(default_factory=lambda: defaultdict(list))
    footfall: dict[int, list[FootfallInterval]] = field(default_factory=lambda: defaultdict(list))
    dwell: dict[int, list[DwellInterval]] = field(default_factory=lambda: defaultdict(list))
    paths: dict[int, list[tuple[int, int, datetime, int]]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain as the registry has it, and what was told of it until ``now``."""

    stores: list[Store]
    zones: dict[int, list[Zone]]
    told: Told
    now: datetime


def build(*, seed: int, stores: int, first: date, days: int, step_s: int) -> Chain:
    """Make the chain and take in its facts: of ``days`` days, the last one up to its afternoon."""
    fleet = Fleet(seed, stores)
    random = Random(seed)
    start = datetime(first.year, first.month, first.day, tzinfo=UTC) - _DAY
    now = datetime(first.year, first.month, first.day, 13, 7, 30, tzinfo=UTC) + (days - 1) * _DAY
    _register(fleet, step_s)
    _unsettle(random, start, now)
    told = Told()
    for simulated in fleet.controllers:
        zones = _zones_of(simulated)
        for part in _facts_of(simulated, zones, (start, now), step_s, random, told):
            facts.write(part)
    registered = list(Store.objects.select_related("region").with_hours().order_by("code"))
    by_store: dict[int, list[Zone]] = defaultdict(list)
    for zone in Zone.objects.select_related("controller").order_by("code"):
        by_store[zone.store_id].append(zone)
    return Chain(registered, by_store, told, now)


def _register(fleet: Fleet, step_s: int) -> None:
    """Take on the fleet by its CSV, and give it the zones that discovery would find."""
    table = onboarding.read(
        as_csv(fleet, lambda c: f"http://127.0.0.1:9/{c.seed}/api/v1").encode(), today=date(2025, 1, 1)
    )
    assert not table.errors, table.errors[:3]
    onboarding.apply(onboarding.compare(table))
    Controller.objects.update(poll_interval_s=step_s)
    registered = {(c.store.code, c.name): c for c in Controller.objects.select_related("store")}
    taken: set[tuple[int, str]] = set()
    zones = []
    for simulated in fleet.controllers:
        controller = registered[simulated.store.code, simulated.name]
        if not simulated.model.paths or simulated.model.old_firmware:
            Controller.objects.filter(pk=controller.pk).update(path_analytics=False)
        for zone in simulated.zones:
            again = (controller.store_id, zone.zone_id) in taken
            taken.add((controller.store_id, zone.zone_id))
            zones.append(
                Zone(
                    store=controller.store,
                    controller=controller,
                    zone_id=zone.zone_id,
                    code=f"{zone.zone_id}@{controller.name}" if again else zone.zone_id,
                    name=zone.name,
                    kind=zone.kind,
                    capacity=zone.capacity,
                    has_occupancy=zone in simulated.counted,
                )
            )
    Zone.objects.bulk_create(zones, batch_size=1000)


def _zones_of(simulated: Simulated) -> dict[str, Zone]:
    zones = Zone.objects.filter(store__code=simulated.store.code, controller__name=simulated.name)
    return {zone.zone_id: zone for zone in zones}


def _facts_of(
    simulated: Simulated,
    zones: dict[str, Zone],
    window: tuple[datetime, datetime],
    step_s: int,
    random: Random,
    told: Told,
) -> Iterator[facts.Facts]:
    """What a controller tells, in parts that fit into one statement."""
    start, now = window
    edge = int(start.timestamp())
    while edge < now.timestamp():
        end = min(edge + 5 * 86_400, int(now.timestamp()))
        part = facts.Facts()
        _samples(simulated, zones, range(edge + random.randrange(step_s), end, step_s), random, part, told)
        _intervals(simulated, zones, edge, end, random, part, told)
        yield part
        edge = end


def _samples(
    simulated: Simulated, zones: dict[str, Zone], instants: Iterable[int], random: Random, part: facts.Facts, told: Told
) -> None:
    world = world_of(simulated)
    out_until = 0
    for second in instants:
        if random.random() < 0.0005:
            out_until = second + 5 * 3600
        if second < out_until or random.random() < 0.02:
            continue
        at = datetime.fromtimestamp(second, UTC) + timedelta(microseconds=random.randrange(1_000_000))
        for counted, people in zip(simulated.counted, world.occupancy(second), strict=True):
            zone = zones[counted.zone_id]
            part.occupancy.append(facts.OccupancyRow(zone.store_id, zone.pk, at, at, people, counted.capacity))
            told.occupancy[zone.pk].append(OccupancySample(at, people, counted.capacity))
        for number, (queue, length) in enumerate(zip(simulated.queues, world.queue_lengths(second), strict=True)):
            zone = zones[queue.zone_id]
            if not _tells(zone, at):
                continue
            waits: tuple[int | None, int | None] = (None, None)
            if length and not simulated.model.old_firmware:
                waits = world.queues[number].waits(length, second)
            part.queues.append(facts.QueueRow(zone.store_id, zone.pk, at, at, length, *waits, queue.threshold))
            told.queues[zone.pk].append(QueueSample(at, length, *waits, queue.threshold))


def _intervals(
    simulated: Simulated, zones: dict[str, Zone], start: int, end: int, random: Random, part: facts.Facts, told: Told
) -> None:
    edges = starts(start, end, 900)
    grown = world_of(simulated).crossings([*edges, edges[-1] + 900])
    for door, entrance in enumerate(simulated.entrances):
        zone = zones[entrance.zone_id]
        for edge, row in zip(edges, grown, strict=True):
            at = datetime.fromtimestamp(edge, UTC)
            complete = random.random() > 0.02 and edge + 900 <= end
            if random.random() < 0.02 or not _tells(zone, at):
                continue
            came, went = row[2 * door], row[2 * door + 1]
            part.footfall.append(
                facts.FootfallRow(zone.store_id, zone.pk, at, at, at + timedelta(minutes=15), complete, came, went)
            )
            told.footfall[zone.pk].append(FootfallInterval(at, came, went, complete))
    _hours(simulated, zones, start, end - 3600, random, part, told)


def _hours(
    simulated: Simulated, zones: dict[str, Zone], start: int, end: int, random: Random, part: facts.Facts, told: Told
) -> None:
    edges = starts(start, end + 1, 3600)
    journeys, hour = journeys_of(simulated), timedelta(hours=1)
    for place in simulated.zones:
        zone = zones[place.zone_id]
        for edge, (average, visits) in zip(edges, journeys.dwell(place, edges[0], edges[-1] + 3600, 3600), strict=True):
            at, known = datetime.fromtimestamp(edge, UTC), None if simulated.model.old_firmware else visits
            if random.random() < 0.02 or not _tells(zone, at):
                continue
            part.dwell.append(facts.DwellRow(zone.store_id, zone.pk, at, at, at + hour, average, known))
            told.dwell[zone.pk].append(DwellInterval(at, average, known))
    if simulated.model.paths and not simulated.model.old_firmware:
        for edge, row in zip(edges, journeys.paths([*edges, edges[-1] + 3600]), strict=True):
            at = datetime.fromtimestamp(edge, UTC)
            for (origin, target), count in zip(journeys.legs, row, strict=True):
                if count:
                    pair = [zones[name].pk if name else _OUTSIDE for name in (origin, target)]
                    store_id = next(iter(zones.values())).store_id
                    part.paths.append(facts.PathRow(store_id, pair[0], pair[1], at, at, at + hour, count))
                    told.paths[store_id].append((pair[0], pair[1], at, count))


def _tells(zone: Zone, at: datetime) -> bool:
    """Whether its controller has a zone."""
    return (zone.appeared_at is None or zone.appeared_at <= at) and (zone.retired_at is None or at < zone.retired_at)


def _unsettle(random: Random, start: datetime, now: datetime) -> None:
    """What a registry goes through: openings, closings, zones that come and go, settings made by hand."""
    middle = start + (now - start) / 2
    stores = list(Store.objects.order_by("code"))
    for number, store in enumerate(stores):
        store.tags = [*store.tags, "even" if number % 2 == 0 else "odd"]
        if number % 7 == 3:
            store.opened_on = middle.date()
        if number % 7 == 5:
            store.closed_on = middle.date()
        store.save()
    for number, zone in enumerate(Zone.objects.order_by("pk")):
        if number % 11 == 4:
            zone.appeared_at = middle + timedelta(seconds=random.randrange(86_400))
        if number % 11 == 7:
            zone.retired_at = middle + timedelta(seconds=random.randrange(86_400))
        if number % 9 == 2 and zone.has_occupancy:
            zone.capacity, zone.capacity_by_hand = 33, True
        zone.save()
