"""The truth of one controller: pure functions of time. All instants are whole seconds since 1970.

People enter and leave by the tables of ``days``. Who is inside is in exactly one area; queues are a part of those inside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise

from simulator.crowds import QUARTER_S
from simulator.days import Day, days_between, entered, left
from simulator.fleet import Controller, area_shares
from simulator.noise import drift, mix

_WANDER = 0.3
"""How far the border between two areas' shares wanders, as a part of the smaller one."""
_MOOD_S = 90
"""A queue's luck changes within about so many seconds."""


class Queue:
    """How long one queue is, given how many people are inside."""

    __slots__ = ("_offset", "_part", "_square", "seed", "service_ms")

    def __init__(self, controller: Controller, number: int) -> None:
        threshold = controller.queues[number].threshold
        assert threshold is not None
        self.seed = mix(controller.seed, 300 + number)
        self.service_ms = 22_000 + self.seed % 14_000
        # At the peak of a week it's usually at its threshold, and at half of that at a quarter of it.
        self._square = 1.1 * threshold / max(controller.busy_people, 1.0) ** 2
        self._part = 0.5 / len(controller.queues)
        self._offset = self.seed & 4095

    def length(self, inside: int, instant: int) -> int:
        """People waiting; all queues together never hold more than half of those inside."""
        luck = 0.55 + 0.9 * drift(self._offset, instant, _MOOD_S)
        return int(min(self._square * inside * inside * luck, self._part * inside))

    def waits(self, length: int, instant: int) -> tuple[int, int]:
        """The mean and the longest wait so far, in milliseconds, of those now waiting (at least one)."""
        pace = 0.8 + 0.4 * drift(self._offset + 7, instant, 600)
        longest = int(length * self.service_ms * pace)
        return longest * (length + 1) // (2 * length), longest


class World:
    """What happens at one controller."""

    __slots__ = ("_borders", "_entrances", "_latest", "controller", "queues")

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self.queues = [Queue(controller, number) for number in range(len(controller.queues))]
        self._entrances = range(len(controller.entrances))
        self._borders = _borders(controller)
        self._latest: tuple[int, int, list[Day]] = (0, 0, [])

    def inside_by_entrance(self, instant: int) -> list[int]:
        """For each entrance, who came in by it and hasn't left."""
        days = self._days_at(instant)
        return [sum(entered(day, door, instant) - left(day, door, instant) for day in days) for door in self._entrances]

    def inside(self, instant: int) -> int:
        """The people inside."""
        return sum(self.inside_by_entrance(instant))

    def occupancy(self, instant: int) -> list[int]:
        """The people in each of ``controller.counted``; they sum up to those inside."""
        by_entrance = self.inside_by_entrance(instant)
        return self._by_area(sum(by_entrance), instant) if self.controller.areas else by_entrance

    def queue_lengths(self, instant: int) -> list[int]:
        """The people waiting in each of ``controller.queues``."""
        inside = self.inside(instant)
        return [queue.length(inside, instant) for queue in self.queues]

    def crossings(self, edges: Sequence[int]) -> list[list[int]]:
        """Between neighbours of ``edges``, half-open: ``[in, out, in, out …]``, a pair for each entrance."""
        doors = self._entrances

        def so_far(day: Day, instant: int) -> list[int]:
            return [count(day, door, instant) for door in doors for count in (entered, left)]

        return between(self.controller, edges, so_far, 2 * len(doors))

    def _days_at(self, instant: int) -> list[Day]:
        start, end, days = self._latest
        if not start <= instant < end:
            start = instant // QUARTER_S * QUARTER_S
            end, days = start + QUARTER_S, days_between(self.controller, start, start + QUARTER_S - 1)
            self._latest = start, end, days
        return days

    def _by_area(self, inside: int, instant: int) -> list[int]:
        edges = [
            int(inside * (at + wide * (drift(offset, instant, QUARTER_S) - 0.5))) for at, wide, offset in self._borders
        ]
        return [high - low for low, high in zip([0, *edges], [*edges, inside], strict=True)]


def _borders(controller: Controller) -> list[tuple[float, float, int]]:
    """Where one area's share ends and the next one's begins, how far that wanders, and its noise."""
    shares = area_shares(len(controller.areas)) if controller.areas else [1.0]
    borders, at = [], 0.0
    for number, (share, following) in enumerate(pairwise(shares)):
        at += share
        borders.append((at, _WANDER * min(share, following), mix(controller.seed, 200 + number) & 4095))
    return borders


def between(
    controller: Controller, edges: Sequence[int], so_far: Callable[[Day, int], list[int]], width: int
) -> list[list[int]]:
    """What counts grew by from each of ``edges`` to the next, over all trading days.

    ``so_far`` gives ``width`` counts of one trading day by an instant. Differences of one cumulative function, so that
    windows add up wherever they are cut.
    """
    grown = [[0] * width for _ in edges[1:]]
    for day in days_between(controller, edges[0], edges[-1]):
        before: list[int] | None = None
        for row, (edge, following) in enumerate(pairwise(edges)):
            if following <= day.start or edge >= day.end:
                continue
            before = so_far(day, edge) if before is None else before
            after = so_far(day, following)
            grown[row] = [sum_ + new - old for sum_, new, old in zip(grown[row], after, before, strict=True)]
            before = after
    return grown


@lru_cache(maxsize=65_536)
def world_of(controller: Controller) -> World:
    """The one ``World`` of a controller."""
    return World(controller)
