"""The measures of reports: which figures are shown of totals, in which unit, and how totals come from rollups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from ingest.models import Measure
from reports import figures
from reports.figures import DwellTotals, FootfallTotals, OccupancyTotals, PathTotals, QueueTotals

_QUARTER_US = 900_000_000
_HOUR_US = 3_600_000_000

Figure = float | int | datetime | None
Rounding = Callable[[Any], Any]


def as_it_is(value: Any) -> Any:
    """For what is whole already."""
    return value


@dataclass(frozen=True, slots=True)
class Column:
    """A figure of a report: its name, its unit, how it comes from totals, and how it's rounded, at this edge alone.

    An additive one grows with time: a profile shows its mean per occurrence.
    """

    name: str
    unit: str
    of: Callable[[Any], Figure]
    rounding: Rounding = as_it_is
    additive: bool = False

    def show(self, totals: Any) -> Figure:
        """The figure of these totals."""
        shown: Figure = self.rounding(self.of(totals))
        return shown


@dataclass(frozen=True, slots=True)
class MeasureSpec:
    """All that a report knows of its measure. ``fields`` are those of its totals, named as in its rollups."""

    measure: Measure
    totals: type[Any]
    columns: Sequence[Column]
    covered: str
    """The field that tells what is covered, in units of ``covered_unit_us``."""
    covered_unit_us: int = 1
    peaks: bool = False
    fields: Sequence[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", self.totals._fields)

    @property
    def empty(self) -> Any:
        """The totals of nothing."""
        return self.totals()

    @property
    def hourly(self) -> bool:
        """Whether it's told by the hour, of UTC; else by the quarter of an hour or finer."""
        return self.covered_unit_us == _HOUR_US

    def covered_us(self, totals: Any) -> int:
        """The microseconds that totals cover, all zones added up."""
        return int(getattr(totals, self.covered)) * self.covered_unit_us

    def show(self, totals: Any) -> list[Figure]:
        """The figures of totals, in the order of the columns."""
        return [column.show(totals) for column in self.columns]


def exact(values: Sequence[Any]) -> Sequence[Any]:
    """PostgreSQL's sums of bigint come as Decimal; they are whole numbers."""
    for value in values:
        if value.__class__ is Decimal:
            return [int(value) if isinstance(value, Decimal) else value for value in values]
    return values


SPECS: Mapping[Measure, MeasureSpec] = {
    Measure.FOOTFALL: MeasureSpec(
        Measure.FOOTFALL,
        FootfallTotals,
        (
            Column("visitors_in", "people", lambda t: t.visitors_in if t.intervals else None, additive=True),
            Column("visitors_out", "people", lambda t: t.visitors_out if t.intervals else None, additive=True),
        ),
        covered="complete_quarters",
        covered_unit_us=_QUARTER_US,
    ),
    Measure.OCCUPANCY: MeasureSpec(
        Measure.OCCUPANCY,
        OccupancyTotals,
        (
            Column("average_occupancy", "people", lambda t: t.average_occupancy, figures.people),
            Column("peak_occupancy", "people", lambda t: t.peak),
            Column("peak_at", "instant", lambda t: t.peak_at),
            Column("average_utilisation", "share", lambda t: t.average_utilisation, figures.share),
            Column("peak_utilisation", "share", lambda t: t.peak_utilisation, figures.share),
            Column("person_hours", "person hours", lambda t: t.person_hours, figures.people, additive=True),
        ),
        covered="covered_us",
        peaks=True,
    ),
    Measure.QUEUES: MeasureSpec(
        Measure.QUEUES,
        QueueTotals,
        (
            Column("average_length", "people", lambda t: t.average_length, figures.people),
            Column("peak_length", "people", lambda t: t.peak),
            Column("peak_at", "instant", lambda t: t.peak_at),
            Column("average_wait_ms", "milliseconds", lambda t: t.average_wait_ms, figures.whole),
            Column("longest_wait_ms", "milliseconds", lambda t: t.longest_wait_ms),
            Column(
                "seconds_over_threshold", "seconds", lambda t: t.seconds_over_threshold, figures.people, additive=True
            ),
            Column("service_level", "share", lambda t: t.service_level, figures.share),
            Column("breaches", "breaches", lambda t: t.breaches if t.threshold_us else None, additive=True),
        ),
        covered="covered_us",
        peaks=True,
    ),
    Measure.DWELL: MeasureSpec(
        Measure.DWELL,
        DwellTotals,
        (
            Column("average_dwell_ms", "milliseconds", lambda t: t.average_dwell_ms, figures.whole),
            Column("visits", "visits", lambda t: t.visits if t.intervals else None, additive=True),
            Column("dwell_hours", "hours", lambda t: t.dwell_hours, figures.people, additive=True),
        ),
        covered="intervals",
        covered_unit_us=_HOUR_US,
    ),
    # A path's share is of all who went on from the same zone, so it isn't made of its own totals.
    Measure.PATHS: MeasureSpec(
        Measure.PATHS,
        PathTotals,
        (Column("count", "people", lambda t: t.count if t.intervals else None, additive=True),),
        covered="intervals",
        covered_unit_us=_HOUR_US,
    ),
}
