"""What an answer other than 200 means."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import msgspec

from ingest.xcs.decoding import PayloadError, decode
from ingest.xcs.errors import (
    BadAnswer,
    FeatureDisabled,
    InvalidParameter,
    NotFound,
    RateLimited,
    Redirected,
    ServerFailed,
    Unauthorized,
    XcsError,
)
from ingest.xcs.replies import Reply

LONGEST_WAIT = timedelta(days=1)
"""However long a controller says to wait, it is asked again after a day."""


class _Error(msgspec.Struct, frozen=True):
    code: str
    message: str = ""


class _Refusal(msgspec.Struct, frozen=True):
    error: _Error


def refusal(reply: Reply, now: datetime) -> XcsError:
    """The error for a reply whose status isn't 200. ``now`` is when it came."""
    status, said = reply.status, _said(reply.body)
    quoted = f" XCS says: {_printable(said.message)}" if said and said.message else ""
    if 300 <= status < 400:
        return Redirected(
            "The answer points to another address, which isn't followed, so as not to carry the key there: correct the "
            f"address (http or https? port?).{_target(reply)}"
        )
    if status == 401:
        return Unauthorized(f"The key was rejected: type in the one that XCS shows.{quoted}")
    if status == 429:
        return RateLimited(f"Asked too often.{quoted}", retry_after=retry_after(reply, now))
    if status >= 500:
        return ServerFailed(
            f"The controller has a fault of its own ({_title(status)}).{quoted}", retry_after=retry_after(reply, now)
        )
    if said is None:
        # A proxy's page, or another server's: nothing that it says is a fact about the controller.
        return BadAnswer(
            f"{_title(status)}, but not by an XCS: check that the address, port and /api/v1 are right.", reply.body
        )
    if status == 403 and said.code == "FEATURE_DISABLED":
        return FeatureDisabled(f"This feature isn't enabled in XCS.{quoted}")
    if status == 404:
        return NotFound(f"The controller knows no such zone or endpoint; its firmware may be older.{quoted}")
    if status == 400:
        return InvalidParameter(f"The controller takes the request for wrong.{quoted}")
    return BadAnswer(f"The controller answered {_title(status)}, which an XCS doesn't.{quoted}", reply.body)


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


def _said(body: bytes) -> _Error | None:
    try:
        return decode(body, _Refusal).error
    except PayloadError:
        return None


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)[:200]


def _title(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _target(reply: Reply) -> str:
    location = _printable(reply.headers.get("location", ""))
    return f" It points to {location}." if location else ""
