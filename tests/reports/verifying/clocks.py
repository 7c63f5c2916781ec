"""How clocks cut and name windows, each worked out once: many stores are on the same clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from reports import calendar, labels
from reports.calendar import Bucket, Window
from reports.comparing import Shift
from reports.labels import Label
from reports.request import Granularity


@lru_cache(maxsize=512)
def buckets(window: Window, granularity: Granularity, zone: ZoneInfo) -> Sequence[Bucket]:
    """A window's buckets on a clock."""
    return calendar.buckets(window, granularity, zone)


@lru_cache(maxsize=500_000)
def by_the_clock(bucket: Bucket, granularity: Granularity, zone: ZoneInfo) -> Label:
    """What a clock shows as a bucket begins and ends."""
    return labels.by_the_clock(bucket, granularity, zone)


@lru_cache(maxsize=500_000)
def with_offset(bucket: Bucket, zone: ZoneInfo) -> Label:
    """Likewise, with its offset."""
    return labels.with_offset(bucket, zone)


@lru_cache(maxsize=256)
def answering(
    window: Window, granularity: Granularity, zone: ZoneInfo, shift: Shift
) -> dict[datetime, Sequence[Bucket]]:
    """The buckets of a period that answer to those of the one that it's compared with, by what the clock shows in that."""
    found: dict[datetime, list[Bucket]] = {}
    for bucket in buckets(window, granularity, zone):
        shown, _ = by_the_clock(bucket, granularity, zone)
        day = shift.forward(shown.date())
        if day is not None:
            found.setdefault(datetime.combine(day, shown.time()), []).append(bucket)
    return dict(found)
