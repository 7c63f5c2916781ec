"""What a chunk of turns brought, written once: zones found, facts, faults, cursors, and how the controllers are doing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction

from ingest import backoff, discovery, facts, healing, health, polling, quarantine
from ingest.asking import Answered, Outcome
from ingest.models import Quarantine, Stream
from ingest.quarantine import Fault
from ingest.readings import Reading, future_limit
from ingest.resolve import ZoneDirectory, resolve
from ingest.wire.errors import ControllerError
from sites_app.models import Controller

log = structlog.get_logger(__name__)


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
        found = {outcome.turn.controller_id: outcome.found for outcome in outcomes if outcome.found}
        if found:
            discovery.keep(found, now=now)
        directory = ZoneDirectory.of(work.controllers) if found else work.directory
        rows, faults = facts.Facts(), list[Fault]()
        for outcome in outcomes:
            collect(outcome, directory, rows, faults)
        facts.write(rows)
        tally.facts, tally.faults = len(rows), quarantine.keep(faults, received_at=now)
        _move_streams(work, outcomes, now)
        tally.failures = _note_health(work, outcomes, now)
    return tally


def collect(outcome: Outcome, directory: ZoneDirectory, rows: facts.Facts, faults: list[Fault]) -> None:
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
            _failed(stream, work.controllers[key[0]], error, now)
        else:
            _succeeded(stream, answered, now)
    Stream.objects.bulk_update(
        work.streams.values(),
        [
            "due_at",
            "cursor",
            "last_success_at",
            "consecutive_failures",
            "last_error_code",
            "last_error",
            "stopped",
            "stopped_key",
        ],
    )


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


def _failed(stream: Stream, controller: Controller, error: ControllerError, now: datetime) -> None:
    stream.consecutive_failures += 1
    stream.last_error_code, stream.last_error = error.code, str(error)
    if error.code == "unauthorized":
        stream.stopped, stream.stopped_key = True, polling.key_mark(controller)
    elif error.code == "feature_disabled":
        stream.due_at, stream.consecutive_failures = now + backoff.FEATURE_RETRY, 0
    else:
        stream.due_at = backoff.retry_at(now, stream.consecutive_failures, polling.jitter(), error.retry_after)


def _first_error(outcome: Outcome) -> ControllerError | None:
    """The error after which the controller wasn't asked any further."""
    last = outcome.answers[-1] if outcome.answers else None
    return last.error if last and len(outcome.answers) < len(outcome.turn.questions) else None


def harmless(error: ControllerError) -> bool:
    """A disabled feature or a path that older firmware doesn't have: a fact about a controller, not a failure of it."""
    return error.code in ("feature_disabled", "not_found")


def _note_health(work: polling.Work, outcomes: Sequence[Outcome], now: datetime) -> int:
    """Write how each controller is doing; how many failed."""
    failed, said = 0, health.of(work.controllers.values(), now=now)
    for outcome in outcomes:
        controller = work.controllers[outcome.turn.controller_id]
        if outcome.clock_skew is not None:
            controller.clock_skew_ms = round(outcome.clock_skew.total_seconds() * 1000)
        for answered in outcome.answers:
            if answered.question.kind == Stream.Kind.PATHS:
                disabled = answered.error is not None and answered.error.code == "feature_disabled"
                controller.path_analytics = False if disabled else controller.path_analytics
                controller.path_analytics = True if answered.error is None else controller.path_analytics
        errors = [answered.error for answered in outcome.answers if answered.error and not harmless(answered.error)]
        failed += bool(errors)
        _note(controller, outcome, errors, said.get(controller.pk, health.Health()))
    Controller.objects.bulk_update(
        work.controllers.values(),
        ["state", "last_success_at", "last_error", "consecutive_failures", "clock_skew_ms", "path_analytics"],
    )
    return failed


def _note(controller: Controller, outcome: Outcome, errors: Sequence[ControllerError], said: health.Health) -> None:
    if not errors:
        if outcome.answers:
            controller.state = Controller.State.DEGRADED if said.ailing else Controller.State.ONLINE
            controller.last_success_at = outcome.received_at
            controller.consecutive_failures, controller.last_error = 0, said.ailing
        return
    error = errors[0]
    controller.consecutive_failures += 1
    controller.last_error = str(error)
    if error.code == "unauthorized":
        controller.state = Controller.State.UNAUTHORIZED
    elif (
        said.heard
        or any(answered.error is None for answered in outcome.answers)
        or controller.consecutive_failures < _OFFLINE_AFTER
    ):
        controller.state = Controller.State.DEGRADED
    else:
        controller.state = Controller.State.OFFLINE
    log.warning("poll_failed", controller=str(controller.pk), code=error.code, error=str(error))


_OFFLINE_AFTER = 3
