"""Polling: which streams are due, claimed and handed out in chunks, and what each is to be asked.

A claim is a conditional update that moves ``due_at`` past a lease. When the turn is taken, ``due_at`` is set to its next
turn, or later after a failure; when it comes to nothing (a worker is killed) the lease runs out and it's due again.

What is behind (a new controller's past, or what an outage left out) comes in answers of days, a thousand times as long as
those of the moment. It is claimed apart, a little at a time, so that however much of it there is, nobody's present waits.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from django.db import connection

from ingest import asking, backoff, healing
from ingest.models import Stream
from ingest.resolve import ZoneDirectory
from sites_app.models import Controller

CHUNK = 50
LEASE = timedelta(minutes=3)
LIMIT = 5000
"""How many streams are claimed at once."""
STEP = timedelta(minutes=1)
"""Clocks of machines that work together differ by less."""
BEHIND = timedelta(hours=6)
"""How far back the cursor of a stream of intervals may lie before it counts as behind."""
BEHIND_LIMIT = 30
"""How many streams that are behind are handed out at a time: about a second of work."""

_ENSURE_STREAMS = """
    INSERT INTO ingest_stream (controller_id, kind, due_at, watched_from, consecutive_failures, last_error_code, last_error, stopped, stopped_key)
    SELECT controller.id, wanted.kind, %(now)s, %(now)s, 0, '', '', false, ''
    FROM sites_app_controller controller
    JOIN unnest(%(controller_kinds)s::text[], %(kinds)s::text[]) AS wanted (controller_kind, kind)
      ON wanted.controller_kind = controller.kind
    WHERE NOT EXISTS (SELECT FROM ingest_stream s WHERE s.controller_id = controller.id AND s.kind = wanted.kind)
    ON CONFLICT DO NOTHING
"""
_RESUME = """
    UPDATE ingest_stream stream
    SET stopped = false, stopped_key = '', due_at = %(now)s
    FROM sites_app_controller controller
    WHERE stream.stopped AND controller.id = stream.controller_id AND md5(controller.api_key) <> stream.stopped_key
"""
# A stream that did well in what is now the future was put off by a clock that has been set back since: its turn may be hours
# away, and is now.
_STEPPED_BACK = """
    UPDATE ingest_stream SET due_at = %(now)s WHERE last_success_at > %(future)s AND due_at > %(now)s
"""
_CLAIM = """
    UPDATE ingest_stream SET due_at = %(lease)s
    WHERE id IN (
        SELECT stream.id
        FROM ingest_stream stream JOIN sites_app_controller controller ON controller.id = stream.controller_id
        WHERE NOT stream.stopped AND stream.due_at <= %(now)s AND controller.enabled
          AND (%(behind)s::boolean IS NULL OR %(behind)s::boolean = (
              stream.kind = ANY(%(kinds)s) AND coalesce(stream.cursor < %(fresh)s, true)
          ))
        ORDER BY stream.due_at
        LIMIT %(limit)s
        FOR UPDATE OF stream SKIP LOCKED
    )
    RETURNING controller_id, kind
