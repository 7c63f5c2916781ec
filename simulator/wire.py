"""HTTP/1.1 for a very large number of very small servers: kept connections, pipelining, answers in order.

A server is anything with ``answer(method, target, authorization, requested_with) -> Reply``.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Protocol, cast

import httptools

_MAX_REQUEST_BYTES = 64 * 1024
_MAX_WAITING = 1000
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Reply:
    """An answer, and what is to go wrong with it."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"
    delay_s: float = 0.0
    silent: bool = False
    """It never comes, and the connection stays open."""
    cut: bool = False
    """Only its first half comes, and the connection ends."""


class Server(Protocol):
    def answer(self, method: str, target: bytes, authorization: bytes, requested_with: bytes = b"") -> Reply: ...


@lru_cache(maxsize=1024)
def _head(status: int, content_type: str, headers: tuple[tuple[str, str], ...], keep: bool) -> bytes:
    lines = [f"HTTP/1.1 {status} {_reason(status)}", "Server: XCS", f"Content-Type: {content_type}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if not keep:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "Content-Length: "]).encode("latin-1")


def _reason(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Unknown"


class Connection(asyncio.Protocol):
    """One client's connection to one server."""

    __slots__ = (
        "_authorization", "_bytes", "_held", "_keep", "_loop", "_open", "_parser", "_requested_with", "_server", "_target",
        "_timer", "_transport", "_waiting",
    )  # fmt: skip

    def __init__(self, server: Server, loop: asyncio.AbstractEventLoop, open_connections: set[Connection]) -> None:
        self._server, self._loop, self._open = server, loop, open_connections
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._target = self._authorization = self._requested_with = b""
        self._bytes = 0
        self._keep = True
        # Answers behind a late one, as they must leave in order.
        self._waiting: deque[tuple[Reply, bool, bool]] = deque()
        self._held = False
        self._timer: asyncio.TimerHandle | None = None

    # The transport's side.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not to be asserted: uvloop's transports inherit nothing from asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._open.discard(self)
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        if not self._keep:
            return
        self._bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserUpgrade, httptools.HttpParserError):
            self._refuse(400)
        if self._bytes > _MAX_REQUEST_BYTES:
            self._refuse(413)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    # The parser's side.

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"authorization":
            self._authorization = value
        elif name == b"x-requested-with":
            self._requested_with = value

    def on_message_complete(self) -> None:
        if not self._keep:
            return
        method = self._parser.get_method().decode("latin-1")
        # Nothing is upgraded to; what would follow can't be read.
        self._keep = self._parser.should_keep_alive() and not self._parser.should_upgrade()
        reply = self._answer(method)
        self._target = self._authorization = self._requested_with = b""
        self._bytes = 0
        self._enqueue(reply, self._keep, method == "HEAD")

    def _answer(self, method: str) -> Reply:
        try:
            return self._server.answer(method, self._target, self._authorization, self._requested_with)
        except Exception:  # the parser would turn it into an error of the client's
            _log.exception("A request to %r failed.", self._target)
            return Reply(500, b"", content_type="text/plain")

    # Answers.

    def _enqueue(self, reply: Reply, keep: bool, head_only: bool) -> None:
        if self._held or reply.delay_s or reply.silent:
            self._waiting.append((reply, keep, head_only))
            self._hold()
        else:
            self._send(reply, keep, head_only)

    def _hold(self) -> None:
        """Wait for the first of those waiting; the others wait behind it."""
        if len(self._waiting) > _MAX_WAITING:
            self.close()
        elif not self._held:
            self._held = True
            reply = self._waiting[0][0]
            if not reply.silent:
                self._timer = self._loop.call_later(reply.delay_s, self._release)

    def _release(self) -> None:
        self._held = False
        self._send(*self._waiting.popleft())
        while self._waiting and not self._held:
            reply = self._waiting[0][0]
            if reply.delay_s or reply.silent:
                self._hold()
            else:
                self._send(*self._waiting.popleft())

    def _send(self, reply: Reply, keep: bool, head_only: bool) -> None:
        if self._transport is None:
            return
        keep = keep and not reply.cut
        body = b"" if head_only else reply.body[: len(reply.body) // 2] if reply.cut else reply.body
        head = _head(reply.status, reply.content_type, reply.headers, keep)
        self._transport.write(b"%b%d\r\n\r\n%b" % (head, len(reply.body), body))
        if not keep:
            self._transport.close()

    def _refuse(self, status: int) -> None:
        """It isn't HTTP, or too much of it: say so, after what is still to be answered, and hang up."""
        if self._keep:
            self._keep = False
            self._enqueue(Reply(status, b"", content_type="text/plain"), False, False)
