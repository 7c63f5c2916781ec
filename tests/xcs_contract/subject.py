"""Who is asked, what it's known to have, and what came back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests

Row = dict[str, Any]

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@dataclass(frozen=True)
class Subject:
    """A running implementation of the contract.

    ``start`` and ``end`` are whole hours of UTC, three or more apart, all over; everywhere in between, people came in
    by each entrance, and every zone was visited.
    """

    base_url: str
    key: str
    start: datetime
    end: datetime
    entrances: tuple[str, ...]
    occupied: tuple[str, ...]
    """The zones of ``/occupancy/current``."""
    queues: tuple[str, ...]
    dwelt: tuple[str, ...]
    """The zones that have a dwell time."""
    paths_refused: tuple[int, str] | None = None
    """The status and the code where there are no paths."""
    more_fields: frozenset[str] = field(default=frozenset())
    """What rows may have beside the contract's fields."""

    def ask(self, path: str, *, method: str = "GET", authorization: str | None = "", **query: str | datetime) -> Answer:
        """With its own key if no other ``authorization`` is given; None sends none."""
        headers = {} if authorization is None else {"Authorization": authorization or f"Apikey {self.key}"}
        params = {name: utc(value) if isinstance(value, datetime) else value for name, value in query.items()}
        response = requests.request(
            method, self.base_url + path, params=params, headers=headers, timeout=10, allow_redirects=False
        )
        return Answer(response.status_code, dict(response.headers), response.content, response)

    def rows(self, path: str, **query: str | datetime) -> list[Row]:
        """The rows of a success."""
        return self.ask(path, method="GET", authorization="", **query).rows

    def check(self, rows: list[Row], **fields: type | tuple[type, ...]) -> None:
        """Whether each row has exactly these fields, of these types; ``None`` among them: it can be absent, too."""
        for row in rows:
            optional = {name for name, types in fields.items() if _is_optional(types)}
            assert fields.keys() - optional <= row.keys() <= fields.keys() | self.more_fields, row
            for name in row.keys() & fields.keys():
                # A bool is an int to Python, and none to a client.
                assert type(row[name]) in _types(fields[name]), (name, row)


@dataclass(frozen=True)
class Answer:
    """What came back. ``rows`` and ``error`` say whether it was what it must have been."""

    status: int
    headers: dict[str, str]
    body: bytes
    response: requests.Response = field(repr=False)

    @property
    def envelope(self) -> Row:
        assert self.headers["Content-Type"].split(";")[0] == "application/json"
        envelope = self.response.json()
        assert _TIME.fullmatch(envelope["timestamp"])
        assert isinstance(envelope, dict)
        return envelope

    @property
    def timestamp(self) -> datetime:
        return instant(self.envelope["timestamp"])

    @property
    def rows(self) -> list[Row]:
        assert self.status == 200, self.body
        envelope = self.envelope
        assert envelope.keys() == {"status", "timestamp", "data"}
        assert envelope["status"] == "success"
        assert all(isinstance(row, dict) for row in envelope["data"])
        rows: list[Row] = envelope["data"]
        return rows

    @property
    def refusal(self) -> tuple[int, str]:
        """The status and the code of an error."""
        assert self.status >= 400, self.body
        envelope = self.envelope
        assert envelope.keys() == {"status", "timestamp", "error"}
        assert envelope["status"] == "error"
        assert envelope["error"].keys() == {"code", "message"}
        assert envelope["error"]["message"]
        return self.status, envelope["error"]["code"]


NONE = type(None)


def _types(types: type | tuple[type, ...]) -> tuple[type, ...]:
    return types if isinstance(types, tuple) else (types,)


def _is_optional(types: type | tuple[type, ...]) -> bool:
    return NONE in _types(types)


def utc(instant: datetime) -> str:
    """``2024-05-21T14:32:01Z``, of an instant in UTC."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(text: str) -> datetime:
    """An instant as an answer writes it: in UTC, by a Z."""
    assert _TIME.fullmatch(text), text
    return datetime.fromisoformat(text)


def zones_of(rows: list[Row]) -> set[str]:
    return {row["zoneId"] for row in rows}
