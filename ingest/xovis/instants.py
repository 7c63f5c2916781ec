"""Instants, in each of the three forms that a sensor can be set to: milliseconds, seconds, or RFC 3339."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""Aware, in UTC."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_YEAR, _LAST_YEAR = 2000, 2200
_MILLISECONDS_FROM = 10**11
"""As seconds it would be the year 5138, as milliseconds it's 1973: no instant that is believed is of both forms."""


def instant(value: Any) -> datetime:
    """What a sensor means by a time. Raises ``ValueError`` with a sentence."""
    if isinstance(value, str):
        found = _written(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        found = _counted(value)
    else:
        raise ValueError("Expected a time, in milliseconds, seconds or RFC 3339.")  # noqa: TRY004 - it's the payload's
    if not _FIRST_YEAR <= found.year < _LAST_YEAR:
        raise ValueError(f"It is in the year {found.year}: set the sensor's clock.")
    return found


def _written(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("This is no RFC 3339 time.") from None
    if found.tzinfo is None:
        raise ValueError("A time needs an offset.")
    return found.astimezone(UTC)


def _counted(number: float) -> datetime:
    unit = timedelta(milliseconds=1) if abs(number) >= _MILLISECONDS_FROM else timedelta(seconds=1)
    try:
        return _EPOCH + number * unit
    except OverflowError:
        raise ValueError("This is no time that there is.") from None
