"""What an answer other than 200 means."""

from __future__ import annotations

from datetime import datetime

import msgspec

from ingest.wire.decoding import PayloadError, decode
from ingest.wire.errors import BadAnswer, ControllerError, FeatureDisabled, InvalidParameter, NotFound, Unauthorized
from ingest.wire.http import Reply
from ingest.wire.refusals import common, printable, title


class _Error(msgspec.Struct, frozen=True):
    code: str
    message: str = ""


class _Refusal(msgspec.Struct, frozen=True):
    error: _Error


def refusal(reply: Reply, now: datetime) -> ControllerError:
    """The error for a reply whose status isn't 200. ``now`` is when it came."""
    status, said = reply.status, _said(reply.body)
    quoted = f" XCS says: {printable(said.message)}" if said and said.message else ""
    if error := common(reply, now, quoted):
        return error
    if status == 401:
        return Unauthorized(f"The key was rejected: type in the one that XCS shows.{quoted}")
    if said is None:
        # A proxy's page, or another server's: nothing that it says is a fact about the controller.
        return BadAnswer(
            f"{title(status)}, but not by an XCS: check that the address, port and /api/v1 are right.", reply.body
        )
    if status == 403 and said.code == "FEATURE_DISABLED":
        return FeatureDisabled(f"This feature isn't enabled in XCS.{quoted}")
    if status == 404:
        return NotFound(f"The controller knows no such zone or endpoint; its firmware may be older.{quoted}")
    if status == 400:
        return InvalidParameter(f"The controller takes the request for wrong.{quoted}")
    return BadAnswer(f"The controller answered {title(status)}, which an XCS doesn't.{quoted}", reply.body)


def _said(body: bytes) -> _Error | None:
    try:
        return decode(body, _Refusal).error
    except PayloadError:
        return None
