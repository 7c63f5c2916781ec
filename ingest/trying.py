"""Trying a controller out, as an installer does who has just typed in its address: what is wrong, in one sentence.

Nothing that it answers is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ingest import asking
from ingest.models import Stream
from sites_app.models import Controller

CLOCK_MAY_DIFFER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a controller did. ``code`` is ``ok``, ``clock_off``, or that of the ``ControllerError``."""

    code: str
    message: str
    clock_skew_ms: int | None = None
    zones: int | None = None
    sensors: int | None = None

    @property
    def ok(self) -> bool:
        return self.code == "ok"


def try_out(controller: Controller, clock: asking.Clock) -> Verdict:
    """Ask it for its sensors and zones, and say how it went."""
    turn = asking.Turn.of(controller, frozenset(), [asking.Question(Stream.Kind.DISCOVERY)])
    outcome = asking.take(turn, clock)
    skew_ms = None if outcome.clock_skew is None else round(outcome.clock_skew.total_seconds() * 1000)
    error = outcome.answers[-1].error
    if error is not None:
        return Verdict(error.code, str(error), skew_ms)
    found = outcome.found
    zones, sensors = (len(found.zones), len(found.sensors)) if found else (0, 0)
    if wrong := clock_fault(skew_ms):
        return Verdict("clock_off", wrong, skew_ms, zones, sensors)
    return Verdict(
        "ok", f"It answers, with {counted(zones, 'zone')} and {counted(sensors, 'sensor')}.", skew_ms, zones, sensors
    )


def verdict(result: Mapping[str, Any], zones: int, sensors: int) -> Verdict:
    """How a controller did that was asked at once (see ``asking_now``), and has so many zones and sensors now."""
    skew_ms = result["clock_skew_ms"]
    if result["error"]:
        return Verdict(result["code"], result["error"], skew_ms, zones, sensors)
    if wrong := clock_fault(skew_ms):
        return Verdict("clock_off", wrong, skew_ms, zones, sensors)
    has = f"It answered, and has {counted(zones, 'zone')} and {counted(sensors, 'sensor')}."
    return Verdict("ok", has, skew_ms, zones, sensors)


def clock_fault(skew_ms: int | None) -> str:
    """What is wrong with a controller's clock that is so far ahead of ours; empty where it will do."""
    skew = timedelta(milliseconds=skew_ms or 0)
    if abs(skew) < CLOCK_MAY_DIFFER:
        return ""
    way = "ahead" if skew > timedelta() else "behind"
    return f"Its clock is {_length(abs(skew))} {way}, and so would all its figures be: let it keep time by NTP."


def counted(number: int, what: str) -> str:
    """So many of it, as people say it."""
    return f"{number} {what}{'s' * (number != 1)}"


def _length(span: timedelta) -> str:
    """A span as people say it, rounded."""
    for unit, length in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        if span >= length * 0.95:
            return counted(round(span / length), unit)
    return f"{round(span.total_seconds())} seconds"
