"""What stands between the server and Django: bodies come whole or not at all, and forwarded headers go no further.

Django answers in a few threads. A body that trickles in would hold one of them; here it holds a coroutine, which costs
nothing, and it's let go after a while. What is too large is refused before it's read.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from sites_app.problems import MEDIA_TYPE, problem

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_FORWARDED = frozenset(
    (b"forwarded", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port", b"x-real-ip")
)


class _Refused(Exception):
    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class WholeBodies:
    """An application that is asked once a request's body is there."""

    def __init__(self, app: App, *, most_bytes: int, within_s: float) -> None:
        self._app, self._most, self._within_s = app, most_bytes, within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = scope["headers"]
        names = {name for name, _ in headers}
        if names & _FORWARDED:
            # Who vouches for them has been asked by then; nothing behind here is to believe them.
            scope = {**scope, "headers": [pair for pair in headers if pair[0] not in _FORWARDED]}
        if b"content-length" not in names and b"transfer-encoding" not in names:
            await self._app(scope, receive, send)
            return
        try:
            body = await self._body(dict(headers), receive)
        except _Refused as refused:
            await _send_problem(send, refused)
        else:
            await self._app(_with_length(scope, body), _given(body, receive), send)

    async def _body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        length = headers.get(b"content-length", b"0")
        self._check(int(length) if length.isdigit() else 0)
        try:
            async with asyncio.timeout(self._within_s):
                return await self._read(receive)
        except TimeoutError as error:
            raise _Refused(408, f"The body didn't come within {self._within_s:.0f} s. Send it again.") from error

    async def _read(self, receive: Receive) -> bytes:
        parts, size, more = [], 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Refused(400, "The connection ended before the body did.")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            self._check(size)
            more = message.get("more_body", False)
        return b"".join(parts)

    def _check(self, size: int) -> None:
        if size > self._most:
            raise _Refused(413, f"A body has at most {self._most:,} bytes: send less at once.")


def _with_length(scope: Scope, body: bytes) -> Scope:
    """With the body's length: without one, as of chunks, WSGI takes it for empty."""
    headers = [pair for pair in scope["headers"] if pair[0] not in (b"content-length", b"transfer-encoding")]
    return {**scope, "headers": [*headers, (b"content-length", str(len(body)).encode())]}


def _given(body: bytes, receive: Receive) -> Receive:
    """The body in one piece, and after it whatever comes."""
    waiting: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> MutableMapping[str, Any]:
        return waiting.pop() if waiting else await receive()

    return received


async def _send_problem(send: Send, refused: _Refused) -> None:
    body = json.dumps(problem(refused.status, str(refused))).encode()
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
