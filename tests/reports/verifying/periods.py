"""The windows of a report on each store's clock, and what of the other period answers to a bucket."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from reports import calendar, labels
from reports.calendar import Bucket, Window, day_start
from reports.comparing import Shift, previous_window
from sites_app.models import Store
from tests.reports.verifying.choosing import Choosing


class Periods(Choosing):
    """A report's windows and buckets."""

    def _window(self, store: Store, *, before: bool) -> Window:
        start, end = self.request.start, self.request.end
        if before:
            assert self.shift is not None
            start, end = previous_window(self.request, self.shift)
        return calendar.window_for(start, end, store.zone_info)

    def _buckets(self, store: Store) -> list[Bucket]:
        return calendar.buckets(self._window(store, before=False), self.request.bucket, store.zone_info)

    def _before(self, store: Store, bucket: Bucket) -> list[Bucket]:
        """What of the other period answers to a bucket."""
        shift, zone = self.shift, store.zone_info
        assert shift is not None
        if self.request.of_instants:
            assert shift.length is not None
            return [Bucket(bucket.start - shift.length, bucket.end - shift.length)]
        if self.request.bucket in ("total", "week", "month"):
            first, last = (shift.edge(edge.astimezone(zone).date()) for edge in (bucket.start, bucket.end))
            return [Bucket(day_start(first, zone), day_start(last, zone))]
        return self._answering(store, shift)[labels.by_the_clock(bucket, self.request.bucket, zone)[0]]

    def _answering(self, store: Store, shift: Shift) -> dict[datetime, list[Bucket]]:
        found: dict[datetime, list[Bucket]] = defaultdict(list)
        for bucket in calendar.buckets(self._window(store, before=True), self.request.bucket, store.zone_info):
            shown = labels.by_the_clock(bucket, self.request.bucket, store.zone_info)[0]
            day = shift.forward(shown.date())
            if day is not None:
                found[datetime.combine(day, shown.time())].append(bucket)
        return found
