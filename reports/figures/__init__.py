"""The figures: what each is, written once, as pure functions over samples and intervals.

Durations are whole microseconds and all sums are whole numbers, so nothing is lost on the way; a figure is rounded once,
where it is shown. Totals merge by ``+``: of buckets into longer ones, of stores into regions.
"""

from reports.figures.dwell import DwellInterval, DwellTotals, dwell
from reports.figures.footfall import FootfallInterval, FootfallTotals, footfall
from reports.figures.occupancy import OccupancySample, OccupancyTotals, store_occupancy, zone_occupancy
from reports.figures.paths import PathTotals, path_shares
from reports.figures.queues import QueueSample, QueueTotals, queue
from reports.figures.shown import change, coverage, people, share, whole
from reports.figures.steps import Segment, segments

__all__ = [
    "DwellInterval",
    "DwellTotals",
    "FootfallInterval",
    "FootfallTotals",
    "OccupancySample",
    "OccupancyTotals",
    "PathTotals",
    "QueueSample",
    "QueueTotals",
    "Segment",
    "change",
    "coverage",
    "dwell",
    "footfall",
    "path_shares",
    "people",
    "queue",
    "segments",
    "share",
    "store_occupancy",
    "whole",
    "zone_occupancy",
]
