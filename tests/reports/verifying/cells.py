"""What brute force adds up: units of stores or zones, the parts that they add, and the cells that these go into."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sites_app.models import Store, Zone
from tests.reports.verifying.quarters import Quarters


@dataclass(frozen=True, slots=True)
class Unit:
    """A store, or a zone of one: what is known of its quarters, and of which zones anything is expected."""

    store: Store
    names: tuple[str, ...]
    known: Quarters
    zones: Sequence[Zone | None]
    places: Sequence[tuple[str, ...]]


@dataclass(slots=True)
class Cell:
    """Totals, and how much of the expected time they cover."""

    totals: Any
    covered_us: int = 0
    expected_us: int = 0
    peak_store: str | None = None
    occurrences: set[Any] = field(default_factory=set)
    pairs: dict[Any, int] = field(default_factory=lambda: defaultdict(int))
    ends: set[datetime] = field(default_factory=set)


@dataclass(slots=True)
class Part:
    """What a stretch of a unit adds to a cell; ``totals`` is None where nothing is known of it."""

    totals: Any = None
    covered_us: int = 0
    expected_us: int = 0
    pairs: dict[Any, int] = field(default_factory=lambda: defaultdict(int))

    def __add__(self, other: Part) -> Part:
        pairs = self.pairs
        if other.pairs:
            pairs = defaultdict(int, self.pairs)
            for path, count in other.pairs.items():
                pairs[path] += count
        known = [totals for totals in (self.totals, other.totals) if totals is not None]
        return Part(
            known[0] + known[1] if len(known) > 1 else known[0] if known else None,
            self.covered_us + other.covered_us,
            self.expected_us + other.expected_us,
            pairs,
        )
