"""Cursors and windows: which stretch of intervals to ask a controller for next, and how far that has brought us."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from ingest.models import Stream
from ingest.readings import FootfallReading, LineReading

QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
WINDOW = timedelta(days=7)
"""The longest stretch that a controller answers for at once."""

STEPS = {
    Stream.Kind.FOOTFALL.value: QUARTER,
    Stream.Kind.DWELL.value: HOUR,
    Stream.Kind.PATHS.value: HOUR,
}
"""The streams that come in intervals, and how long those are."""

GRACE = {QUARTER: timedelta(minutes=15), HOUR: timedelta(minutes=90)}
"""How long after its end an interval may still be missing: three turns of footfall, one and a half of the hourly ones."""

PATIENCE = timedelta(days=1)
"""How long after its end an incomplete interval is waited for."""

FIRST_CONTACT = timedelta(days=8)
"""How far back a new controller is asked: today can then be compared with the same weekday last week."""


def floor(instant: datetime, step: timedelta) -> datetime:
    """The last multiple of ``step`` (since the epoch, in UTC) at or before the instant."""
    seconds = step.total_seconds()
    return datetime.fromtimestamp(instant.timestamp() // seconds * seconds, tz=instant.tzinfo)


def windows(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The stretch ``[start, end)`` cut into windows of at most seven days."""
    while start < end:
        stop = min(start + WINDOW, end)
        yield start, stop
        start = stop


def next_window(cursor: datetime | None, now: datetime, step: timedelta) -> tuple[datetime, datetime] | None:
    """The window to ask for: from the cursor on, to now, at most seven days; none where nothing new can be there.

    Footfall (a step of a quarter) is asked for up to this moment, since its last interval is restated as it fills;
    what comes in whole hours only up to the last full one.
    """
    start = cursor if cursor is not None else floor(now - FIRST_CONTACT, step)
    end = now if step == QUARTER else floor(now, step)
    return (start, min(end, start + WINDOW)) if start < end else None


def footfall_cursor(
    readings: Iterable[FootfallReading | LineReading], asked: tuple[datetime, datetime], controller_now: datetime
) -> datetime:
    """Up to where footfall is whole: the first incomplete interval, and never past the controller's own clock.

    What is still incomplete a day later won't be restated any more: waiting for it would keep all that follows away.
    """
    awaited = controller_now - PATIENCE
    incomplete = (reading.start for reading in readings if not reading.complete and reading.end > awaited)
    reached = min(asked[1], controller_now)
    return max(asked[0], min([floor(reached, QUARTER), *incomplete]))


def hourly_cursor(asked: tuple[datetime, datetime], controller_now: datetime) -> datetime:
    """Up to where whole hours have been fetched: a controller whose clock is behind isn't done with the last one."""
    return max(asked[0], min(asked[1], floor(controller_now, HOUR)))


def gap(kind: str, cursor: datetime | None, watched_from: datetime, now: datetime) -> tuple[datetime, datetime] | None:
    """The intervals of a stream that are missing at ``now``, by the controller's clock, though they shouldn't be any more."""
    step = STEPS.get(kind)
    if step is None:
        return None
    start = floor(watched_from, step) if cursor is None else max(cursor, floor(watched_from, step))
    end = floor(now - GRACE[step], step)
    return (start, end) if start < end else None
