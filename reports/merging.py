"""How rollups merge: which columns add up, and which are highest. One place for the rollups and for the reports."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.models import Measure

_ADD = "coalesce(sum({0}), 0)"
_HIGHEST = "max({0})"
_FIRST_OF_PEAK = "(array_agg(peak_at ORDER BY peak DESC NULLS LAST, peak_at))[1]"
# Visits are not known where those of any part with intervals are not.
_ALL_OR_NULL = "CASE WHEN count({0}) = count(*) THEN sum({0}) END"


@dataclass(frozen=True, slots=True)
class Merge:
    """A rollup table, its key beside store, grain, start and openness, and how each column merges."""

    table: str
    keys: tuple[str, ...]
    columns: dict[str, str]

    def expressions(self) -> dict[str, str]:
        """Each column, as an aggregate over several rows of the table."""
        return {name: how.format(name) for name, how in self.columns.items()}

    def from_quarters(self, grain: str) -> str:
        """SQL that makes hours or days from quarters; takes arrays of store ids, starts and ends."""
        keys = ", ".join(f"rollup.{key}" for key in self.keys)
        names = ", ".join((*self.keys, *self.columns))
        merged = ", ".join(self.expressions().values())
        return f"""
            INSERT INTO {self.table} (store_id, grain, start, is_open, {names})
            SELECT bucket.store_id, '{grain}', bucket.bucket_start, rollup.is_open, {keys}, {merged}
            FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS bucket (store_id, bucket_start, bucket_end)
            JOIN {self.table} rollup
              ON rollup.store_id = bucket.store_id AND rollup.grain = 'quarter'
             AND rollup.start >= bucket.bucket_start AND rollup.start < bucket.bucket_end
            GROUP BY bucket.store_id, bucket.bucket_start, rollup.is_open, {keys}
        """


MERGES: dict[Measure, Merge] = {
    Measure.OCCUPANCY: Merge(
        "reports_occupancyrollup",
        ("zone_id",),
        {
            "covered_us": _ADD,
            "person_us": _ADD,
            "capacity_us": _ADD,
            "capacity_person_us": _ADD,
            "peak": _HIGHEST,
            "peak_at": _FIRST_OF_PEAK,
            "peak_utilisation": _HIGHEST,
        },
    ),
    Measure.QUEUES: Merge(
        "reports_queuerollup",
        ("zone_id",),
        {
            "covered_us": _ADD,
            "person_us": _ADD,
            "peak": _HIGHEST,
            "peak_at": _FIRST_OF_PEAK,
            "wait_person_us": _ADD,
            "waited_person_us": _ADD,
            "longest_wait_ms": _HIGHEST,
            "over_us": _ADD,
            "threshold_us": _ADD,
            "breaches": _ADD,
        },
    ),
    Measure.FOOTFALL: Merge(
        "reports_footfallrollup",
        ("zone_id",),
        {"visitors_in": _ADD, "visitors_out": _ADD, "complete_quarters": _ADD, "intervals": _ADD},
    ),
    Measure.DWELL: Merge(
        "reports_dwellrollup",
        ("zone_id",),
        {"intervals": _ADD, "weighted_ms": _ADD, "weight": _ADD, "visits": _ALL_OR_NULL},
    ),
    Measure.PATHS: Merge(
        "reports_pathrollup",
        ("from_zone_id", "to_zone_id"),
        {"count": _ADD, "intervals": _ADD},
    ),
}
