"""A lease on an export: renewed beside the work, so that long steps don't look like a dead worker."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from django.db import DatabaseError, connection

from reports.models import Export, ExportQuerySet


class Superseded(Exception):
    """Another worker has taken the export, or its order is gone: this one stops."""


class Lease:
    """Holds an export that this worker has taken. What is written while it's held is written by this worker alone."""

    def __init__(self, export: Export, length: timedelta, clock: Callable[[], datetime]) -> None:
        self._export, self._length, self._clock = export, length, clock
        self._ended = threading.Event()
        self._renewing = threading.Thread(target=self._renew, name=f"lease of {export.pk}", daemon=True)

    def __enter__(self) -> Self:
        self._renewing.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._renewing.join()

    def write(self, **fields: Any) -> None:
        """Change the export. Raises ``Superseded`` where it's no longer this worker's."""
        if not self._held().update(**fields):
            raise Superseded

    def _held(self) -> ExportQuerySet:
        return Export.objects.filter(pk=self._export.pk, attempts=self._export.attempts, state=Export.State.RUNNING)

    def _renew(self) -> None:
        try:
            while not self._ended.wait(self._length.total_seconds() / 4):
                try:
                    self._held().update(due_at=self._clock() + self._length)
                except DatabaseError:
                    connection.close()  # the next renewal opens another; the lease outlives a few that fail
        finally:
            connection.close()
