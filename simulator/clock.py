"""The fleet's clock: the machine's, moved by an offset, or frozen. The only place here that looks at the time."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import lru_cache

FIRST_INSTANT, LAST_INSTANT = 946_684_800, 7_258_118_400
"""The years 2000 to 2199, in seconds since 1970: there is no truth outside of them."""


class Clock:
    """Seconds since 1970, as the fleet has them."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._frozen: float | None = None

    def now(self) -> float:
        return time.time() + self._offset if self._frozen is None else self._frozen

    def set(self, now: float | None, *, frozen: bool) -> None:
        """Put the clock to ``now`` (None: the real time), and stop it there if it is to be frozen."""
        self._offset = 0.0 if now is None else now - time.time()
        self._frozen = (time.time() if now is None else now) if frozen else None

    @property
    def frozen(self) -> bool:
        return self._frozen is not None


@lru_cache(maxsize=65_536)
def rfc3339(instant: int) -> str:
    """``2024-05-21T14:32:01Z``."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(text: str) -> int:
    """The second of an RFC 3339 time. Raises ``ValueError`` for any other text, and for times without a truth."""
    try:
        told = datetime.fromisoformat(text)
        if told.tzinfo is None or not FIRST_INSTANT <= told.timestamp() < LAST_INSTANT:
            raise ValueError(text)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} isn't an RFC 3339 time with an offset, 2000 to 2199.") from None
    return int(told.timestamp())
