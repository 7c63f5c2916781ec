"""A listener of the live stream, over real HTTP; and samples that make it hear something."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

import requests
from django.db import connection

from ingest import facts
from sites_app.models import ApiKey, Zone
from tests import chain

PATH = "/api/v1/live/stream"


@dataclass(frozen=True)
class Heard:
    """One event, or a comment (then without all else)."""

    id: str = ""
    event: str = ""
    data: Any = None
    comment: str = ""


class Stream:
    """An open stream. It's read only when asked, and waits for ten seconds at most."""

    def __init__(self, server: str, headers: dict[str, str], query: str = "", last_id: str = "") -> None:
        sent = {**headers, **({"Last-Event-ID": last_id} if last_id else {})}
        self.response = requests.get(f"{server}{PATH}{query}", headers=sent, stream=True, timeout=10)
        self._blocks = self._read()

    def __enter__(self) -> Self:
        assert self.response.status_code == 200, self.response.text
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.response.close()

    def all(self) -> Iterator[Heard]:
        """Everything from now on, comments too, to the end of the stream."""
        yield from self._blocks

    def events(self, count: int) -> list[Heard]:
        """The next events."""
        heard = (block for block in self._blocks if block.event)
        return [next(heard) for _ in range(count)]

    def until(self, wanted: Callable[[Heard], bool]) -> Heard:
        """The next event that is wanted."""
        return next(block for block in self._blocks if block.event and wanted(block))

    def _read(self) -> Iterator[Heard]:
        fields: dict[str, Any] = {}
        for line in self.response.iter_lines(chunk_size=1, decode_unicode=True):
            if line:
                name, _, value = line.partition(": ")
                fields[name or "comment"] = json.loads(value) if name == "data" else value
            elif fields:
                fields.pop("retry", None)
                yield Heard(**fields)
                fields = {}


def key(*regions: str) -> dict[str, str]:
    """The headers of a new key that sees the stores of these regions, or all."""
    made, plain = ApiKey.generate("sign", scopes=["read"])
    made.save()
    made.regions.set([chain.region(region) for region in regions])
    return {"Authorization": f"Apikey {plain}"}


def people(zone: Zone, count: int, *, age: timedelta = timedelta()) -> None:
    """A sample of a zone's occupancy, or of a queue's length."""
    at = datetime.now(UTC) - age
    if zone.kind == Zone.Kind.QUEUE:
        queue = facts.QueueRow(zone.store_id, zone.pk, at, at, count, 60_000, 90_000, 5)
        facts.write(facts.Facts(queues=[queue]))
    else:
        facts.write(facts.Facts(occupancy=[facts.OccupancyRow(zone.store_id, zone.pk, at, at, count, 100)]))


async def in_thread(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What speaks to the database, from where there is an event loop; its connection is given back."""

    def called() -> Any:
        try:
            return call(*args, **kwargs)
        finally:
            connection.close()

    return await asyncio.to_thread(called)
