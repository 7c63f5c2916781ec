"""When to ask again after a failure."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST, LONGEST = timedelta(seconds=5), timedelta(minutes=15)
FEATURE_RETRY = timedelta(days=1)
"""A feature that is switched off in the controller is asked for again this much later."""


def delay(failures: int, jitter: float, told: timedelta | None = None) -> timedelta:
    """How long to wait after so many failures in a row: doubling to 15 minutes, shortened by up to half by ``jitter``.

    ``jitter`` is a number in [0, 1). Where the controller told us how long to wait (``Retry-After``), never less.
    """
    grown: timedelta = min(FIRST * 2 ** min(failures - 1, 16), LONGEST)
    return max(grown * (1 - jitter / 2), told or timedelta())


def retry_at(now: datetime, failures: int, jitter: float, told: timedelta | None = None) -> datetime:
    """The instant that ``delay`` leads to."""
    return now + delay(failures, jitter, told)
