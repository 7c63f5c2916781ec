"""One attempt at a delivery, without the database: what was answered, or why nothing was."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from alerts.webhooks import signing, targets
from ingest.wire import refusals
from ingest.wire.errors import ControllerError, RefusedAddress, TimedOut, TlsFailed
from ingest.wire.posting import post
from ingest.wire.sockets import Limits

LIMITS = Limits(connect_s=5.0, read_s=10.0, total_s=15.0, body_bytes=64 * 1024)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What an attempt needs. ``keys`` are the plain secrets; they are shown nowhere."""

    url: str
    webhook_id: str
    body: str
    keys: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Attempt({self.webhook_id})"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended. ``gone``: the endpoint says that it's no longer there (410)."""

    delivered: bool
    status: int | None = None
    error: str = ""
    retry_after: timedelta | None = None
    duration_ms: int = 0

    @property
    def gone(self) -> bool:
        return self.status == 410


def attempt(wanted: Attempt) -> Outcome:
    """Try once. Never raises: whatever goes wrong is an outcome, and must not touch other deliveries."""
    began = time.monotonic()
    try:
        status, error, wait = _send(wanted)
    except ControllerError as failure:
        status, error, wait = None, _said(failure), None
    except Exception as failure:  # a fault of ours, kept with the delivery
        status, error, wait = None, f"Unexpected: {type(failure).__name__}.", None
    return Outcome(not error, status, error, wait, round((time.monotonic() - began) * 1000))


def _send(wanted: Attempt) -> tuple[int | None, str, timedelta | None]:
    if not wanted.keys:
        return None, "The endpoint's secret can't be decrypted: its key is missing from XOVIS_ENCRYPTION_KEYS.", None
    now = datetime.now(UTC)
    headers = signing.headers(wanted.webhook_id, wanted.body, wanted.keys, now)
    reply = post(wanted.url, wanted.body.encode(), headers, LIMITS, refuses=targets.refuses)
    if 200 <= reply.status < 300:
        return reply.status, "", None
    if 300 <= reply.status < 400:
        return reply.status, f"Answered {refusals.title(reply.status)}: redirects aren't followed.", None
    return reply.status, f"Answered {refusals.title(reply.status)}.", refusals.retry_after(reply, now)


def _said(failure: ControllerError) -> str:
    """What is wrong, in words for whoever runs the endpoint."""
    if isinstance(failure, RefusedAddress):
        return "The address is private or local, and isn't sent to."
    if isinstance(failure, TimedOut):
        return f"No answer within {LIMITS.read_s:g} s (connecting: {LIMITS.connect_s:g} s)."
    if isinstance(failure, TlsFailed):
        return "The certificate can't be trusted, or there is no TLS."
    return refusals.printable(str(failure))
