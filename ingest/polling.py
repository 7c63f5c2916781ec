"""Polling: which streams are due, claimed and handed out in chunks; what a chunk brought, written once.

A claim is a conditional update that moves ``due_at`` past a lease. When the turn is taken, ``due_at`` is set to its next
turn, or later after a failure; when it comes to nothing (a worker is killed) the lease runs out and it's due again.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from ingest import asking, healing
from ingest.models import Stream
from ingest.resolve import ZoneDirectory
from sites_app.models import Controller

CHUNK = 50
THREADS = 16
LEASE = timedelta(minutes=3)

_ENSURE_STREAMS = """
    INSERT INTO ingest_stream (controller_id, kind, due_at, consecutive_failures, last_error_code, last_error, stopped, stopped_key)
    SELECT controller.id, wanted.kind, %(now)s, 0, '', '', false, ''
    FROM sites_app_controller controller, unnest(%(kinds)s::text[]) AS wanted (kind)
    WHERE controller.kind = 'xcs'
      AND NOT EXISTS (SELECT FROM ingest_stream s WHERE s.controller_id = controller.id AND s.kind = wanted.kind)
    ON CONFLICT DO NOTHING
"""
_RESUME = """
    UPDATE ingest_stream stream
    SET stopped = false, stopped_key = '', due_at = %(now)s
    FROM sites_app_controller controller
    WHERE stream.stopped AND controller.id = stream.controller_id AND md5(controller.api_key) <> stream.stopped_key
"""
_CLAIM = """
    UPDATE ingest_stream SET due_at = %(lease)s
    WHERE id IN (
        SELECT stream.id
        FROM ingest_stream stream JOIN sites_app_controller controller ON controller.id = stream.controller_id
        WHERE NOT stream.stopped AND stream.due_at <= %(now)s AND controller.enabled
        ORDER BY stream.due_at
        LIMIT %(limit)s
        FOR UPDATE OF stream SKIP LOCKED
    )
    RETURNING controller_id, kind
"""


def claim_due(*, now: datetime, limit: int = 5000) -> dict[UUID, list[str]]:
    """Claim the streams that are due, for this caller alone: the kinds to ask, by controller.

    Streams of new controllers are made here, and those that stopped at a rejected key resume once it has changed.
    """
    claimed: dict[UUID, list[str]] = {}
    ensure_streams(now=now)
    with connection.cursor() as cursor:
        cursor.execute(_RESUME, {"now": now})
        cursor.execute(_CLAIM, {"now": now, "lease": now + LEASE, "limit": limit})
        for controller_id, kind in cursor.fetchall():
            claimed.setdefault(controller_id, []).append(kind)
    return claimed


def claim(wanted: Mapping[UUID, Sequence[str]], *, now: datetime) -> None:
    """Claim these streams, due or not, stopped or not: for a person who wants to know now."""
    ensure_streams(now=now)
    kinds = {kind for kinds in wanted.values() for kind in kinds}
    Stream.objects.filter(controller__in=list(wanted), kind__in=kinds).update(due_at=now + LEASE)


def ensure_streams(*, now: datetime) -> None:
    """Make the streams of controllers that have none yet."""
    with connection.cursor() as cursor:
        cursor.execute(_ENSURE_STREAMS, {"now": now, "kinds": list(Stream.Kind.values)})


def chunks(claimed: Mapping[UUID, list[str]]) -> list[dict[UUID, list[str]]]:
    """The claimed work in pieces of at most ``CHUNK`` controllers."""
    items = list(claimed.items())
    return [dict(items[start : start + CHUNK]) for start in range(0, len(items), CHUNK)]


@dataclass(frozen=True, slots=True)
class Work:
    """A chunk as it stands in the database."""

    controllers: dict[UUID, Controller]
    streams: dict[tuple[UUID, str], Stream]
    directory: ZoneDirectory


def load(wanted: Mapping[UUID, Sequence[str]]) -> Work:
    """The controllers, streams and zones of a chunk, in three queries."""
    controllers = {controller.pk: controller for controller in Controller.objects.filter(pk__in=list(wanted))}
    streams = {
        (stream.controller_id, stream.kind): stream
        for stream in Stream.objects.filter(controller__in=list(wanted)).select_related("controller")
        if stream.kind in wanted[stream.controller_id]
    }
    return Work(controllers, streams, ZoneDirectory.of(wanted))


def turns(work: Work, *, now: datetime) -> list[asking.Turn]:
    """What to ask each controller of a chunk, now."""
    return [
        asking.Turn(
            controller_id=controller.pk,
            store_id=controller.store_id,
            base_url=controller.base_url,
            api_key=controller.api_key,
            verify_tls=controller.verify_tls,
            known_zones=work.directory.known(controller.pk),
            questions=tuple(
                question
                for (owner, _), stream in work.streams.items()
                if owner == controller.pk and (question := _question(stream, now))
            ),
        )
        for controller in work.controllers.values()
    ]


def _question(stream: Stream, now: datetime) -> asking.Question | None:
    """None for a stream of intervals of which no new one can be there yet."""
    step = _STEPS.get(stream.kind)
    if step is None:
        return asking.Question(stream.kind)
    window = healing.next_window(stream.cursor, now, step)
    return asking.Question(stream.kind, window) if window else None


_STEPS = {
    Stream.Kind.FOOTFALL.value: healing.QUARTER,
    Stream.Kind.DWELL.value: healing.HOUR,
    Stream.Kind.PATHS.value: healing.HOUR,
}


def take_all(turns: Sequence[asking.Turn], clock: asking.Clock) -> list[asking.Outcome]:
    """Take the turns of many controllers side by side; a slow one delays only its own chunk's end."""
    with ThreadPoolExecutor(max_workers=min(THREADS, max(1, len(turns)))) as threads:
        return list(threads.map(lambda turn: asking.take(turn, clock), turns))


def key_mark(controller: Controller) -> str:
    """The MD5 of the stored, encrypted key, by which a stream that stopped sees that the key was changed."""
    return hashlib.md5(controller.api_key.token.encode(), usedforsecurity=False).hexdigest()


def jitter() -> float:
    """A number in [0, 1) that spreads retries; nothing of it is ever stored as a fact."""
    return random.random()  # noqa: S311 - no secret hangs on it
