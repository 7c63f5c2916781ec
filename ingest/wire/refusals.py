"""What a reply that refuses means, as far as it means the same from any controller."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from ingest.wire.errors import ControllerError, RateLimited, Redirected, ServerFailed
from ingest.wire.replies import Reply

LONGEST_WAIT = timedelta(days=1)
"""However long a controller says to wait, it is asked again after a day."""


def common(reply: Reply, now: datetime, quoted: str = "") -> ControllerError | None:
    """The error for a redirect, a 429 and any 5xx, and None for others. ``quoted`` is what the controller says to it."""
    if 300 <= reply.status < 400:
        return Redirected(
            "The answer points to another address, which isn't followed, so as not to carry the key there: correct the "
            f"address (http or https? port?).{_target(reply)}"
        )
    if reply.status == 429:
        return RateLimited(f"Asked too often.{quoted}", retry_after=retry_after(reply, now))
    if reply.status >= 500:
        return ServerFailed(
            f"The controller has a fault of its own ({title(reply.status)}).{quoted}",
            retry_after=retry_after(reply, now),
        )
    return None


def retry_after(reply: Reply, now: datetime) -> timedelta | None:
    """How long ``Retry-After`` tells us to wait, in either of its forms; None where it isn't there or makes no sense.

    A date is taken against the answer's own ``Date``, since the two clocks may differ, and else against ``now``.
    """
    value = reply.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return min(timedelta(seconds=int(value)), LONGEST_WAIT)
    until = _http_date(value)
    if until is None:
        return None
    since = _http_date(reply.headers.get("date", "")) or now
    return min(max(until - since, timedelta()), LONGEST_WAIT)


def _http_date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def printable(text: str) -> str:
    """A text from outside as it can be shown: without control characters, and short."""
    return "".join(character if character.isprintable() else " " for character in text)[:200]


def title(status: int) -> str:
    """A status as people read it: ``404 Not Found``."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _target(reply: Reply) -> str:
    location = printable(reply.headers.get("location", ""))
    return f" It points to {location}." if location else ""
