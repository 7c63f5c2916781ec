"""Rollups, and exports of reports as files."""

from reports.models.exports import Export, ExportQuerySet
from reports.models.rollups import (
    WHOLE_STORE,
    DwellRollup,
    FootfallRollup,
    Grain,
    OccupancyRollup,
    PathRollup,
    QueueRollup,
    Rollup,
)

__all__ = [
    "WHOLE_STORE",
    "DwellRollup",
    "Export",
    "ExportQuerySet",
    "FootfallRollup",
    "Grain",
    "OccupancyRollup",
    "PathRollup",
    "QueueRollup",
    "Rollup",
]
