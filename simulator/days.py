"""When people come: for each trading day of a controller, who has entered by each entrance by each quarter of an hour."""

from __future__ import annotations

from array import array
from datetime import date
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import NamedTuple

from simulator import crowds, hours
from simulator.crowds import QUARTER_S
from simulator.fleet import Controller, entrance_shares
from simulator.noise import TEXTURES, mix


class Day(NamedTuple):
    """A trading day of one controller. Instants are seconds since 1970."""

    start: int
    """The quarter in which the first could enter."""
    end: int
    """When the last has left."""
    entered: tuple[array[int], ...]
    """For each entrance, how many have entered by the edge of each quarter since ``start``."""
    stays: tuple[int, ...]
    """For each entrance, how many seconds people stay; they leave by where they came in."""
    texture: int


def entered(day: Day, entrance: int, instant: int) -> int:
    """How many have entered by one entrance before this instant of its trading day."""
    quarter, second = divmod(instant - day.start, QUARTER_S)
    if quarter < 0:
        return 0
    reached = day.entered[entrance]
    if quarter >= len(reached) - 1:
        return reached[-1]
    low = reached[quarter]
    return low + ((reached[quarter + 1] - low) * TEXTURES[(day.texture + quarter * 5 + entrance) & 63][second] >> 16)


def left(day: Day, entrance: int, instant: int) -> int:
    """How many have left by one entrance before this instant."""
    return entered(day, entrance, instant - day.stays[entrance])


def days_between(controller: Controller, start: int, end: int) -> list[Day]:
    """The trading days with anybody inside in ``[start, end]``, in order; the one before can reach past midnight."""
    zone = controller.store.timezone
    first, last = hours.local_day(zone, start // QUARTER_S) - 1, hours.local_day(zone, end // QUARTER_S)
    if _is_over(controller, first) <= start:
        first += 1
    days = (_day(controller, ordinal) for ordinal in range(first, last + 1))
    return [day for day in days if day is not None and day.start <= end and start < day.end]


@lru_cache(maxsize=65_536)
def _is_over(controller: Controller, ordinal: int) -> int:
    """By when all have left a trading day for sure; 0 where nobody comes. Cheap, unlike the day itself."""
    spans = _spans(controller, ordinal)
    return spans[-1][1] + QUARTER_S + 2 * controller.stay_s if spans else 0


def _spans(controller: Controller, ordinal: int) -> list[tuple[int, int]]:
    store, day = controller.store, date.fromordinal(ordinal)
    if day < date.fromisoformat(store.opened_on):
        return []
    return hours.instants(store.hours, day, store.timezone)


@lru_cache(maxsize=40_000)
def _day(controller: Controller, ordinal: int) -> Day | None:
    spans = _spans(controller, ordinal)
    if not spans:
        return None
    random = Random(mix(controller.seed, ordinal))
    start, close = spans[0][0] // QUARTER_S * QUARTER_S, -(-spans[-1][1] // QUARTER_S) * QUARTER_S
    total = _visitors(controller, ordinal, spans, random)
    weights = _weights(controller, ordinal, spans, start, close)
    shares = entrance_shares(len(controller.entrances))
    reached = tuple(_reached(total * share, weights, random) for share in shares)
    stays = tuple(int(controller.stay_s * random.uniform(0.88, 1.12)) for _ in shares)
    return Day(start, close + max(stays), reached, stays, random.randrange(64))


def _visitors(controller: Controller, ordinal: int, spans: list[tuple[int, int]], random: Random) -> float:
    day, kind = date.fromordinal(ordinal), controller.model.kind
    length_s = sum(closes - opens for opens, closes in spans)
    slow = Random(mix(controller.seed, 7_000 + ordinal // 7)).uniform(0.94, 1.06)
    usual = crowds.day_factor(kind, controller.store.hours, day.weekday(), length_s)
    return controller.visitors * usual * crowds.YEAR[day.month - 1] * slow * random.uniform(0.88, 1.12)


def _weights(controller: Controller, ordinal: int, spans: list[tuple[int, int]], start: int, close: int) -> list[float]:
    """How a day's visitors spread over its quarters, before noise."""
    kind, week_hours = controller.model.kind, controller.store.hours
    zone = controller.store.timezone
    late = crowds.is_late(week_hours, date.fromordinal(ordinal).weekday())
    return [
        crowds.open_part(spans, quarter)
        * crowds.crowd(kind, hours.on_the_wall(zone, ordinal, quarter // QUARTER_S), close - quarter if late else None)
        for quarter in range(start, close, QUARTER_S)
    ]


def _reached(total: float, weights: list[float], random: Random) -> array[int]:
    noisy = [weight * random.uniform(0.8, 1.2) for weight in weights]
    whole = sum(noisy)
    return array("I", [int(total * part / whole) for part in accumulate(noisy, initial=0.0)])
