"""What couldn't be understood is kept, with the reason, and can be seen and replayed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from ingest import statements

BODY_LIMIT = 1024 * 1024
"""Bytes kept of a body: all of any webhook's, and of all answers but those that are out of proportion."""

UNKNOWN_ZONE = "A zone that isn't known here yet; replayed when discovery finds it."

COLUMNS = {
    "store_id": "bigint",
    "controller_id": "uuid",
    "received_at": "timestamptz",
    "source": "text",
    "stream": "text",
    "what": "text",
    "shape": "text",
    "answered_at": "timestamptz",
    "awaits": "text",
    "reason": "text",
    "pointer": "text",
    "body": "bytea",
    "truncated": "boolean",
    "digest": "text",
}
_KEY = "controller_id, stream, pointer, digest, answered_at"
_NAMES = ", ".join(COLUMNS)

INSERT = f"""
    INSERT INTO ingest_quarantine AS old ({_NAMES})
    SELECT DISTINCT ON ({_KEY}) {_NAMES} FROM {statements.given(COLUMNS)} ORDER BY {_KEY}, received_at
    ON CONFLICT ({_KEY}) DO UPDATE SET replayed_at = NULL, reason = EXCLUDED.reason, awaits = EXCLUDED.awaits
    WHERE old.replayed_at IS NOT NULL
"""
"""Takes ``COLUMNS`` as arrays. A fault that is there stays as it is; one that was replayed and is found again is open anew."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that a controller said and that can't be used.

    ``what`` the body is says how it can be replayed (see ``Quarantine.What``; nothing: it can't), with ``shape`` and
    ``answered_at`` for answers and their rows. ``awaits`` is the zone that it waits for. ``received_at`` is when it came,
    if that isn't when it's kept.
    """

    store_id: int
    controller_id: UUID
    source: str
    stream: str
    reason: str
    pointer: str
    body: bytes
    what: str = ""
    shape: str = ""
    answered_at: datetime | None = None
    awaits: str = ""
    received_at: datetime | None = None

    @property
    def digest(self) -> str:
        """The body's MD5: a name for it, not a safeguard."""
        return hashlib.md5(self.body, usedforsecurity=False).hexdigest()

    def row(self, now: datetime) -> tuple[Any, ...]:
        """As the table has it, in the order of ``COLUMNS``."""
        return (
            self.store_id,
            self.controller_id,
            self.received_at or now,
            self.source,
            self.stream[:20],
            self.what,
            self.shape,
            self.answered_at,
            self.awaits,
            self.reason,
            self.pointer[:300],
            self.body[:BODY_LIMIT],
            len(self.body) > BODY_LIMIT,
            self.digest,
        )


def columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """Rows as the arrays that ``INSERT`` takes."""
    return [list(column) for column in zip(*rows, strict=True)]


def keep(faults: Iterable[Fault], *, received_at: datetime) -> int:
    """Keep faults, each once for a controller, stream, pointer, body and instant; how many were given."""
    rows = [fault.row(received_at) for fault in faults]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(INSERT, columns(rows))
    return len(rows)
