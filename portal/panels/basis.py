"""What all panels of a page are of: a store, a day of it, the weeks before; and who looks, when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ingest.models import Measure
from portal import figures
from portal.figures import Row
from portal.periods import DAY, WEEK, Period
from reports.request import ReportRequest
from sites_app.access import Principal
from sites_app.models import Store


@dataclass(frozen=True, slots=True)
class Basis:
    """``day`` is one of the store's own."""

    store: Store
    principal: Principal
    now: datetime
    day: date

    @property
    def today(self) -> date:
        return self.store.local(self.now).date()

    @property
    def past(self) -> Period:
        """Four weeks up to the day, and in them each weekday as often."""
        return Period("", self.day + DAY - 4 * WEEK, self.day + DAY)

    def of_day(self, day: date, measure: Measure, **wanted: Any) -> list[Row]:
        """A report's rows of a day of the store."""
        return self._rows(ReportRequest(measure, day, day + DAY, stores=(self.store.code,), **wanted))

    def of_past(self, measure: Measure, **wanted: Any) -> list[Row]:
        """A report's rows of the four weeks."""
        return self._rows(ReportRequest(measure, self.past.start, self.past.end, stores=(self.store.code,), **wanted))

    def _rows(self, request: ReportRequest) -> list[Row]:
        return figures.rows_of(request, self.principal, self.now)
