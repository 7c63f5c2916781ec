"""How much a key may ask for: so many requests a minute, counted in Redis for all processes together.

Every answer to a key says how much is left, as draft-ietf-httpapi-ratelimit-headers has it: ``RateLimit-Policy`` with the
quota and its window, ``RateLimit`` with what remains and for how long. Where Redis is away each process counts for
itself: then a key may get more than its share, and nobody less.
"""

from __future__ import annotations

import math
import threading
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import redis
import structlog
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from sites_app.models import ApiKey

if TYPE_CHECKING:
    from rest_framework.views import APIView

WINDOW_S = 60
_PATIENCE_S = 0.25
_LEFT_ALONE_S = 5.0
"""After Redis didn't answer it isn't asked for so long: each request would wait for it."""
_MOST_KEYS = 10_000

log = structlog.get_logger(__name__)


class KeyLimit(BaseThrottle):
    """The limit of the key that asks. People have none: their browser isn't a program."""

    _resets_in_s = 0.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        key = request.auth
        if not isinstance(key, ApiKey):
            return True
        limit = key.requests_per_minute or settings.API_REQUESTS_PER_MINUTE
        used, self._resets_in_s = count(f"xovis:limit:{key.pk}")
        headers: dict[str, Any] = view.headers  # the framework puts them on whatever it answers
        headers["RateLimit-Policy"] = f'"key";q={limit};w={WINDOW_S}'
        headers["RateLimit"] = f'"key";r={max(0, limit - used)};t={math.ceil(self._resets_in_s)}'
        return used <= limit

    def wait(self) -> float:
        return max(1.0, math.ceil(self._resets_in_s))


def count(name: str) -> tuple[int, float]:
    """Count one more: how many there were in this window, and in how many seconds it ends."""
    return _shared(settings.REDIS_URL).count(name)


class _Shared:
    """Counts in Redis, and in this process while Redis is away."""

    def __init__(self, url: str) -> None:
        options = {"socket_timeout": _PATIENCE_S, "socket_connect_timeout": _PATIENCE_S}
        self._redis = redis.Redis.from_url(url, **options) if url else None
        self._own = _Own()
        self._away_until = 0.0

    def count(self, name: str) -> tuple[int, float]:
        if self._redis is None or time.monotonic() < self._away_until:
            return self._own.count(name)
        try:
            with self._redis.pipeline(transaction=False) as pipe:  # each step stands by itself
                pipe.set(name, 0, ex=WINDOW_S, nx=True)
                pipe.incr(name)
                pipe.pttl(name)
                _, used, left_ms = pipe.execute()
        except redis.RedisError as error:
            self._away_until = time.monotonic() + _LEFT_ALONE_S
            log.warning("limits_counted_alone", error=str(error))
            return self._own.count(name)
        return int(used), max(0, int(left_ms)) / 1000


class _Own:
    """Counts in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[float, int]] = {}

    def count(self, name: str) -> tuple[int, float]:
        now = time.monotonic()
        with self._lock:
            if len(self._windows) > _MOST_KEYS:
                self._windows.clear()
            ends, used = self._windows.get(name, (0.0, 0))
            if ends <= now:
                ends, used = now + WINDOW_S, 0
            self._windows[name] = ends, used + 1
        return used + 1, ends - now


@lru_cache(maxsize=2)
def _shared(url: str) -> _Shared:
    """One for the process, as of its first request."""
    return _Shared(url)
