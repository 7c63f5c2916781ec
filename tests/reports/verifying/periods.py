"""The windows of a report on each store's clock, and what of the other period answers to a bucket."""

from __future__ import annotations

from collections.abc import Sequence

from reports import calendar
from reports.calendar import Bucket, Window, day_start
from reports.comparing import previous_window
from sites_app.models import Store
from tests.reports.verifying import clocks
from tests.reports.verifying.choosing import Choosing


class Periods(Choosing):
    """A report's windows and buckets."""

    def _window(self, store: Store, *, before: bool) -> Window:
        start, end = self.request.start, self.request.end
        if before:
            assert self.shift is not None
            start, end = previous_window(self.request, self.shift)
        return calendar.window_for(start, end, store.zone_info)

    def _buckets(self, store: Store) -> Sequence[Bucket]:
        return clocks.buckets(self._window(store, before=False), self.request.bucket, store.zone_info)

    def _before(self, store: Store, bucket: Bucket) -> Sequence[Bucket]:
        """What of the other period answers to a bucket."""
        shift, zone = self.shift, store.zone_info
        assert shift is not None
        if self.request.of_instants:
            assert shift.length is not None
            return [Bucket(bucket.start - shift.length, bucket.end - shift.length)]
        if self.request.bucket in ("total", "week", "month"):
            first, last = (shift.edge(edge.astimezone(zone).date()) for edge in (bucket.start, bucket.end))
            return [Bucket(day_start(first, zone), day_start(last, zone))]
        found = clocks.answering(self._window(store, before=True), self.request.bucket, zone, shift)
        return found.get(clocks.by_the_clock(bucket, self.request.bucket, zone)[0], ())
