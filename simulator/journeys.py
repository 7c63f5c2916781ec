"""Where visitors go and how long they stay: paths, visits and dwell, all made of the same counts as the footfall.

From outside to an entrance, on to one area, for some to a queue, back to the entrance and out. Sums of visitors only.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import gcd

from simulator.crowds import QUARTER_S
from simulator.days import Day, entered, left
from simulator.fleet import ENTRANCE, QUEUE, Controller, Zone, area_shares
from simulator.noise import drift, mix, pattern, taking, unit
from simulator.world import between

Leg = tuple[str | None, str | None]
"""From a zone to a zone; None is the outside."""

_AREA_STAY = (1.0, 0.7, 1.2, 0.6)
"""How long people stay in each area, against the store's mean."""


class Journeys:
    """The journeys of one controller's visitors. All instants are whole seconds since 1970."""

    __slots__ = ("_areas", "_buyers", "_place", "_queues", "_seeds", "controller", "legs")

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        seed, areas, queues = controller.seed, controller.areas, controller.queues
        self._areas = pattern(area_shares(len(areas)), mix(seed, 400)) if areas else ()
        self._queues = pattern([1.0 + unit(seed, 420 + number) for number in range(len(queues))], mix(seed, 401))
        self._buyers = int(256 * (0.3 + 0.25 * unit(seed, 402)))
        self._seeds = {zone.zone_id: mix(seed, 440 + number) for number, zone in enumerate(controller.zones)}
        self.legs = _legs(controller)
        self._place = {leg: number for number, leg in enumerate(self.legs)}

    def paths(self, edges: Sequence[int]) -> list[list[int]]:
        """For each pair of neighbours of ``edges``, how many took each of ``legs``."""
        return between(self.controller, edges, self._so_far, len(self.legs))

    def dwell(self, zone: Zone, start: int, end: int, step: int) -> list[tuple[int, int]]:
        """For each ``step`` of ``[start, end)``, aligned by the caller: the mean stay in milliseconds, and the visits.

        The mean is 0 where there were no visits.
        """
        if end <= start:
            return []
        fine = gcd(step, QUARTER_S)
        edges = range(start, end + 1, fine)
        columns = self._arrivals(zone)
        visits = [sum(row[column] for column in columns) for row in self.paths(edges)]
        stays = [count * self._stay_ms(zone, edge) if count else 0 for count, edge in zip(visits, edges, strict=False)]
        parts = range(0, len(visits), step // fine)
        sums = [(sum(stays[part : part + step // fine]), sum(visits[part : part + step // fine])) for part in parts]
        return [(total // count if count else 0, count) for total, count in sums]

    def _arrivals(self, zone: Zone) -> list[int]:
        """The legs by which a visit to a zone begins. To go back to an entrance is no visit."""
        if zone.kind == ENTRANCE:
            return [self._place[None, zone.zone_id]]
        return [number for number, (_, to) in enumerate(self.legs) if to == zone.zone_id]

    def _stay_ms(self, zone: Zone, instant: int) -> int:
        """The mean stay in a zone of those who came to it in this quarter."""
        seed = self._seeds[zone.zone_id]
        quarter = instant // QUARTER_S * QUARTER_S
        mood = 0.8 + 0.4 * drift(seed & 4095, quarter, 4 * QUARTER_S)
        if zone.kind == ENTRANCE:
            return int(21_000 * mood)
        if zone.kind == QUEUE:
            return int((60_000 + seed % 90_000) * mood * mood)
        place = self.controller.areas.index(zone)
        return int(self.controller.stay_s * 1000 * _AREA_STAY[place] * mood)

    def _so_far(self, day: Day, instant: int) -> list[int]:
        counts = [0] * len(self.legs)
        for door, entrance in enumerate(self.controller.entrances):
            came, went = entered(day, door, instant), left(day, door, instant)
            counts[self._place[None, entrance.zone_id]] = came
            counts[self._place[entrance.zone_id, None]] = went
            if not self._areas:
                self._pay(counts, entrance.zone_id, entrance.zone_id, went)
            for area, takers in zip(self.controller.areas, self._areas, strict=True):
                counts[self._place[entrance.zone_id, area.zone_id]] = taking(takers, came)
                leaving = taking(takers, went)
                paid = self._pay(counts, area.zone_id, entrance.zone_id, leaving)
                counts[self._place[area.zone_id, entrance.zone_id]] = leaving - paid
        return counts

    def _pay(self, counts: list[int], start: str, entrance: str, leaving: int) -> int:
        """Some of those who leave do so by a queue. Gives how many."""
        paid = leaving * self._buyers >> 8
        for queue, takers in zip(self.controller.queues, self._queues, strict=True):
            share = taking(takers, paid)
            counts[self._place[start, queue.zone_id]] += share
            counts[self._place[queue.zone_id, entrance]] += share
        return paid


def _legs(controller: Controller) -> list[Leg]:
    entrances, areas, queues = controller.entrances, controller.areas, controller.queues
    legs: list[Leg] = [(None, door.zone_id) for door in entrances]
    legs += [(door.zone_id, area.zone_id) for door in entrances for area in areas]
    legs += [(start.zone_id, queue.zone_id) for start in controller.counted for queue in queues]
    legs += [(queue.zone_id, door.zone_id) for queue in queues for door in entrances]
    legs += [(area.zone_id, door.zone_id) for area in areas for door in entrances]
    return legs + [(door.zone_id, None) for door in entrances]


@lru_cache(maxsize=65_536)
def journeys_of(controller: Controller) -> Journeys:
    """The one ``Journeys`` of a controller."""
    return Journeys(controller)
