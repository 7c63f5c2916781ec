"""What has changed since the last look: one statement for all listeners, and the answers of the stores that it names.

A row's ``xmin`` is the transaction that wrote it. Whatever was still in flight at the last look has a number from that
look's oldest running transaction on, so nothing that is committed late is missed, and writers need to do nothing for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from django.db import connection

from reports import live
from reports.api.answers import occupancy_answers, queue_answers
from reports.live.instants import instant_of, us_of
from sites_app.models import Store

_MARK = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"
# The age of a row's transaction counts backwards from now: no older than the mark means written since then.
_CHANGED = """
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text, array(
        SELECT store_id FROM ingest_zonestate WHERE age(xmin) <= age(mark)
        UNION SELECT store_id FROM sites_app_zone WHERE age(xmin) <= age(mark)
        UNION SELECT id FROM sites_app_store WHERE age(xmin) <= age(mark)
    ), (SELECT count(*) FROM sites_app_store)
    FROM (SELECT %s::xid8::xid AS mark) AS since
"""

Kind = Literal["occupancy", "queue"]


@dataclass(frozen=True, slots=True)
class Current:
    """A store's occupancy or a queue as it is now. ``stale_at`` is when it becomes unknown if nothing else comes."""

    kind: Kind
    subject: int
    store_id: int
    answer: dict[str, Any]
    stale_at: datetime | None

    @property
    def key(self) -> tuple[Kind, int]:
        return self.kind, self.subject


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the database: all of these stores, as they were at ``at``. ``mark`` is where the next look begins.

    ``store_count`` is how many stores there are at all: it tells of those that are gone.
    """

    mark: str
    at: datetime
    store_count: int
    store_ids: frozenset[int]
    currents: list[Current]


def first_look() -> Look:
    """All stores."""
    with connection.cursor() as cursor:
        cursor.execute(_MARK)
        (mark,) = cursor.fetchone()
    now = datetime.now(UTC)
    store_ids = frozenset(Store.objects.values_list("pk", flat=True))
    return Look(mark, now, len(store_ids), store_ids, list(_currents(live.Scope(None), now)))


def look(since: str, stale: Collection[int]) -> Look:
    """The stores that have changed since a mark, and these, whose samples no longer hold."""
    now = datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, [since])
        mark, changed, store_count = cursor.fetchone()
    store_ids = frozenset(changed) | frozenset(stale)
    return Look(
        mark, now, store_count, store_ids, list(_currents(live.Scope(tuple(store_ids)), now)) if store_ids else []
    )


def _currents(scope: live.Scope, now: datetime) -> Iterator[Current]:
    items = live.occupancy(scope, now=now)
    for item, told in zip(items, occupancy_answers(items, us_of(now)), strict=True):
        until = instant_of(live.occupancy_until_us([item]))
        yield Current("occupancy", item.store.pk, item.store.pk, msgspec.to_builtins(told), until)
    queues = live.queues(scope, now=now)
    for queue, waiting in zip(queues, queue_answers(queues, us_of(now)), strict=True):
        until = instant_of(live.queues_until_us([queue]))
        yield Current("queue", queue.pk, queue.store.pk, msgspec.to_builtins(waiting), until)
