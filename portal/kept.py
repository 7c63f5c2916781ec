"""What is looked at once for all people together, kept in the cache; each process unpacks it once."""

from __future__ import annotations

import pickle
from typing import Any

from django.core.cache import cache

KEPT_S = 3600
_unpacked: dict[str, tuple[str, Any]] = {}


def write(key: str, value: Any, *, version: str) -> None:
    """Keep this; the version tells it from what was kept before."""
    cache.set(f"{key}:{version}", pickle.dumps(value), KEPT_S)
    cache.set(key, version, KEPT_S)


def read(key: str) -> Any:
    """What was kept last; None where there is nothing, or no longer."""
    version = cache.get(key)
    if version is None:
        return None
    known = _unpacked.get(key)
    if known is None or known[0] != version:
        packed = cache.get(f"{key}:{version}")
        if packed is None:
            return None
        known = _unpacked[key] = version, pickle.loads(packed)  # noqa: S301 - our own cache's, put there by us
    return known[1]
