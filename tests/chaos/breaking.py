"""Breaking things, in an order that a seed decides."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.fleet import Fleet
from tests.stack.running import PROCESSES, Stack

FAULTS: tuple[dict[str, Any], ...] = (
    {"latency_ms": 1500},
    {"timeout": True},
    {"status": 500},
    {"status": 503, "share": 0.5},
    {"status": 404},
    {"status": 429, "retry_after": 2},
    {"html": True},
    {"empty": True},
    {"truncated": True},
    {"redirect": True},
    {"wrong_types": True},
    {"nan": True},
    {"negative": True},
    {"duplicate_zone": True},
    {"clock_skew_s": 20},
    {"clock_skew_s": -20},
    {"repeat": 2},
    {"late_s": 3},
    {"shuffle": True},
    {"bad_signature": True},
    {"garbage": True},
)
"""All that a controller can do wrong and still be asked again; a rejected key isn't among it, for that takes a person."""

KILL_EVERY_S = 6.0
BREAK_EVERY_S = 0.5
SICK_AT_ONCE = 40


@dataclass
class Chaos:
    """What is broken at the moment, and what was done."""

    stack: Stack
    fleet: Fleet
    controllers: list[tuple[str, str]]
    chance: random.Random
    say: Callable[[str], None]
    sick: list[tuple[str, str]] = field(default_factory=list)
    kills: list[str] = field(default_factory=list)

    def run(self, seconds: float) -> None:
        """Break something every moment, for so many seconds."""
        ends, next_kill = time.monotonic() + seconds, time.monotonic()
        victims: list[str] = []
        while time.monotonic() < ends:
            self._break_one()
            if time.monotonic() >= next_kill:
                victims = victims or self.chance.sample(sorted(PROCESSES), len(PROCESSES))
                self._kill(victims.pop())
                next_kill = time.monotonic() + KILL_EVERY_S
            time.sleep(BREAK_EVERY_S)  # the pace of the chaos

    def heal(self) -> None:
        """Make all controllers well again."""
        for controller in self.sick:
            self.fleet.break_down(controller)
        self.sick.clear()

    def _break_one(self) -> None:
        controller = self.chance.choice(self.controllers)
        faults = self.chance.choice(FAULTS)
        if controller not in self.sick:
            self.fleet.break_down(controller, **faults)
            self.sick.append(controller)
        if len(self.sick) > SICK_AT_ONCE:
            self.fleet.break_down(self.sick.pop(0))
        self.fleet.emit(self.chance.choice(self.controllers), self.chance.randint(1, 20))

    def _kill(self, name: str) -> None:
        if self.stack.kill(PROCESSES[name]) is not None:
            self.say(f"killed {name}")
            self.kills.append(name)
