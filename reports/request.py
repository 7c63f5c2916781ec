"""What a report was asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from ingest.models import Measure

Granularity = Literal["total", "15m", "hour", "day", "week", "month", "hour_of_day", "day_of_week", "hour_of_week"]
By = Literal["store", "region", "zone", "chain"]
Hours = Literal["open", "all"]
Compare = Literal["", "previous_period", "previous_year", "previous_year_weekday"]
Edge = date | datetime

GRANULARITIES: tuple[Granularity, ...] = ("total", "15m", "hour", "day", "week", "month")
PROFILES: dict[Granularity, Granularity] = {"hour_of_day": "hour", "day_of_week": "day", "hour_of_week": "hour"}
"""Profiles, and the buckets that their occurrences are."""
BYS: tuple[By, ...] = ("store", "region", "zone", "chain")
HOURS: tuple[Hours, ...] = ("open", "all")
COMPARES: tuple[Compare, ...] = ("previous_period", "previous_year", "previous_year_weekday")


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """A report, fully said. Dates are each store's own local days; instants (aware) mean just those.

    Filters are codes; zones are ``STORE_CODE/zoneId``.
    """

    measure: Measure
    start: Edge
    end: Edge
    granularity: Granularity = "total"
    by: By = "store"
    hours: Hours = "open"
    stores: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    compare: Compare = ""
    like_for_like: bool = False
    order: str = ""
    limit: int | None = None

    @property
    def only_open(self) -> bool:
        return self.hours == "open"

    @property
    def of_instants(self) -> bool:
        """Whether the window is one of instants, the same for all clocks; else it's one of each store's own days."""
        return isinstance(self.start, datetime)

    @property
    def bucket(self) -> Granularity:
        """How long its buckets are: of a profile those that occur."""
        return PROFILES.get(self.granularity, self.granularity)

    @property
    def is_profile(self) -> bool:
        return self.granularity in PROFILES

    @property
    def by_place(self) -> bool:
        """Whether each row is of one store, and so on one clock."""
        return self.by in ("store", "zone")


@dataclass(frozen=True, slots=True)
class HealthRequest:
    """The report on the data itself, by store and day: each store's own local days. Filters are codes."""

    start: date
    end: date
    hours: Hours = "open"
    stores: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    order: str = ""
    limit: int | None = None

    def of(self, measure: Measure) -> ReportRequest:
        """A measure's report of the same days of the same stores."""
        whole = ReportRequest(measure, self.start, self.end, "day", "store", self.hours)
        return replace(whole, stores=self.stores, regions=self.regions, tags=self.tags)
