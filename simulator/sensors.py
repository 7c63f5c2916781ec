"""Whether a sensor works: rarely it's offline for some minutes, or degraded. Pure functions of time, and without any
effect on the counts, which a real controller bridges as well."""

from __future__ import annotations

from functools import lru_cache

from simulator.fleet import Sensor
from simulator.noise import mix, unit

_DAY_S = 86_400
_OFFLINE_DAYS = 1 / 40
_DEGRADED_DAYS = 1 / 60

ONLINE, OFFLINE, DEGRADED = "online", "offline", "degraded"


def status(sensor: Sensor, instant: int) -> str:
    """``online``, ``offline`` or ``degraded`` at an instant in seconds since 1970."""
    day, second = divmod(instant, _DAY_S)
    trouble = _trouble(sensor.seed, day)
    return trouble[2] if trouble and trouble[0] <= second < trouble[1] else ONLINE


@lru_cache(maxsize=65_536)
def _trouble(seed: int, day: int) -> tuple[int, int, str] | None:
    """The stretch of a UTC day in which a sensor doesn't work, in seconds of the day."""
    chance = unit(seed, day, 1)
    if chance >= _OFFLINE_DAYS + _DEGRADED_DAYS:
        return None
    start = mix(seed, day, 2) % (_DAY_S - 3600)
    return start, start + 240 + mix(seed, day, 3) % 3000, OFFLINE if chance < _OFFLINE_DAYS else DEGRADED
