"""Figures into shapes: pure."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH, HEIGHT, MARGIN = 120, 28, 2


def spark_points(values: Sequence[float]) -> str:
    """The points of an SVG polyline for a spark line, from the first value on the left to the last on the right."""
    if len(values) < 2:
        return ""
    highest = max(values) or 1
    step = (WIDTH - 2 * MARGIN) / (len(values) - 1)
    drawn = HEIGHT - 2 * MARGIN
    return " ".join(
        f"{MARGIN + number * step:.1f},{HEIGHT - MARGIN - value / highest * drawn:.1f}"
        for number, value in enumerate(values)
    )


def bar_share(value: float | None, capacity: int | None) -> int:
    """How much of a bar is filled, in whole per cent, never over 100."""
    return 0 if not value or not capacity else min(100, round(100 * value / capacity))
