"""What can still be recomputed of a store: the quarters whose facts are kept. Of older ones only the rollups are left."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ingest.models import Measure
from reports.merging import MERGES

_STATEMENT = Path(__file__).parent.parent / "sql" / "kept_quarters.sql"
_FACTS: dict[Measure, tuple[str, str, str]] = {
    Measure.OCCUPANCY: ("ingest_occupancysample", "zone_id", "observed_at"),
    Measure.QUEUES: ("ingest_queuesample", "zone_id", "observed_at"),
    Measure.FOOTFALL: ("ingest_footfallinterval", "zone_id", "start"),
    Measure.DWELL: ("ingest_dwellinterval", "zone_id", "start"),
    Measure.PATHS: ("ingest_pathinterval", "from_zone_id", "start"),
}


@cache
def quarters(measure: Measure) -> str:
    """A query for a store's quarters, given its ``store_id``."""
    table, zone, column = _FACTS[measure]
    return _STATEMENT.read_text().format(table=table, zone=zone, at=column, rollup=MERGES[measure].table)
