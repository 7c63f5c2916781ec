"""Live figures: the latest of each zone, as long as it holds. What is stale is unknown, never an old number.

A sample is as old as its controller says, but no younger than we have it: a clock that runs ahead keeps nothing fresh.
"""

from reports.live.instants import age_s, instant_of
from reports.live.people import (
    CRITICAL_AT,
    WARNING_AT,
    StoreOccupancy,
    ZoneOccupancy,
    occupancy,
    occupancy_until_us,
)
from reports.live.places import Place, Scope
from reports.live.validity import Validity, are_same, unchanged_tag
from reports.live.waiting import QueueNow, StoreQueues, by_store, queues, queues_until_us

__all__ = [
    "CRITICAL_AT",
    "WARNING_AT",
    "Place",
    "QueueNow",
    "Scope",
    "StoreOccupancy",
    "StoreQueues",
    "Validity",
    "ZoneOccupancy",
    "age_s",
    "are_same",
    "by_store",
    "instant_of",
    "occupancy",
    "occupancy_until_us",
    "queues",
    "queues_until_us",
    "unchanged_tag",
]
