"""``POST /ingest/xovis/CONTROLLER_UUID[/KEY]``: what one Xovis sensor pushes.

204 once it is durable; the push is stored as what was understood of it. Agents are often set to drop what isn't taken, so
whatever can be read is: the rest is kept in quarantine, and only a push of which nothing could be read is refused.
"""

from __future__ import annotations

import binascii
import hmac
import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from ingest.landing.app import Landing, Receive, Refused, Scope, Send, inflate, landed, read_body
from ingest.landing.batch import Batcher, LandedEvent, Post
from ingest.landing.credentials import Credential, Credentials
from ingest.landing.strangers import address_of
from ingest.quarantine import Fault
from ingest.wire.decoding import PayloadError
from ingest.xovis import pushes

PREFIX = "/ingest/xovis/"
_NOT_JSON = "Only JSON is taken: choose the format JSON, version 5.0, in the sensor's push agent."
_TAGS = re.compile(rb"\s*(?:<[^>]{0,200}>\s*){1,2}")
_NAMED = 20


class XovisLanding(Landing):
    """The application for sensors. Shares its database connections and batches with the one for XCS."""

    challenge = b'Basic realm="xovis", charset="UTF-8"'

    def __init__(self, landing: Landing) -> None:
        self._shared, self.strangers = landing, landing.strangers

    async def close(self) -> None:
        """Nothing to end: the connections are the other's."""

    async def _open(self) -> tuple[Credentials, Batcher]:
        return await self._shared._open()

    async def _send_accepted(self, send: Send, answer: dict[str, Any]) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def _answer(self, scope: Scope, receive: Receive) -> dict[str, Any]:
        controller_id, path_key = _address(scope)
        headers, address = dict(scope["headers"]), address_of(scope)
        self._check_stranger(address, controller_id)
        credentials, batcher = await self._open()
        body = await read_body(receive, headers)
        credential = await credentials.of(controller_id, "xovis")
        if credential is None or not authentic(credential, headers, path_key):
            self.strangers.was_wrong(address)
            raise Refused(
                401, "Unauthorized", "The sensor or its key is not known. Check URL and key in its push agent."
            )
        self.strangers.was_right(address, controller_id)
        push = await _understood(batcher, credential, body, headers)
        await _land(batcher, credential, push)
        if push.rejected and not push.understood:
            raise Refused(
                400,
                "Bad Request",
                "Nothing of it could be read; it is kept in quarantine.",
                errors=[{"pointer": item.pointer, "detail": item.reason} for item in push.rejected[:_NAMED]],
            )
        return {}


def authentic(credential: Credential, headers: Mapping[bytes, bytes], path_key: str) -> bool:
    """Whether a push is the sensor's: by its key as a token, as a Basic password, or at the end of the URL."""
    given = [path_key.encode()] if path_key else []
    scheme, _, value = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() in (b"bearer", b"apikey"):
        given.append(value.strip())
    elif scheme.lower() == b"basic":
        given.append(_basic_password(value.strip(), credential.controller_id))
    return any(hmac.compare_digest(key, known.encode()) for key in given for known in credential.keys)


def _basic_password(value: bytes, controller_id: UUID) -> bytes:
    """The password of Basic authentication, where its user is the controller; else one that no key is."""
    try:
        user, _, password = b64decode(value, validate=True).partition(b":")
    except binascii.Error:
        return b""
    return password if user.decode(errors="replace").lower() == str(controller_id) else b""


def _address(scope: Scope) -> tuple[UUID, str]:
    if scope["method"] != "POST":
        raise Refused(405, "Method Not Allowed", "Sensors push by POST.")
    controller_id, _, key = scope["path"].removeprefix(PREFIX).rstrip("/").partition("/")
    try:
        return UUID(controller_id), key
    except ValueError as error:
        raise Refused(404, "Not Found", "The URL ends with the controller's id, as its page shows it.") from error


async def _understood(
    batcher: Batcher, credential: Credential, body: bytes, headers: dict[bytes, bytes]
) -> pushes.Push:
    """What a body says. What can't be read at all is kept as far as it can't speak of persons, and refused."""
    received_at, shown, what = datetime.now(UTC), b"", ""
    try:
        body = inflate(body, headers)
        shown = pushes.without_persons(body)
        what = "push" if shown == body else ""  # of its beginning alone nothing can be made
        return pushes.read(body, received_at)
    except pushes.NotJson:
        tags = _TAGS.match(body)
        fault = _fault(credential, _NOT_JSON, "", tags[0] if tags else b"")
        await landed(batcher, Post([], [fault], received_at))
        raise Refused(415, "Unsupported Media Type", _NOT_JSON) from None
    except PayloadError as error:
        await landed(batcher, Post([], [_fault(credential, error.reason, error.pointer, shown, what)], received_at))
        errors = [{"pointer": error.pointer, "detail": error.reason}]
        raise Refused(400, "Bad Request", error.reason, errors=errors) from None


async def _land(batcher: Batcher, credential: Credential, push: pushes.Push) -> None:
    events = [
        LandedEvent(
            credential.store_id,
            credential.controller_id,
            piece.event_id,
            piece.event,
            piece.observed_at,
            push.received_at,
            piece.body,
        )
        for piece in push.pieces
    ]
    faults = [_fault(credential, item.reason, item.pointer, item.raw) for item in push.rejected]
    if events or faults:
        await landed(batcher, Post(events, faults, push.received_at))


def _fault(credential: Credential, reason: str, pointer: str, body: bytes, what: str = "") -> Fault:
    return Fault(credential.store_id, credential.controller_id, "webhook", "push", reason, pointer, body, what)
