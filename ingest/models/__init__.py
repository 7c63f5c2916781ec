"""What came in, one file an idea: facts, records, live state, events and quarantine, streams and backfills."""

from ingest.models.arrivals import Event, Quarantine
from ingest.models.facts import (
    Dirty,
    DwellInterval,
    FootfallInterval,
    Measure,
    OccupancySample,
    PathInterval,
    QueueSample,
    ZoneState,
)
from ingest.models.records import LineRecord, ReversedZone, StayRecord
from ingest.models.streams import Backfill, BackfillStep, HealedGap, Stream
from sites_app.wording import in_all_languages

__all__ = [
    "Backfill",
    "BackfillStep",
    "Dirty",
    "DwellInterval",
    "Event",
    "FootfallInterval",
    "HealedGap",
    "LineRecord",
    "Measure",
    "OccupancySample",
    "PathInterval",
    "Quarantine",
    "QueueSample",
    "ReversedZone",
    "StayRecord",
    "Stream",
    "ZoneState",
]

in_all_languages(Backfill, BackfillStep, HealedGap, Quarantine, Stream)
