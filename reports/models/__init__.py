"""Rollups, days of clocks, and exports of reports as files."""

from reports.models.clocks import ClockSkew
from reports.models.exports import Export, ExportQuerySet
from reports.models.rollups import (
    WHOLE_STORE,
    ClockField,
    DwellRegionRollup,
    DwellRollup,
    FootfallRegionRollup,
    FootfallRollup,
    Grain,
    OccupancyRegionRollup,
    OccupancyRollup,
    PathRollup,
    QueueRegionRollup,
    QueueRollup,
    Recut,
    RegionRollup,
    Rollup,
    StoreBasis,
)

__all__ = [
    "WHOLE_STORE",
    "ClockField",
    "ClockSkew",
    "DwellRegionRollup",
    "DwellRollup",
    "Export",
    "ExportQuerySet",
    "FootfallRegionRollup",
    "FootfallRollup",
    "Grain",
    "OccupancyRegionRollup",
    "OccupancyRollup",
    "PathRollup",
    "QueueRegionRollup",
    "QueueRollup",
    "Recut",
    "RegionRollup",
    "Rollup",
    "StoreBasis",
]
