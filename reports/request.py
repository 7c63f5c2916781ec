"""What a report was asked for, and over which windows of each store that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from ingest.models import Measure

Granularity = Literal["total", "15m", "hour", "day", "week", "month"]
By = Literal["store", "region", "zone", "chain"]
Hours = Literal["open", "all"]

GRANULARITIES: tuple[Granularity, ...] = ("total", "15m", "hour", "day", "week", "month")
BYS: tuple[By, ...] = ("store", "region", "zone", "chain")
HOURS: tuple[Hours, ...] = ("open", "all")


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """A report, fully said. Dates are each store's own local days; instants (aware) mean just those."""

    measure: Measure
    start: date | datetime
    end: date | datetime
    granularity: Granularity = "total"
    by: By = "store"
    hours: Hours = "open"
    stores: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    order: str = ""
    limit: int | None = None
