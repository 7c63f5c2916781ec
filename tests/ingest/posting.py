"""Posting to the landing application in the test's own process, at an instant of the test's own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from unittest.mock import patch

from ingest.landing import app
from ingest.landing.app import Landing
from sites_app.models import Controller
from xovis_platform.database import conninfo

KEY = {"Authorization": "Apikey hook-key"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender got."""

    status: int
    headers: dict[str, str]
    body: Any


class Door:
    """The application, open; what is posted at the same time shares a commit."""

    def __init__(self) -> None:
        self._runner, self._landing = asyncio.Runner(), Landing(conninfo)

    def __enter__(self) -> Door:
        return self

    def __exit__(self, *error: object) -> None:
        self._runner.run(self._landing.close())
        self._runner.close()

    def post(
        self, controller: Controller, *bodies: bytes, headers: Mapping[str, str] = KEY, at: datetime | None = None
    ) -> list[Answer]:
        """Post bodies at the same time; the answers, in their order."""

        async def all_of_them() -> list[Answer]:
            return list(await asyncio.gather(*(_post(self._landing, controller, body, headers) for body in bodies)))

        with patch.object(app, "datetime", _stopped(at) if at else datetime):
            return self._runner.run(all_of_them())


def post(controller: Controller, *bodies: bytes, at: datetime | None = None) -> list[Answer]:
    """Post bodies at the same time; the answers, in their order."""
    with Door() as door:
        return door.post(controller, *bodies, at=at)


async def _post(landing: Landing, controller: Controller, body: bytes, headers: Mapping[str, str]) -> Answer:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": f"/ingest/xcs/{controller.pk}", "headers": raw}
    await landing(scope, receive, send)
    names = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], names, json.loads(sent[1]["body"]))


def _stopped(at: datetime) -> type[datetime]:
    class Stopped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:  # noqa: ARG003 - it stands
            return at

    return Stopped
