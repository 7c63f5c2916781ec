"""A period's totals by place and bucket, and what of them covers expected time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from reports.expected import Expectation
from reports.measures import MeasureSpec
from reports.queries.scope import Scope, ScopedStore

Place = int
"""A store's or zone's id, or a region's number among the rows' regions; 0 is the chain."""


@dataclass(slots=True)
class Cell:
    """What is known of a place in a bucket."""

    totals: Any
    covered_us: int
    peak_store: int | None = None
    occurrences: int = 0


Cells = dict[tuple[Place, ZoneInfo | None], dict[int, Cell]]
"""By place and key. In a window of instants also by the clock, as each cuts it otherwise."""


@dataclass(frozen=True, slots=True)
class Members:
    """Which places a store counts in: regions, or the chain; and the regions whose sums can be read for it."""

    of_stores: Mapping[int, Sequence[Place]]
    of_regions: Sequence[tuple[Place, int]] | None = None

    def pairs(self, stores: Sequence[ScopedStore]) -> list[tuple[Place, int]]:
        """Places and stores."""
        return [(place, store.pk) for store in stores for place in self.of_stores[store.pk]]


@dataclass(frozen=True, slots=True)
class Source:
    """What cells are made of: places each by itself, or ``members`` together."""

    spec: MeasureSpec
    scope: Scope
    expectation: Expectation
    members: Members | None = None
