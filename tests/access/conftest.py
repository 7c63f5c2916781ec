"""The portal's browser and server, and a broker that remembers no attempt of another test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from tests.portal.conftest import browser, english, server

__all__ = ["browser", "english", "forgotten", "server"]


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Attempts are counted in Redis, which outlives a test's transaction."""
    cache.clear()
    yield
    cache.clear()
