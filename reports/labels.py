"""How rows name their buckets: instants on the store's own clock, or what the clocks of many stores show alike.

Stores on different clocks meet in a row of a region or of the chain at the same time of their own day, so such a row
carries no offset. Where the clocks of all stores of a report agree it does, as a store's own rows always do. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from reports.calendar import Bucket, day_start, hour_start

Label = tuple[datetime, datetime]
"""Start and end of a row's bucket: both with the offset of a clock, or both without."""


def with_offset(bucket: Bucket, zone: ZoneInfo) -> Label:
    """The bucket on the clock of a zone."""
    return _fixed(bucket.start, zone), _fixed(bucket.end, zone)


def _fixed(edge: datetime, zone: ZoneInfo) -> datetime:
    """With its offset alone: of two times in one zone Python can't tell the first 02:00 of a night from the second."""
    local = edge.astimezone(zone)
    return local.replace(tzinfo=timezone(local.utcoffset() or timedelta()), fold=0)


def by_the_clock(bucket: Bucket, granularity: str, zone: ZoneInfo) -> Label:
    """What the clock of a zone shows, without an offset."""
    return _shown(bucket.start, granularity, zone), _shown(bucket.end, granularity, zone)


def _shown(edge: datetime, granularity: str, zone: ZoneInfo) -> datetime:
    """A day begins at midnight and an hour at its full hour, also where the clock skips just these."""
    local = edge.astimezone(zone).replace(tzinfo=None, fold=0)
    if granularity == "15m":
        return local
    if day_start(local.date(), zone) == edge:
        return datetime.combine(local.date(), time(0))
    return local.replace(minute=0) if granularity == "hour" and hour_start(edge, zone) == edge else local


def agree(clocks: Iterable[tuple[ZoneInfo, Iterable[Bucket]]]) -> bool:
    """Whether these zones write their buckets alike."""
    written = {tuple(edge.isoformat() for bucket in cut for edge in with_offset(bucket, zone)) for zone, cut in clocks}
    return len(written) <= 1


def end_of(start: datetime, ends: Iterable[datetime]) -> datetime:
    """The end of a row in which buckets of the same start met, whose ends differ in a night when a clock is changed.

    The hour before the one that is skipped ends late, and the first of one that comes twice ends as it begins.
    """
    ordered = sorted(set(ends))
    return next((end for end in ordered if end > start), ordered[-1])
