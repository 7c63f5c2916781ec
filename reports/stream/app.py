"""``GET /api/v1/live/stream``: server-sent events, one for each change of an occupancy or a queue.

A listener is first sent all that is current, or with ``Last-Event-ID`` what it missed; then each change, and a comment
when nothing has changed for a while.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import structlog
from django.http import QueryDict
from rest_framework.request import Request

from reports.api.parameters import LIVE_PARAMETERS
from reports.stream.audience import Filters
from reports.stream.callers import Credential
from reports.stream.events import comment
from reports.stream.feed import Feed
from reports.stream.listeners import Listener
from sites_app.problems import MEDIA_TYPE, Problem, only_parameters, problem

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PATH = "/api/v1/live/stream"
HEARTBEAT_S = 15.0
SEND_WITHIN_S = 60.0
RETRY_MS = 2_000
MAX_LISTENERS = 5_000

log = structlog.get_logger(__name__)


class LiveStream:
    """The application."""

    def __init__(self) -> None:
        self._feed = Feed()
        self._watching = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            listener = await self._admit(scope)
        except Problem as refused:
            await _send_problem(send, refused)
        except Exception:
            log.exception("live_stream_unavailable")
            await _send_problem(send, Problem(503, "The live figures can't be read just now. Come again."))
        else:
            await self._serve(listener, scope, receive, send)

    async def _admit(self, scope: Scope) -> Listener:
        if scope["method"] != "GET":
            raise Problem(405, "The stream is read by GET.")
        if len(self._feed.listeners.all) >= MAX_LISTENERS:
            raise Problem(503, "Too many listen already. Come again later.")
        self._end_with_the_server()
        credential = Credential.of(dict(scope["headers"]))
        principal = await self._feed.callers.of(credential) if credential else None
        if credential is None or principal is None:
            raise Problem(401, "Send 'Authorization: Apikey KEY' with a key that is valid, or log in.")
        filters = _filters(scope)
        await self._feed.ready()
        return Listener(credential, principal, filters, await self._feed.stores_of(principal, filters))

    async def _serve(self, listener: Listener, scope: Scope, receive: Receive, send: Send) -> None:
        gone = asyncio.ensure_future(_gone(receive))
        gone.add_done_callback(lambda _: listener.end("gone"))
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        try:
            self._feed.join(listener, dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1"))
            await _send_all(listener, send)
        except TimeoutError:
            log.info("live_stream_listener_stuck")
        finally:
            self._feed.listeners.remove(listener)
            gone.cancel()

    def _end_with_the_server(self) -> None:
        """End all streams when the server is asked to end: it would wait for them, as for any answer on its way."""
        if self._watching or threading.current_thread() is not threading.main_thread():
            return
        self._watching = True
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            before = signal.getsignal(number)

            def end(signum: int, frame: Any, before: Any = before) -> None:
                loop.call_soon_threadsafe(self._feed.listeners.end_all, "the server ends; connect again")
                if callable(before):
                    before(signum, frame)

            signal.signal(number, end)


_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # a proxy must not wait for more
]


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_all(listener: Listener, send: Send) -> None:
    """Send what waits, as it comes, to the end. Raises ``TimeoutError`` where the listener takes nothing."""
    await _send_within(send, b"retry: %d\n\n" % RETRY_MS)
    while True:
        try:
            async with asyncio.timeout(HEARTBEAT_S):
                batch = await listener.waiting.get()
        except TimeoutError:
            batch = comment("nothing has changed")
        if batch is None:
            break
        await _send_within(send, batch)
    await send({"type": "http.response.body", "body": b""})


async def _send_within(send: Send, body: bytes) -> None:
    async with asyncio.timeout(SEND_WITHIN_S):
        await send({"type": "http.response.body", "body": body, "more_body": True})


def _filters(scope: Scope) -> Filters:
    given = QueryDict(scope["query_string"])
    only_parameters(cast(Request, SimpleNamespace(query_params=given)), LIVE_PARAMETERS)
    return Filters(*(frozenset(given.getlist(name)) for name in LIVE_PARAMETERS))


async def _send_problem(send: Send, refused: Problem) -> None:
    body = msgspec.json.encode(problem(refused.status_code, str(refused.detail), refused.errors))
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    extra = {401: (b"www-authenticate", b"Apikey"), 405: (b"allow", b"GET"), 503: (b"retry-after", b"5")}
    if refused.status_code in extra:
        headers.append(extra[refused.status_code])
    await send({"type": "http.response.start", "status": refused.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": body})
