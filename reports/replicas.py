"""From which database reports are read: a replica, where there is one that keeps up, else the primary.

A replica that fell behind, is gone, or cancels a query to go on replaying is never waited for: the primary answers. How
far behind is told by the age of what the replica replayed last; one that is cut off from its primary grows old by that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connections

REPLICA = "replica"
LOOK_EVERY_S = 1.0
AVOIDED_FOR_S = 15.0
"""So long a replica that failed isn't asked again."""

_AGE = "SELECT extract(epoch FROM now() - pg_last_xact_replay_timestamp())::float"

log = structlog.get_logger(__name__)
T = TypeVar("T")

_alias: ContextVar[str] = ContextVar("alias", default=DEFAULT_DB_ALIAS)


class ReplicaRouter:
    """Django's router: the ORM reads where reports read; everything is written to the primary."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        """The replica while a report is read from it."""
        return _alias.get() if _alias.get() != DEFAULT_DB_ALIAS else None

    def db_for_write(self, model: Any, **hints: Any) -> str:
        """Always the primary."""
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        """Both hold the same rows."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """A replica gets its tables with all else."""
        return db != REPLICA


def cursor() -> Any:
    """A cursor of the database that is read from just now."""
    return connections[_alias.get()].cursor()


def read(reading: Callable[[], T]) -> T:
    """What ``reading`` returns, read from the replica if it keeps up. It's called again, on the primary, where that fails."""
    if _alias.get() == REPLICA or REPLICA not in connections.settings or not _health.is_good():
        return reading()
    try:
        with _reading_from(REPLICA):
            return reading()
    except (DatabaseError, InterfaceError) as error:
        _health.avoid(error)
        return reading()


@contextmanager
def _reading_from(alias: str) -> Iterator[None]:
    token = _alias.set(alias)
    try:
        yield
    finally:
        _alias.reset(token)


class _Health:
    """What this process knows of the replica; looked up about once a second, by whichever thread comes then."""

    def __init__(self) -> None:
        self._good, self._look_at = False, 0.0

    def is_good(self) -> bool:
        """Whether it answers and is no more than ``REPLICA_LAG_S`` behind."""
        if (now := monotonic()) >= self._look_at:
            self._look_at = now + LOOK_EVERY_S
            try:
                with connections[REPLICA].cursor() as cursor:
                    cursor.execute(_AGE)
                    age = cursor.fetchone()[0]
                self._good = age is not None and age <= settings.REPLICA_LAG_S
            except (DatabaseError, InterfaceError) as error:
                self.avoid(error)
        return self._good

    def avoid(self, error: Exception) -> None:
        """It failed: leave it alone for a while."""
        self._good, self._look_at = False, monotonic() + AVOIDED_FOR_S
        log.warning("replica_failed", error=type(error).__name__)


_health = _Health()
