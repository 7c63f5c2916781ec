"""The cache: Redis, and while that is away each process's own memory, so that pages open and attempts to log in are counted.

What is kept then is known to one process alone: there may be a few more attempts, and none that isn't counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import redis
import structlog
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

_LEFT_ALONE_S = 5.0

log = structlog.get_logger(__name__)


class SharedOrOwn(RedisCache):
    """Django's cache in Redis, which doesn't fail when Redis does."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._own = LocMemCache("while-redis-is-away", {})
        self._away_until = 0.0

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._either("add", key, value, timeout, version))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._either("get", key, default, version)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._either("set", key, value, timeout, version)

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._either("delete", key, version))

    def _either(self, name: str, *arguments: Any) -> Any:
        own: Callable[..., Any] = getattr(self._own, name)
        if time.monotonic() < self._away_until:
            return own(*arguments)
        try:
            return getattr(super(), name)(*arguments)
        except redis.RedisError as error:
            self._away_until = time.monotonic() + _LEFT_ALONE_S
            log.warning("cache_in_own_memory", error=str(error))
            return own(*arguments)
