"""The measures of reports: how a rollup row becomes totals, and which figures are shown of totals, in which unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, Self

from ingest.models import Measure
from reports import figures
from reports.figures import DwellTotals, FootfallTotals, OccupancyTotals, QueueTotals
from reports.merging import MERGES

_QUARTER_US = 900_000_000
_HOUR_US = 3_600_000_000

Figure = float | int | datetime | None


class Totals(Protocol):
    """What can be merged of a measure."""

    def __add__(self, other: Self) -> Self: ...


@dataclass(frozen=True, slots=True)
class Column:
    """A figure of a report: its name, its unit, and how it comes from totals (rounded, at this edge alone)."""

    name: str
    unit: str
    of: Callable[[Any], Figure]


@dataclass(frozen=True, slots=True)
class MeasureSpec:
    """All that a report knows of its measure."""

    measure: Measure
    totals: type[Any]
    fields: Sequence[str]
    columns: Sequence[Column]
    covered: str
    """The field that tells what is covered, in units of ``covered_unit_us``."""
    covered_unit_us: int = 1
    peaks: bool = False

    @property
    def empty(self) -> Any:
        """The totals of nothing."""
        return self.totals()

    def from_row(self, values: Sequence[Any]) -> Any:
        """Totals from a rollup's columns, in the order of ``fields``."""
        return self.totals(**dict(zip(self.fields, (_exact(value) for value in values), strict=True)))

    def show(self, totals: Any) -> dict[str, Figure]:
        """The figures of totals, by column."""
        return {column.name: column.of(totals) for column in self.columns}


def _exact(value: Any) -> Any:
    """PostgreSQL's sums of bigint come as Decimal; they are whole numbers."""
    return int(value) if hasattr(value, "as_integer_ratio") and not isinstance(value, float | int) else value


SPECS: Mapping[Measure, MeasureSpec] = {
    Measure.FOOTFALL: MeasureSpec(
        Measure.FOOTFALL,
        FootfallTotals,
        tuple(MERGES[Measure.FOOTFALL].columns),
        (
            Column("visitors_in", "people", lambda t: t.visitors_in if t.intervals else None),
            Column("visitors_out", "people", lambda t: t.visitors_out if t.intervals else None),
        ),
        covered="complete_quarters",
        covered_unit_us=_QUARTER_US,
    ),
    Measure.OCCUPANCY: MeasureSpec(
        Measure.OCCUPANCY,
        OccupancyTotals,
        tuple(MERGES[Measure.OCCUPANCY].columns),
        (
            Column("average_occupancy", "people", lambda t: figures.people(t.average_occupancy)),
            Column("peak_occupancy", "people", lambda t: t.peak),
            Column("peak_at", "instant", lambda t: t.peak_at),
            Column("average_utilisation", "share", lambda t: figures.share(t.average_utilisation)),
            Column("peak_utilisation", "share", lambda t: figures.share(t.peak_utilisation)),
            Column("person_hours", "person hours", lambda t: figures.people(t.person_hours)),
        ),
        covered="covered_us",
        peaks=True,
    ),
    Measure.QUEUES: MeasureSpec(
        Measure.QUEUES,
        QueueTotals,
        tuple(MERGES[Measure.QUEUES].columns),
        (
            Column("average_length", "people", lambda t: figures.people(t.average_length)),
            Column("peak_length", "people", lambda t: t.peak),
            Column("peak_at", "instant", lambda t: t.peak_at),
            Column("average_wait_ms", "milliseconds", lambda t: figures.whole(t.average_wait_ms)),
            Column("longest_wait_ms", "milliseconds", lambda t: t.longest_wait_ms),
            Column("seconds_over_threshold", "seconds", lambda t: figures.people(t.seconds_over_threshold)),
            Column("service_level", "share", lambda t: figures.share(t.service_level)),
            Column("breaches", "breaches", lambda t: t.breaches if t.threshold_us else None),
        ),
        covered="covered_us",
        peaks=True,
    ),
    Measure.DWELL: MeasureSpec(
        Measure.DWELL,
        DwellTotals,
        tuple(MERGES[Measure.DWELL].columns),
        (
            Column("average_dwell_ms", "milliseconds", lambda t: figures.whole(t.average_dwell_ms)),
            Column("visits", "visits", lambda t: t.visits if t.intervals else None),
            Column("dwell_hours", "hours", lambda t: figures.people(t.dwell_hours)),
        ),
        covered="intervals",
        covered_unit_us=_HOUR_US,
    ),
}
