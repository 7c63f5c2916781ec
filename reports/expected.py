"""Expected time: what coverage is measured against. Never in the future, never before a store opened."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.models import Measure
from reports.calendar import QUARTER, Window, day_start, quarters
from sites_app.models import Store, Zone

_HOUR = timedelta(hours=1)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Expected:
    """A store's expected time: its quarters, and how many microseconds each is good for.

    ``window`` is the part of the report's own in which anything is expected at all.
    """

    window: Window
    starts: Sequence[datetime]
    sums: Sequence[int]

    @classmethod
    def of(cls, store: Store, window: Window, *, measure: Measure, only_open: bool, now: datetime) -> Expected:
        """The quarters of a window in which this measure is expected of one zone of the store."""
        start, end = window.start, window.end
        zone = store.zone_info
        if store.opened_on:
            start = max(start, day_start(store.opened_on, zone))
        if store.closed_on:
            end = min(end, day_start(store.closed_on + timedelta(days=1), zone))
        end = min(end, now)
        end = max(start, end)
        candidates: Sequence[datetime] = []
        if start < end:
            candidates = store.trading_hours().open_quarters(start, end) if only_open else quarters(start, end)
        starts, sums = [], [0]
        for quarter in candidates:
            length = _expected_us(measure, quarter, now)
            if length:
                starts.append(quarter)
                sums.append(sums[-1] + length)
        return cls(Window(start, end), starts, sums)

    def while_there(self, zone: Zone) -> Expected:
        """What is expected of a zone: nothing before it appeared, nor since it has been retired."""
        if zone.appeared_at is None and zone.retired_at is None:
            return self
        first = bisect_left(self.starts, zone.appeared_at) if zone.appeared_at else 0
        last = bisect_left(self.starts, zone.retired_at) if zone.retired_at else len(self.starts)
        last = max(first, last)
        return Expected(self.window, self.starts[first:last], self.sums[first : last + 1])

    def within(self, start: datetime, end: datetime) -> int:
        """Microseconds expected in ``[start, end)``."""
        return self.sums[bisect_left(self.starts, end)] - self.sums[bisect_left(self.starts, start)]


def _expected_us(measure: Measure, quarter: datetime, now: datetime) -> int:
    """What a quarter is good for: samples up to this moment, intervals once they are over, hourly ones at the hour."""
    if measure in (Measure.OCCUPANCY, Measure.QUEUES):
        return (min(quarter + QUARTER, now) - quarter) // _MICROSECOND
    if measure == Measure.FOOTFALL:
        return QUARTER // _MICROSECOND if quarter + QUARTER <= now else 0
    return _HOUR // _MICROSECOND if quarter.minute == 0 and quarter + _HOUR <= now else 0
