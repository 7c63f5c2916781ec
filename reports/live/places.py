"""Which stores a live figure is asked for, and what of them it shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.db import connection

from sites_app.hours import clock_of
from sites_app.models import StoreQuerySet

_AT_ONCE = 500
_SQL = Path(__file__).parent.parent / "sql"


class Place(msgspec.Struct, frozen=True, gc=False):
    """What of a store its live figures show."""

    pk: int
    code: str
    name: str
    timezone: str
    capacity: int | None

    @property
    def zone_info(self) -> ZoneInfo:
        return clock_of(self.timezone)


@dataclass(frozen=True, slots=True)
class Scope:
    """The ids of stores; None for all there are, which needn't be named one by one."""

    store_ids: tuple[int, ...] | None

    @classmethod
    def of(cls, stores: StoreQuerySet) -> Scope:
        """Those of a query. It has been narrowed to what its reader sees: this makes nothing wider."""
        if not stores.query.where:
            return cls(None)
        return cls(tuple(sorted(stores.order_by().values_list("pk", flat=True))))

    def rows(self, name: str, **parameters: Any) -> Iterator[Any]:
        """The rows of a statement in ``sql/``, of these stores alone. A few at a time: many at once are work for the collector."""
        narrowed = "" if self.store_ids is None else "AND {0} = ANY(%(store_ids)s)"
        with connection.cursor() as cursor:
            cursor.execute(_statement(name, narrowed), {**parameters, "store_ids": list(self.store_ids or ())})
            while rows := cursor.fetchmany(_AT_ONCE):
                yield from rows

    def places(self) -> Sequence[Place]:
        """The stores, by code."""
        return [Place(*row) for row in self.rows("live_stores")]


@cache
def _statement(name: str, narrowed: str) -> str:
    """A statement whose every ``of_these(COLUMN)`` narrows it to the stores that are asked for."""
    parts = (_SQL / f"{name}.sql").read_text().split("of_these(")
    made = parts[0]
    for part in parts[1:]:
        column, _, rest = part.partition(")")
        made += narrowed.format(column) + rest
    return made
