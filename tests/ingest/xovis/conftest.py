"""A sensor in a store, and what comes of a push to it.

Models are imported in the fixtures: pytest reads this file before Django is set up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ingest.xovis import pushes
from tests.server import web_server

if TYPE_CHECKING:
    from sites_app.models import Controller

Push = Callable[..., pushes.Push]


@pytest.fixture(scope="session")
def server(django_db_setup: None) -> Iterator[str]:
    with web_server() as url:
        yield url


@pytest.fixture
def sensor(db: None) -> Controller:
    from tests import chain

    return chain.controller(chain.store(), kind="xovis", api_key="admin:its-password")


@pytest.fixture
def push(sensor: Controller) -> Push:
    """Let this land as if it had been posted, and digest it; what the landing made of it."""
    from ingest import digest
    from tests.ingest.xovis.landed import land

    def post(content: Any, at: datetime | None = None) -> pushes.Push:
        pushed = land(sensor, content, at or datetime.now(UTC))
        digest.digest_batch(now=datetime.now(UTC))
        return pushed

    return post
