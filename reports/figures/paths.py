"""Paths: how many went from one zone to another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping
from typing import NamedTuple, TypeVar

Pair = TypeVar("Pair", bound=tuple[Hashable, Hashable])


class PathTotals(NamedTuple):
    """How many took any path, and in how many hours anybody did."""

    count: int = 0  # type: ignore[assignment]  # tuple has a method of this name, which nobody calls here
    intervals: int = 0

    def __add__(self, other: PathTotals) -> PathTotals:  # type: ignore[override]
        return PathTotals(self.count + other.count, self.intervals + other.intervals)


def path_shares(counts: Mapping[Pair, int]) -> dict[Pair, float]:
    """Of all who went on from a zone, the share that went to each."""
    sums: dict[Hashable, int] = defaultdict(int)
    for (start, _), count in counts.items():
        sums[start] += count
    return {pair: count / sums[pair[0]] for pair, count in counts.items() if sums[pair[0]]}
