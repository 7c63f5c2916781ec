"""``POST /ingest/xcs/CONTROLLER_UUID``: the webhooks of one controller.

202 with ``{"accepted": n, "duplicates": n}`` once the events are durable. What can't be read is kept in quarantine and
named in the answer: the good events of a body are accepted beside the bad.
"""

from __future__ import annotations

import asyncio
import math
import time
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from ingest.landing.batch import Batcher, LandedEvent, Post, QueueFull
from ingest.landing.credentials import Credential, Credentials, authentic
from ingest.landing.patience import Patience
from ingest.landing.strangers import Strangers, address_of
from ingest.quarantine import Fault
from ingest.xcs.payloads import ParsedEvents, PayloadError, parse_events

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PREFIX = "/ingest/xcs/"
BODY_LIMIT = 1024 * 1024
BODY_WITHIN_S = 10.0
_READ_ON = 4 * BODY_LIMIT
RETRY_AFTER_S = 5

# Nothing is prepared: behind PgBouncer the next transaction may be on another connection.
_CONNECTION: dict[str, Any] = {"autocommit": True, "prepare_threshold": None}

log = structlog.get_logger(__name__)
_patience = Patience(BODY_WITHIN_S)


class Refused(Exception):
    """A post that isn't taken: the answer's status, what is wrong, and where."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        errors: list[dict[str, str]] | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.title, self.detail, self.errors = status, title, detail, errors or []
        self.retry_after_s = RETRY_AFTER_S if status == 503 else retry_after_s


class Landing:
    """The application. ``conninfo`` is asked for once, when the first post comes."""

    challenge = b"Apikey"

    def __init__(self, conninfo: Callable[[], str]) -> None:
        self._conninfo = conninfo
        self._pool: AsyncConnectionPool[AsyncConnection] | None = None
        self._ready: tuple[Credentials, Batcher] | None = None
        self._opening = asyncio.Lock()
        self.strangers = Strangers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answer(scope, receive)
        except Refused as refused:
            await _send_problem(send, refused, self.challenge)
        except Exception:
            # The sender keeps what isn't answered with 2xx and comes again: say so, whatever went wrong here.
            log.exception("landing_failed")
            failed = Refused(503, "Service Unavailable", "The events could not be stored. Send again.")
            await _send_problem(send, failed, self.challenge)
        else:
            await self._send_accepted(send, answer)

    async def _send_accepted(self, send: Send, answer: dict[str, Any]) -> None:
        await _send_json(send, 202, answer)

    async def _answer(self, scope: Scope, receive: Receive) -> dict[str, Any]:
        controller_id = _controller_id(scope)
        headers, address = dict(scope["headers"]), address_of(scope)
        self._check_stranger(address, controller_id)
        _check_type(headers)
        credentials, batcher = await self._open()
        body = await read_body(receive, headers)
        credential = await credentials.of(controller_id, "xcs")
        if credential is None or not authentic(credential, headers, body, now_s=time.time()):
            self.strangers.was_wrong(address)
            raise Refused(
                401, "Unauthorized", "The controller or its webhook key is not known. Check URL and key in XCS."
            )
        self.strangers.was_right(address, controller_id)
        received_at = datetime.now(UTC)
        kept, what = body, ""  # what can't even be inflated is kept to be looked at
        try:
            kept, what = inflate(body, headers), "body"
            parsed = parse_events(kept)
        except PayloadError as error:
            fault = _fault(credential, error.reason, error.pointer, kept, what)
            await landed(batcher, Post([], [fault], received_at))
            raise _unreadable(error) from error
        return await self._land(batcher, credential, parsed, received_at)

    def _check_stranger(self, address: str, controller_id: UUID) -> None:
        wait_s = self.strangers.wait_s(address, controller_id)
        if wait_s:
            detail = (
                "Too many posts with unknown credentials came from your address. Check URL and key, and come again."
            )
            raise Refused(429, "Too Many Requests", detail, retry_after_s=math.ceil(wait_s))

    async def _open(self) -> tuple[Credentials, Batcher]:
        async with self._opening:
            if self._ready is None:
                pool: AsyncConnectionPool[AsyncConnection] = AsyncConnectionPool(
                    self._conninfo(), min_size=1, max_size=3, open=False, timeout=10, kwargs=_CONNECTION
                )
                await pool.open()
                self._pool, self._ready = pool, (Credentials(pool), Batcher(pool))
            return self._ready

    async def close(self) -> None:
        """End the connections to the database."""
        if self._pool is not None:
            await self._pool.close()

    async def _land(
        self, batcher: Batcher, credential: Credential, parsed: ParsedEvents, received_at: datetime
    ) -> dict[str, Any]:
        events = [
            LandedEvent(
                credential.store_id,
                credential.controller_id,
                event.event_id,
                event.event,
                event.timestamp,
                received_at,
                raw,
            )
            for event, raw in parsed.events
        ]
        faults = [_fault(credential, item.reason, item.pointer, item.raw, "event") for item in parsed.rejected]
        accepted = await landed(batcher, Post(events, faults, received_at))
        if not events and faults:
            raise Refused(
                400,
                "Bad Request",
                "None of the events could be read; they are kept in quarantine.",
                errors=[{"pointer": item.pointer, "detail": item.reason} for item in parsed.rejected],
            )
        answer: dict[str, Any] = {"accepted": accepted, "duplicates": len(events) - accepted}
        if faults:
            answer["quarantined"] = len(faults)
            answer["errors"] = [{"pointer": item.pointer, "detail": item.reason} for item in parsed.rejected]
        return answer


async def landed(batcher: Batcher, post: Post) -> int:
    """Store a post; how many of its events were new. Raises ``Refused`` where too many are waiting."""
    try:
        return await batcher.land(post)
    except QueueFull as error:
        raise Refused(503, "Service Unavailable", "Too much is waiting to be stored. Send again.") from error


def _fault(credential: Credential, reason: str, pointer: str, body: bytes, what: str) -> Fault:
    return Fault(credential.store_id, credential.controller_id, "webhook", "event", reason, pointer, body, what)


def _unreadable(error: PayloadError) -> Refused:
    return Refused(400, "Bad Request", error.reason, errors=[{"pointer": error.pointer, "detail": error.reason}])


def _controller_id(scope: Scope) -> UUID:
    if scope["method"] != "POST":
        raise Refused(405, "Method Not Allowed", "Webhooks are sent by POST.")
    try:
        return UUID(scope["path"].removeprefix(PREFIX).rstrip("/"))
    except ValueError as error:
        raise Refused(404, "Not Found", "The URL ends with the controller's id, as its page shows it.") from error


def _check_type(headers: dict[bytes, bytes]) -> None:
    media_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if media_type and media_type != b"application/json" and not media_type.endswith(b"+json"):
        raise Refused(415, "Unsupported Media Type", "Send JSON, with Content-Type: application/json.")


async def read_body(receive: Receive, headers: dict[bytes, bytes]) -> bytes:
    """The body. Raises ``Refused`` where it's too large or slow to come.

    One that is too large is read on for a while, though not kept: to whom still sends, the end of the connection would
    come before the answer, and a proxy would make a fault of ours of it, to be tried again for a day.
    """
    declared = int(headers.get(b"content-length", b"0") or 0)
    try:
        return await _patience.wait_for(_whole(receive, declared))
    except TimeoutError as error:
        detail = f"The body didn't come within {BODY_WITHIN_S:.0f} s. Send again."
        raise Refused(408, "Request Timeout", detail) from error


async def _whole(receive: Receive, declared: int) -> bytes:
    parts, size, more = [], 0, declared <= _READ_ON
    while more and size <= _READ_ON:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "Bad Request", "The connection ended before the body did.")
        body = message.get("body", b"")
        size += len(body)
        if max(size, declared) <= BODY_LIMIT:
            parts.append(body)
        more = message.get("more_body", False)
    _check_size(max(size, declared))
    return b"".join(parts)


def _check_size(size: int) -> None:
    if size > BODY_LIMIT:
        raise Refused(413, "Content Too Large", f"A body has at most {BODY_LIMIT} bytes; send fewer events at once.")


def inflate(body: bytes, headers: dict[bytes, bytes]) -> bytes:
    """The body as it was before it was compressed. Raises ``Refused``, or ``PayloadError`` where it isn't."""
    encoding = headers.get(b"content-encoding", b"").strip().lower()
    if encoding in (b"", b"identity"):
        return body
    if encoding != b"gzip":
        raise Refused(415, "Unsupported Media Type", "Send the body plain or with Content-Encoding: gzip.")
    try:
        inflater = zlib.decompressobj(wbits=31)
        plain = inflater.decompress(body, BODY_LIMIT + 1)
    except zlib.error as error:
        raise PayloadError("The body isn't gzip, as Content-Encoding says it is.", "") from error
    _check_size(len(plain))
    if not inflater.eof:
        raise PayloadError("The gzip body is cut off.", "")
    return plain


async def _send_json(
    send: Send,
    status: int,
    content: dict[str, Any],
    media_type: bytes = b"application/json",
    challenge: bytes = b"Apikey",
    retry_after_s: int | None = None,
) -> None:
    body = msgspec.json.encode(content)
    headers = [(b"content-type", media_type), (b"content-length", str(len(body)).encode())]
    if retry_after_s is not None:
        headers.append((b"retry-after", str(retry_after_s).encode()))
    if status == 401:
        headers.append((b"www-authenticate", challenge))
    if status == 405:
        headers.append((b"allow", b"POST"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _send_problem(send: Send, refused: Refused, challenge: bytes) -> None:
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": refused.title,
        "status": refused.status,
        "detail": refused.detail,
    }
    if refused.errors:
        problem["errors"] = refused.errors
    await _send_json(
        send, refused.status, problem, b"application/problem+json", challenge, retry_after_s=refused.retry_after_s
    )
