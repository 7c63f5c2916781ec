"""The whole platform on one port: landing and the live stream beside Django.

Large chains send ``/ingest/`` and ``/api/v1/live/stream`` to processes of their own (``landing.py``, ``stream.py``).
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

from ingest.landing.app import Receive, Scope, Send  # noqa: E402
from xovis_platform import routing  # noqa: E402
from xovis_platform.bodies import WholeBodies  # noqa: E402
from xovis_platform.wsgi import application as django_application  # noqa: E402

django_in_threads: Any = WSGIMiddleware(cast("Any", django_application), workers=settings.WEB_THREADS)
django_with_bodies = WholeBodies(
    django_in_threads, most_bytes=settings.MOST_BODY_BYTES, within_s=settings.BODY_WITHIN_S
)


async def _django(scope: Scope, receive: Receive, send: Send) -> None:
    await django_with_bodies(scope, _as_coroutines(receive), send)


def _as_coroutines(receive: Receive) -> Receive:
    """The same messages by coroutines: a2wsgi takes no other awaitables, and granian's ``receive`` gives futures."""

    async def received() -> MutableMapping[str, Any]:
        return await receive()

    return received


application = routing.routed([*routing.landing(), *routing.stream()], _django)
