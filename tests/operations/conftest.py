"""A part of the broker for tests that start workers or beats of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import redis


@pytest.fixture
def broker() -> Iterator[redis.Redis]:
    """A part of the broker that nothing else uses, empty."""
    own = os.environ["XOVIS_REDIS_URL"]
    number = 32 + int(urlsplit(own).path.removeprefix("/") or 0)
    with redis.Redis.from_url(urlsplit(own)._replace(path=f"/{number}").geturl(), decode_responses=True) as client:
        client.flushdb()
        yield client
        client.flushdb()


def url_of(client: redis.Redis) -> str:
    number = client.connection_pool.connection_kwargs["db"]
    return urlsplit(os.environ["XOVIS_REDIS_URL"])._replace(path=f"/{number}").geturl()
