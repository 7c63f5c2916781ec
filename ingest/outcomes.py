"""What a chunk of turns brought, written once: zones found, facts, faults, cursors, and how the controllers are doing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from ingest import backoff, discovery, facts, healing, health, polling, quarantine
from ingest.asking import Answered, Outcome
from ingest.models import Quarantine, Stream
from ingest.quarantine import Fault
from ingest.readings import Reading, future_limit
from ingest.resolve import ZoneDirectory, resolve
from ingest.xcs.errors import XcsError
from sites_app.models import Controller


@dataclass(slots=True)
class Tally:
    """What was written."""

    controllers: int = 0
    facts: int = 0
    faults: int = 0
    failures: int = 0


def write(work: polling.Work, outcomes: Sequence[Outcome], *, now: datetime) -> Tally:
    """Write what all turns of a chunk brought, in one transaction."""
    tally = Tally(controllers=len(outcomes))
    with transaction.atomic():
        tally.facts, tally.faults = keep(outcomes, work.directory, now=now)
        _move_streams(work, outcomes, now)
        tally.failures = health.note(work.controllers, outcomes)
    return tally


def keep(outcomes: Sequence[Outcome], directory: ZoneDirectory, *, now: datetime) -> tuple[int, int]:
    """Write zones found, facts and faults, within the caller's transaction; how many facts and faults there were."""
    found = {outcome.turn.controller_id: outcome.found for outcome in outcomes if outcome.found}
    if found:
        discovery.keep(found, now=now)
        directory = ZoneDirectory.of({outcome.turn.controller_id for outcome in outcomes})
    rows, faults = facts.Facts(), list[Fault]()
    for outcome in outcomes:
        _collect(outcome, directory, rows, faults)
    facts.write(rows)
    return len(rows), quarantine.keep(faults, received_at=now)


def _collect(outcome: Outcome, directory: ZoneDirectory, rows: facts.Facts, faults: list[Fault]) -> None:
    """Add one controller's facts and faults to the chunk's."""
    turn, received_at = outcome.turn, outcome.received_at
    for answered in outcome.answers:
        readings, too_early = future_limit(answered.readings, received_at=received_at)
        resolved = resolve(
            readings, directory, store_id=turn.store_id, controller_id=turn.controller_id, received_at=received_at
        )
        rows.add(resolved.facts)
        faults.extend(_faults(outcome, answered, resolved.unknown))
        faults.extend(_fault(outcome, answered, item.reason, item.pointer, item.raw) for item in too_early)


def _faults(outcome: Outcome, answered: Answered, unknown: Iterable[Reading]) -> list[Fault]:
    faults = [_fault(outcome, answered, item.reason, item.pointer, item.raw) for item in answered.rejected]
    faults += [
        _fault(outcome, answered, "A zone that the controller lists nowhere.", "", repr(reading).encode())
        for reading in unknown
    ]
    excerpt = getattr(answered.error, "excerpt", b"")
    if answered.error is not None and excerpt:
        faults.append(_fault(outcome, answered, str(answered.error), "", excerpt))
    return faults


def _fault(outcome: Outcome, answered: Answered, reason: str, pointer: str, body: bytes) -> Fault:
    turn = outcome.turn
    return Fault(
        turn.store_id, turn.controller_id, Quarantine.Source.POLL, answered.question.kind, reason, pointer, body
    )


def _move_streams(work: polling.Work, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Set each stream's cursor, its next turn, and what went wrong."""
    answers = {
        (outcome.turn.controller_id, answered.question.kind): answered
        for outcome in outcomes
        for answered in outcome.answers
    }
    broken = {outcome.turn.controller_id: _first_error(outcome) for outcome in outcomes}
    for key, stream in work.streams.items():
        answered = answers.get(key)
        error = answered.error if answered else broken.get(key[0])
        if error is not None:
            _failed(stream, error, now)
        else:
            _succeeded(stream, answered, now)
    _stop_or_resume(work, outcomes, now)
    Stream.objects.bulk_update(work.streams.values(), _STREAM_FIELDS)


def _stop_or_resume(work: polling.Work, outcomes: Sequence[Outcome], now: datetime) -> None:
    """A rejected key stops all streams of its controller; where it's taken again, all go on."""
    rejected, taken = dict[UUID, str](), list[UUID]()
    for outcome in outcomes:
        controller = work.controllers[outcome.turn.controller_id]
        if any(answered.error is not None and answered.error.code == "unauthorized" for answered in outcome.answers):
            rejected[controller.pk] = polling.key_mark(controller)
        elif controller.state == Controller.State.UNAUTHORIZED and any(a.error is None for a in outcome.answers):
            taken.append(controller.pk)
    if rejected:
        with connection.cursor() as cursor:
            cursor.execute(_STOP, [list(rejected), list(rejected.values())])
    if taken:
        stopped = Stream.objects.filter(controller__in=taken, stopped=True)
        stopped.update(stopped=False, stopped_key="", due_at=now)


_STOP = """
    UPDATE ingest_stream SET stopped = true, stopped_key = rejected.mark
    FROM unnest(%s::uuid[], %s::text[]) AS rejected (controller_id, mark)
    WHERE ingest_stream.controller_id = rejected.controller_id
"""
_STREAM_FIELDS = ["due_at", "cursor", "last_success_at", "consecutive_failures", "last_error_code", "last_error"]


def _succeeded(stream: Stream, answered: Answered | None, now: datetime) -> None:
    stream.due_at = stream.next_due(now)
    if answered is not None and answered.cursor is not None and answered.question.window is not None:
        stream.cursor = answered.cursor
        behind = answered.question.window[1] < now - healing.HOUR
        if behind and answered.cursor == answered.question.window[1]:
            stream.due_at = now  # there is more to heal
    if answered is not None:
        stream.last_success_at = now
    stream.consecutive_failures, stream.last_error_code, stream.last_error = 0, "", ""


def _failed(stream: Stream, error: XcsError, now: datetime) -> None:
    stream.consecutive_failures = 0 if health.harmless(stream.kind, error) else stream.consecutive_failures + 1
    stream.last_error_code, stream.last_error = error.code, str(error)
    if health.harmless(stream.kind, error) or error.code == "feature_disabled":
        stream.due_at = now + backoff.FEATURE_RETRY
    else:
        stream.due_at = backoff.retry_at(now, stream.consecutive_failures, polling.jitter(), error.retry_after)


def _first_error(outcome: Outcome) -> XcsError | None:
    """The error after which the controller wasn't asked any further."""
    last = outcome.answers[-1] if outcome.answers else None
    return last.error if last and len(outcome.answers) < len(outcome.turn.questions) else None
