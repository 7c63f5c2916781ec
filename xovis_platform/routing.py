"""Which ASGI application answers which path, for the processes that serve one, two or all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import cast

from django.conf import settings
from granian.utils.proxies import wrap_asgi_with_proxy_headers
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from ingest.landing.app import PREFIX, Landing, Receive, Scope, Send
from ingest.landing.xovis import PREFIX as XOVIS_PREFIX
from ingest.landing.xovis import XovisLanding
from reports.stream.app import PATH as STREAM_PATH
from reports.stream.app import LiveStream
from xovis_platform.database import conninfo
from xovis_platform.metrics import counted
from xovis_platform.metrics.counted import measured_posts

Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Route = tuple[Callable[[str], bool], Application]
"""Whether a path is this application's."""


def landing() -> list[Route]:
    """What controllers and sensors post to; both share their connections and batches."""
    xcs = Landing(conninfo)
    sensors = XovisLanding(xcs)
    return [
        (lambda path: path.startswith(PREFIX), measured_posts(xcs, "xcs")),
        (lambda path: path.startswith(XOVIS_PREFIX), measured_posts(sensors, "xovis")),
    ]


def stream() -> list[Route]:
    """The live stream."""
    return [(lambda path: path.rstrip("/") == STREAM_PATH, LiveStream())]


def alive() -> list[Route]:
    """``/healthz``, and what has been counted, of a process that has no Django."""
    return [(lambda path: path == "/healthz", _alive), (lambda path: path == "/metrics", _measured)]


def routed(routes: Sequence[Route], otherwise: Application) -> Application:
    """An application that sends each request to where it is answered.

    Where it comes from is what the connection says, or, where that is a proxy's whom we trust, what the proxy says.
    """

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        for is_its, answering in routes:
            if is_its(scope["path"]):
                await answering(scope, receive, send)
                return
        await otherwise(scope, receive, send)

    proxies = settings.TRUSTED_PROXIES
    return cast("Application", wrap_asgi_with_proxy_headers(application, proxies)) if proxies else application


async def nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    """404, in JSON, for what a proxy should have sent elsewhere."""
    detail = b'{"type": "about:blank", "title": "Not Found", "status": 404}'
    await _answer(send, 404, b"application/problem+json", detail)


async def _alive(scope: Scope, receive: Receive, send: Send) -> None:
    await _answer(send, 200, b"application/json", b'{"status": "ok"}')


async def _measured(scope: Scope, receive: Receive, send: Send) -> None:
    await _answer(send, 200, CONTENT_TYPE_LATEST.encode(), generate_latest(counted.exposed()))


async def _answer(send: Send, status: int, media_type: bytes, body: bytes) -> None:
    headers = [(b"content-type", media_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