"""


def due_chunks(*, now: datetime) -> list[dict[UUID, list[str]]]:
    """Claim what is due and cut it into chunks: first the present, then a little of what is behind."""
    present = claim_due(now=now, behind=False)
    return chunks(present) + chunks(_claim(now, BEHIND_LIMIT, behind=True))


def claim_due(*, now: datetime, limit: int = LIMIT, behind: bool | None = None) -> dict[UUID, list[str]]:
    """Claim the streams that are due, for this caller alone: the kinds to ask, by controller.

    ``behind``: only those that are behind, or only those that aren't. Streams of new controllers are made here, and those
    that stopped at a rejected key resume once it has changed.
    """
    ensure_streams(now=now)
    with connection.cursor() as cursor:
        cursor.execute(_RESUME, {"now": now})
        cursor.execute(_STEPPED_BACK, {"now": now, "future": now + STEP})
    return _claim(now, limit, behind=behind)


def _claim(now: datetime, limit: int, *, behind: bool | None) -> dict[UUID, list[str]]:
    claimed: dict[UUID, list[str]] = {}
    which = {"behind": behind, "kinds": list(healing.STEPS), "fresh": now - BEHIND}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"now": now, "lease": now + LEASE, "limit": limit, **which})
        for controller_id, kind in cursor.fetchall():
            claimed.setdefault(controller_id, []).append(kind)
    return claimed


def claim(wanted: Mapping[UUID, Sequence[str]], *, now: datetime) -> None:
    """Claim these streams, due or not, stopped or not: for a person who wants to know now."""
    ensure_streams(now=now)
    kinds = {kind for kinds in wanted.values() for kind in kinds}
    streams = Stream.objects.filter(controller__in=list(wanted), kind__in=kinds, due_at__lt=now + LEASE)
    streams.update(due_at=now + LEASE)


def ensure_streams(*, now: datetime) -> None:
    """Make the streams of controllers that have none yet: those that their kind has."""
    pairs = [(controller_kind, kind) for controller_kind in asking.ROOMS for kind in asking.streams_of(controller_kind)]
    controller_kinds, kinds = zip(*pairs, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_ENSURE_STREAMS, {"now": now, "controller_kinds": list(controller_kinds), "kinds": list(kinds)})


def chunks(claimed: Mapping[UUID, list[str]]) -> list[dict[UUID, list[str]]]:
    """The claimed work in pieces of at most ``CHUNK`` controllers."""
    items = list(claimed.items())
    return [dict(items[start : start + CHUNK]) for start in range(0, len(items), CHUNK)]


@dataclass(frozen=True)
class Work:
    """A chunk as it stands in the database."""

    controllers: dict[UUID, Controller]
    streams: dict[tuple[UUID, str], Stream]
    directory: ZoneDirectory

    @cached_property
    def by_controller(self) -> dict[UUID, list[Stream]]:
        """Each controller's streams."""
        grouped: dict[UUID, list[Stream]] = {controller_id: [] for controller_id in self.controllers}
        for stream in self.streams.values():
            grouped[stream.controller_id].append(stream)
        return grouped


def load(wanted: Mapping[UUID, Sequence[str]]) -> Work:
    """The controllers, streams and zones of a chunk, in three queries."""
    controllers = {
        controller.pk: controller for controller in Controller.objects.filter(pk__in=list(wanted)).order_by()
    }
    streams, kinds = {}, {kind for wanted_kinds in wanted.values() for kind in wanted_kinds}
    for stream in Stream.objects.filter(controller__in=list(controllers), kind__in=kinds).order_by():
        if stream.kind in wanted[stream.controller_id]:
            stream.controller = controllers[stream.controller_id]
            streams[stream.controller_id, stream.kind] = stream
    return Work(controllers, streams, ZoneDirectory.of(controllers))


def turns(work: Work, *, now: datetime) -> list[asking.Turn]:
    """What to ask each controller of a chunk, now."""
    return [
        asking.Turn.of(
            controller,
            work.directory.known(controller.pk),
            (
                question
                for stream in work.by_controller[controller.pk]
                if (question := _question(stream, now)) is not None
            ),
        )
        for controller in work.controllers.values()
    ]


def _question(stream: Stream, now: datetime) -> asking.Question | None:
    """None for a stream of intervals of which no new one can be there yet."""
    tried = stream.lacks_at is not None and now < stream.lacks_at + backoff.FEATURE_RETRY
    lacking = frozenset(stream.lacks.split()) if tried else frozenset[str]()
    step = healing.STEPS.get(stream.kind)
    if step is None:
        return asking.Question(stream.kind, lacking=lacking)
    cursor = stream.cursor
    if cursor is None and stream.watched_from < now - healing.FIRST_CONTACT:
        cursor = healing.floor(stream.watched_from, step)  # nothing was answered ever since
    window = healing.next_window(cursor, now, step)
    return asking.Question(stream.kind, window, lacking) if window else None


def key_mark(controller: Controller) -> str:
    """The MD5 of the stored, encrypted key, by which a stream that stopped sees that the key was changed."""
    return hashlib.md5(controller.api_key.token.encode(), usedforsecurity=False).hexdigest()


def jitter() -> float:
    """A number in [0, 1) that spreads retries; nothing of it is ever stored as a fact."""
    return random.random()  # noqa: S311 - no secret hangs on it
