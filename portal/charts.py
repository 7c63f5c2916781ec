"""Figures into shapes: pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

WIDTH, HEIGHT, MARGIN = 120, 32, 2


def spark_path(values: Sequence[int | None], *, highest: int) -> str:
    """An SVG path over a day: each value has its place, and where one isn't known there is a gap, never a bridge."""
    step = (WIDTH - 2 * MARGIN) / max(1, len(values) - 1)
    drawn = HEIGHT - 2 * MARGIN

    def point(number: int, value: int) -> str:
        return f"{MARGIN + number * step:.1f} {HEIGHT - MARGIN - value / max(1, highest) * drawn:.1f}"

    # A value alone between gaps is a dot: a line of no length with round ends.
    return " ".join(
        "M" + " L".join(point(*item) for item in stretch) + ("h0" if len(stretch) == 1 else "")
        for stretch in _stretches(values)
    )


def _stretches(values: Sequence[int | None]) -> Iterator[list[tuple[int, int]]]:
    numbered = list(enumerate(values))
    for known, group in groupby(numbered, key=lambda item: item[1] is not None):
        if known:
            yield [(number, value) for number, value in group if value is not None]


def bar_share(value: float | None, capacity: int | None) -> int:
    """How much of a bar is filled, in whole per cent, never over 100."""
    return 0 if not value or not capacity else min(100, round(100 * value / capacity))
