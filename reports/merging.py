"""How rollups merge: which columns add up, and which are highest. One place for the rollups and for the reports."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.models import Measure

_ADD = "coalesce(sum({0}), 0)"
_HIGHEST = "max({0})"
_LOWEST = "min({0})"
_FIRST_OF_PEAK = "(array_agg(peak_at ORDER BY peak DESC NULLS LAST, peak_at))[1]"
# Visits are not known where those of any part with intervals are not.
_ALL_OR_NULL = "CASE WHEN count({0}) = count(*) THEN sum({0}) END"

PEAK_STORE = "peak_store_id"
_STORE_OF_PEAK = "(array_agg(store_id ORDER BY peak DESC NULLS LAST, peak_at, store_id))[1]"


@dataclass(frozen=True, slots=True)
class Merge:
    """A measure's rollup tables, what is their key beside store, grain, start and openness, and how each column merges."""

    table: str
    keys: tuple[str, ...]
    columns: dict[str, str]
    region_table: str = ""

    @property
    def peaks(self) -> bool:
        """Whether there is a highest value, with its instant and, in regions, its store."""
        return "peak" in self.columns

    @property
    def expressions(self) -> dict[str, str]:
        """Each column, as an aggregate over several rows of the table."""
        return {name: how.format(name) for name, how in self.columns.items()}

    @property
    def region_expressions(self) -> dict[str, str]:
        """Likewise over several stores, with the one of the peak."""
        return {**self.expressions, **({PEAK_STORE: _STORE_OF_PEAK} if self.peaks else {})}


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
            "lowest": _LOWEST,
        },
        "reports_occupancyregionrollup",
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
        "reports_queueregionrollup",
    ),
    Measure.FOOTFALL: Merge(
        "reports_footfallrollup",
        ("zone_id",),
        {"visitors_in": _ADD, "visitors_out": _ADD, "complete_quarters": _ADD, "intervals": _ADD, "healed": _ADD},
        "reports_footfallregionrollup",
    ),
    Measure.DWELL: Merge(
        "reports_dwellrollup",
        ("zone_id",),
        {"intervals": _ADD, "weighted_ms": _ADD, "weight": _ADD, "visits": _ALL_OR_NULL},
        "reports_dwellregionrollup",
    ),
    Measure.PATHS: Merge(
        "reports_pathrollup",
        ("from_zone_id", "to_zone_id"),
        {"count": _ADD, "intervals": _ADD},
    ),
}
