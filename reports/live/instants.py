"""Instants as microseconds since 1970, which thousands of rows are read, compared and told in. Pure.

A ``datetime`` for each would cost more than all else that is done with a row.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

SECOND_US = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def us_of(instant: datetime) -> int:
    """An instant in microseconds."""
    return (instant - _EPOCH) // _MICROSECOND


def instant_of(us: int | None) -> datetime | None:
    """The instant, in UTC."""
    return None if us is None else _EPOCH + timedelta(microseconds=us)


def age_s(as_of: datetime | None, now: datetime) -> int | None:
    """Whole seconds since a sample."""
    return None if as_of is None else max(0, int((now - as_of).total_seconds()))
