"""What a logic counts, by the name of its template (``info``)."""

from __future__ import annotations

from enum import StrEnum


class Counts(StrEnum):
    """What a logic's counts are of. Only the first three are people in figures; the others are kept as events."""

    LINE = "line"
    OCCUPANCY = "occupancy"
    QUEUE = "queue"
    GROUP = "group"
    WHEELCHAIR = "wheelchair"
    BICYCLE = "bicycle"
    PRAM = "pram"
    SHOPPING_CART = "shopping_cart"
    WRONG_WAY = "wrong_way"
    CUSTOM = "custom"
    ZONE = "zone"
    UNKNOWN = "unknown"


FIGURES = frozenset({Counts.LINE, Counts.OCCUPANCY, Counts.QUEUE})

# In this order: a line of groups or prams is a line as well, and must not be taken for one of people.
_WORDS = (
    ("GROUP", Counts.GROUP),
    ("WHEELCHAIR", Counts.WHEELCHAIR),
    ("BICYCLE", Counts.BICYCLE),
    ("PRAM", Counts.PRAM),
    ("SHOPPING_CART", Counts.SHOPPING_CART),
    ("WRONG_WAY", Counts.WRONG_WAY),
    ("CUSTOM", Counts.CUSTOM),
    ("QUEUE_STATISTICS", Counts.QUEUE),
    ("ZONE_OCCUPANCY", Counts.OCCUPANCY),
    ("4X_ZONE_COUNT", Counts.OCCUPANCY),  # the same of older firmware
    ("LINE", Counts.LINE),
    ("ZONE", Counts.ZONE),
)


def counts_of(info: str) -> Counts:
    """What a template counts. Its geometries say nothing: an older line logic can list zones among them."""
    name = info.upper()
    return next((counts for word, counts in _WORDS if word in name), Counts.UNKNOWN)
