"""The whole platform on one port: landing and the live stream beside Django.

Large chains send ``/ingest/`` and ``/api/v1/live/stream`` to processes of their own.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from typing import Any, cast

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xovis_platform.settings")
django.setup()

from a2wsgi import WSGIMiddleware  # noqa: E402 - Django's settings come first
from django.conf import settings  # noqa: E402
from granian.utils.proxies import wrap_asgi_with_proxy_headers  # noqa: E402

from ingest.landing.app import PREFIX, Landing, Receive, Scope, Send  # noqa: E402
from ingest.landing.xovis import PREFIX as XOVIS_PREFIX  # noqa: E402
from ingest.landing.xovis import XovisLanding  # noqa: E402
from reports.stream.app import PATH as STREAM_PATH  # noqa: E402
from reports.stream.app import LiveStream  # noqa: E402
from xovis_platform.bodies import WholeBodies  # noqa: E402
from xovis_platform.database import conninfo  # noqa: E402
from xovis_platform.wsgi import application as django_application  # noqa: E402

landing = Landing(conninfo)
xovis_landing = XovisLanding(landing)
live_stream = LiveStream()
django_in_threads: Any = WSGIMiddleware(cast("Any", django_application), workers=settings.WEB_THREADS)
django_with_bodies = WholeBodies(
    django_in_threads, most_bytes=settings.MOST_BODY_BYTES, within_s=settings.BODY_WITHIN_S
)


async def answered(scope: Scope, receive: Receive, send: Send) -> None:
    """Send a request to where it's answered."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["path"].startswith(PREFIX):
        await landing(scope, receive, send)
    elif scope["path"].rstrip("/") == STREAM_PATH:
        await live_stream(scope, receive, send)
    elif scope["path"].startswith(XOVIS_PREFIX):
        await xovis_landing(scope, receive, send)
    else:
        await django_with_bodies(scope, _as_coroutines(receive), send)


def _as_coroutines(receive: Receive) -> Receive:
    """The same messages by coroutines: a2wsgi takes no other awaitables, and granian's ``receive`` gives futures."""

    async def received() -> MutableMapping[str, Any]:
        return await receive()

    return received


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


# Where a request comes from is what the connection says, or, where that is a proxy's whom we trust, what the proxy says.
application: Any = (
    wrap_asgi_with_proxy_headers(answered, settings.TRUSTED_PROXIES) if settings.TRUSTED_PROXIES else answered
)
