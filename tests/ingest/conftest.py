"""A controller that answers each endpoint as a test tells it to, where the simulated ones are too well made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tests.ingest.xcs.controller import Controller, Handler, envelope, running


class Scripted:
    """``rows`` are answered by path (``/occupancy/current``), at ``timestamp``; a path that isn't there is a 404.

    A number in place of rows is the status of an error.
    """

    def __init__(self, server: Controller) -> None:
        self.server = server
        self.rows: dict[str, Any] = {}
        self.timestamp = datetime(2026, 6, 3, 12, 0, 30, tzinfo=UTC)
        server.does = self._answer

    @property
    def base_url(self) -> str:
        return self.server.base_url.replace("localhost", "127.0.0.1")

    def asked(self, path: str) -> list[str]:
        """The queries with which a path was asked."""
        return [urlsplit(url).query for url in self.server.asked if _path(url) == path]

    def _answer(self, handler: Handler) -> None:
        found = self.rows.get(_path(handler.path), 404)
        if isinstance(found, int):
            error = {"code": {404: "NOT_FOUND", 403: "FEATURE_DISABLED"}.get(found, "INTERNAL"), "message": ""}
            handler.send(found, json.dumps({"status": "error", "error": error}).encode())
        else:
            handler.send(200, envelope(found, self.timestamp.isoformat()))


def _path(url: str) -> str:
    return unquote(urlsplit(url).path.removeprefix("/api/v1"))


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    with running(Controller()) as server:
        yield Scripted(server)
