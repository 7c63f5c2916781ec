"""What couldn't be understood is kept, with the reason, and can be seen and replayed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ingest.models import Quarantine

BODY_LIMIT = 64 * 1024
"""Bytes kept of a body; a pointer and a reason say more than the rest would."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that a controller said and that can't be used."""

    store_id: int
    controller_id: UUID
    source: str
    stream: str
    reason: str
    pointer: str
    body: bytes

    @property
    def digest(self) -> str:
        """The body's MD5: a name for it, not a safeguard."""
        return hashlib.md5(self.body, usedforsecurity=False).hexdigest()


def keep(faults: Iterable[Fault], *, received_at: datetime) -> int:
    """Keep faults, each body once for a controller, stream and pointer; how many were given."""
    rows = [
        Quarantine(
            store_id=fault.store_id,
            controller_id=fault.controller_id,
            received_at=received_at,
            source=fault.source,
            stream=fault.stream,
            reason=fault.reason,
            pointer=fault.pointer[:300],
            body=fault.body[:BODY_LIMIT],
            digest=fault.digest,
        )
        for fault in faults
    ]
    Quarantine.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    return len(rows)
