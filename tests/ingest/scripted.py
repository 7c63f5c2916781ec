"""A controller that a test scripts, path by path, over real HTTP; and polls of it at an instant of the test's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ingest import polling, rounds
from ingest.asking import Outcome
from sites_app.models import Controller, Zone
from tests import chain
from tests.ingest.xcs import controller as http

NOW = datetime(2026, 11, 2, 10, 0, 7, tzinfo=UTC)

Does = Callable[[http.Handler], None]


class Site:
    """The controller's side. Paths that nobody has scripted answer as older firmware does: 404."""

    def __init__(self, server: http.Controller) -> None:
        self.server = server
        self.asked: list[str] = []
        self._does: dict[str, Does] = {}
        server.does = self._answer

    def on(self, path: str, does: Does) -> None:
        """Do this when it is asked for a path."""
        self._does[path] = does

    def says(self, path: str, rows: list[Any], at: datetime = NOW) -> None:
        """Answer with these rows as of an instant."""
        body = http.envelope(rows, at.isoformat())
        self.on(path, lambda handler: handler.send(200, body))

    def writes(self, path: str, body: bytes) -> None:
        """Answer with this body."""
        self.on(path, lambda handler: handler.send(200, body))

    def refuses(self, path: str, status: int, code: str, **headers: str) -> None:
        """Answer with an error as an XCS writes it."""
        error = {"status": "error", "timestamp": http.NOW, "error": {"code": code, "message": ""}}
        self.on(path, lambda handler: handler.send(status, json.dumps(error).encode(), headers))

    def _answer(self, handler: http.Handler) -> None:
        path = urlsplit(handler.path).path.removeprefix("/api/v1")
        self.asked.append(path)
        does = self._does.get(path)
        if does is None:
            self.refuses(path, 404, "NOT_FOUND")
            does = self._does.pop(path)
        does(handler)


@contextmanager
def site() -> Iterator[Site]:
    """A controller that listens."""
    with http.running(http.Controller()) as server:
        yield Site(server)


def registered(site: Site, *zones: str, store: str = "S1", **fields: object) -> Controller:
    """The registry's side of it, with areas of these names."""
    controller = chain.controller(chain.store(store), "Controller 1", base_url=site.server.base_url, **fields)
    for zone_id in zones:
        chain.zone(controller, zone_id)
    return controller


def entrance(controller: Controller, zone_id: str) -> Zone:
    """An entrance, which has no occupancy."""
    return chain.zone(controller, zone_id, "entrance")


def poll(controller: Controller, *kinds: str, now: datetime = NOW) -> Outcome:
    """Ask for these streams, as a worker does at that instant."""
    polling.ensure_streams(now=now)
    _, (outcome,) = rounds.poll_all({controller.pk: kinds}, lambda: now)
    return outcome


def window_of(handler: http.Handler) -> tuple[datetime, datetime]:
    """The window that was asked for."""
    query = parse_qs(urlsplit(handler.path).query)
    return datetime.fromisoformat(query["start"][0]), datetime.fromisoformat(query["end"][0])
