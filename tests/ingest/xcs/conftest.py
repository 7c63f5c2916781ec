"""A controller, and a client of it that loses patience soon."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.wire.sockets import Limits
from ingest.xcs.client import XcsClient
from tests.ingest.xcs.controller import Controller, running

NOW = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
KEY = "a-key-that-nobody-may-see"
IMPATIENT = Limits(connect_s=0.2, read_s=0.2, total_s=0.5, body_bytes=100_000)

MakeClient = Callable[..., XcsClient]


@pytest.fixture
def controller() -> Iterator[Controller]:
    with running(Controller()) as running_controller:
        yield running_controller


@pytest.fixture
def make_client() -> Iterator[MakeClient]:
    with ExitStack() as stack:

        def make(base_url: str, key: str = KEY, **options: Any) -> XcsClient:
            options = {"clock": lambda: NOW, "limits": Limits(), **options}
            return stack.enter_context(XcsClient(base_url, key, **options))

        yield make


@pytest.fixture
def client(controller: Controller, make_client: MakeClient) -> XcsClient:
    return make_client(controller.base_url)
