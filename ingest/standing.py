"""How streams and controllers stand after a turn: cursors, next turns, back-off, health. Written in bulk.

What a controller as a whole meets with (it can't be reached, says to wait, rejects the key) holds for all of its streams.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import connection

from ingest import backoff, condition, gaps, healing, polling, statements
from ingest.asking import HOPELESS, Answered, Outcome
from ingest.models import Stream
from ingest.wire.errors import BadRows, ControllerError
from sites_app.models import Controller

log = structlog.get_logger(__name__)

OFFLINE_AFTER = 3
"""Turns in a row in which nothing was answered."""
BAD_ROWS_TURNS = 10
"""Turns in a row (an hour of them) in which intervals that can't be read are asked for again, before others are."""

_STREAM = {
    "id": "bigint",
    "due_at": "timestamptz",
    "cursor": "timestamptz",
    "watched_from": "timestamptz",
    "last_success_at": "timestamptz",
    "consecutive_failures": "int",
    "last_error_code": "text",
    "last_error": "text",
    "stopped": "boolean",
    "stopped_key": "text",
    "lacks": "text",
    "lacks_at": "timestamptz",
}
_CONTROLLER = {
    "id": "uuid",
    "state": "text",
    "last_success_at": "timestamptz",
    "last_error": "text",
    "consecutive_failures": "int",
    "clock_skew_ms": "bigint",
    "path_analytics": "boolean",
}
_UPDATE_STREAMS = statements.update("ingest_stream", _STREAM)

_LOCK_CONTROLLERS = "SELECT FROM sites_app_controller WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
_UPDATE_CONTROLLERS = f"""
    WITH given AS (SELECT * FROM {statements.given(_CONTROLLER)}), failing AS (
        SELECT DISTINCT ON (controller_id) controller_id, last_error FROM ingest_stream
        WHERE controller_id IN (SELECT id FROM given) AND consecutive_failures > 0
        ORDER BY controller_id, due_at
    )
    UPDATE sites_app_controller AS controller SET
        state = CASE WHEN given.state = 'online' AND failing.controller_id IS NOT NULL THEN 'degraded' ELSE given.state END,
        last_error = CASE WHEN given.state = 'online' THEN coalesce(failing.last_error, '') ELSE given.last_error END,
        last_success_at = given.last_success_at,
        consecutive_failures = given.consecutive_failures,
        clock_skew_ms = given.clock_skew_ms,
        path_analytics = given.path_analytics
    FROM given LEFT JOIN failing ON failing.controller_id = given.id
    WHERE controller.id = given.id
"""
# Rows that another turn of the same controller is just writing are left to it: it has met the same.
_PUT_OFF = """
    UPDATE ingest_stream AS stream SET due_at = greatest(due_at, given.until)
    FROM unnest(%s::uuid[], %s::timestamptz[]) AS given (controller_id, until)
    WHERE stream.controller_id = given.controller_id AND stream.id IN (
        SELECT id FROM ingest_stream WHERE controller_id = ANY(%s) AND NOT stopped FOR UPDATE SKIP LOCKED
    )
"""
_STOP = """
    UPDATE ingest_stream AS stream
    SET stopped = true, stopped_key = given.key, last_error_code = 'unauthorized', last_error = given.error
    FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS given (controller_id, key, error)
    WHERE stream.controller_id = given.controller_id AND stream.id IN (
        SELECT id FROM ingest_stream WHERE controller_id = ANY(%s) AND NOT stopped FOR UPDATE SKIP LOCKED
    )
"""
# A key that was rejected and is taken again, be it that a person tried: all go on.
_GO_ON = """
    UPDATE ingest_stream AS stream SET stopped = false, stopped_key = '', due_at = given.at
    FROM unnest(%s::uuid[], %s::timestamptz[]) AS given (controller_id, at)
    WHERE stream.controller_id = given.controller_id AND stream.id IN (
        SELECT id FROM ingest_stream WHERE controller_id = ANY(%s) AND stopped FOR UPDATE SKIP LOCKED
    )
"""


@dataclass(slots=True)
class Noted:
    """What was noted of turns: how many failed, and whose other streams are to go on, to wait (until when), or to stop."""

    failed: int = 0
    goes_on: list[tuple[UUID, datetime]] = field(default_factory=list)
    waits: list[tuple[UUID, datetime]] = field(default_factory=list)
    stops: list[tuple[UUID, str, str]] = field(default_factory=list)


def lock(outcomes: Sequence[Outcome]) -> None:
    """Let one writer at a time write what concerns these controllers, until its transaction ends.

    Two turns of one controller may end at the same time: locked in one order, their writers never wait in a ring.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_CONTROLLERS, [[outcome.turn.controller_id for outcome in outcomes]])


def note(work: polling.Work, outcomes: Sequence[Outcome], now: datetime) -> Noted:
    """Write how the streams of these turns stand, and their controllers. To be called with these locked."""
    noted, streams, healed = Noted(), list[Stream](), list[gaps.Gap]()
    controllers = [work.controllers[outcome.turn.controller_id] for outcome in outcomes]
    conditions = condition.of(controllers, now=now)
    for controller, outcome in zip(controllers, outcomes, strict=True):
        is_known = _is_known(outcome, controller)
        if controller.state == Controller.State.UNAUTHORIZED and _has_answered(outcome):
            noted.goes_on.append((controller.pk, now))
        said = conditions.get(controller.pk, condition.Condition())
        noted.failed += _note_controller(controller, outcome, said, is_known=is_known)
        until = _note_wait(noted, controller, outcome, now)
        for stream in work.by_controller[controller.pk]:
            healed += _move(stream, outcome, until, now, is_known=is_known)
            streams.append(stream)
    with connection.cursor() as cursor:
        if streams:
            cursor.execute(_UPDATE_STREAMS, _columns(streams, _STREAM))
        if controllers:
            cursor.execute(_UPDATE_CONTROLLERS, _columns(controllers, _CONTROLLER))
    gaps.remember(healed, healed_at=now)
    return noted


def put_off(noted: Noted) -> None:
    """Let the controllers' other streams go on, wait, or stop, too. To be called when what was noted is committed."""
    told: tuple[tuple[str, list[Any]], ...] = (
        (_GO_ON, noted.goes_on),
        (_PUT_OFF, noted.waits),
        (_STOP, noted.stops),
    )
    with connection.cursor() as cursor:
        for statement, rows in told:
            if rows:
                columns = [list(column) for column in zip(*rows, strict=True)]
                cursor.execute(statement, [*columns, columns[0]])


def harmless(answered: Answered, *, is_known: bool) -> bool:
    """A disabled feature, or intervals that older firmware doesn't have: a fact about a controller, no failure of it.

    ``is_known``: it has shown itself to be a controller; else it's rather the address that is wrong.
    """
    if answered.error is None or answered.question.kind not in healing.STEPS:
        return False
    lacks = answered.error.code == "not_found" and is_known and not answered.answers
    return lacks or answered.error.code == "feature_disabled"


def failures(outcome: Outcome, controller: Controller) -> list[ControllerError]:
    """What went wrong in a turn, facts about the controller aside. It's the same before the turn is noted and after."""
    is_known = _is_known(outcome, controller)
    return [a.error for a in outcome.answers if a.error and not harmless(a, is_known=is_known)]


def _is_known(outcome: Outcome, controller: Controller) -> bool:
    """Whether it's a controller that speaks: by this turn, or, if that was of intervals that it lacks alone, by the last."""
    if _has_answered(outcome):
        return True
    spoke = controller.last_success_at is not None and controller.consecutive_failures == 0
    return spoke and all(harmless(answered, is_known=True) for answered in outcome.answers)


def _has_answered(outcome: Outcome) -> bool:
    return any(answered.error is None or answered.answers for answered in outcome.answers)


def _columns(rows: Sequence[Any], types: dict[str, str]) -> list[list[Any]]:
    return [[getattr(row, name) for row in rows] for name in types]


def _last_error(outcome: Outcome) -> ControllerError | None:
    return outcome.answers[-1].error if outcome.answers else None


def _note_controller(controller: Controller, outcome: Outcome, said: condition.Condition, *, is_known: bool) -> bool:
    """Set how a controller is doing; whether anything failed. Facts alone say nothing of that.

    ``said`` is what a bare sensor tells of itself by its pushes.
    """
    if outcome.clock_skew is not None:
        controller.clock_skew_ms = round(outcome.clock_skew.total_seconds() * 1000)
    for answered in outcome.answers:
        if answered.question.kind == Stream.Kind.PATHS and (
            answered.error is None or harmless(answered, is_known=is_known)
        ):
            controller.path_analytics = answered.error is None
    errors = [a.error for a in outcome.answers if a.error and not harmless(a, is_known=is_known)]
    if _has_answered(outcome):
        controller.last_success_at, controller.consecutive_failures = outcome.received_at, 0
        controller.state = Controller.State.DEGRADED if errors or said.ailing else Controller.State.ONLINE
    elif errors:
        controller.consecutive_failures += 1
        is_offline = controller.consecutive_failures >= OFFLINE_AFTER and not said.heard
        controller.state = Controller.State.OFFLINE if is_offline else Controller.State.DEGRADED
    if any(error.code == "unauthorized" for error in errors):
        controller.state = Controller.State.UNAUTHORIZED
    if errors or _has_answered(outcome):
        _note_error(controller, errors[0] if errors else None, said.ailing)
    return bool(errors)


def _note_error(controller: Controller, error: ControllerError | None, ailing: str) -> None:
    said = str(error) if error else ailing
    if error and said != controller.last_error:  # once, not every time
        log.warning("poll_failed", controller=str(controller.pk), code=error.code, error=said)
    controller.last_error = said


def _note_wait(noted: Noted, controller: Controller, outcome: Outcome, now: datetime) -> datetime:
    """When the controller may be asked again, by what it met with as a whole."""
    error = _last_error(outcome)
    if error is None or error.code not in HOPELESS:
        return now
    if error.code == "unauthorized":
        noted.stops.append((controller.pk, polling.key_mark(controller), str(error)))
        return now
    failures = max(1, controller.consecutive_failures)
    until = backoff.retry_at(now, failures, polling.jitter(), error.retry_after)
    noted.waits.append((controller.pk, until))
    return until


def _move(stream: Stream, outcome: Outcome, until: datetime, now: datetime, *, is_known: bool) -> list[gaps.Gap]:
    """Set a stream's cursor, its next turn, and what went wrong; the gap that this has healed, if any."""
    answered = next((answered for answered in outcome.answers if answered.question.kind == stream.kind), None)
    if answered is None:
        was_asked = any(question.kind == stream.kind for question in outcome.turn.questions)
        error = _last_error(outcome) if was_asked else None
        if error is not None:  # what is left isn't asked, after an error that all would meet
            _fail(stream, error, until, now)
        else:  # there was nothing to ask for yet
            stream.due_at = stream.next_due(now)
        return []
    healed = _advance(stream, answered, outcome.clock_skew, now)
    _note_lacks(stream, answered, now)
    if answered.error is None:
        _succeed(stream, answered, now)
    elif harmless(answered, is_known=is_known):
        _remember(stream, answered.error, now)
    else:
        _fail(stream, answered.error, until, now)
    return healed


def _advance(stream: Stream, answered: Answered, skew: timedelta | None, now: datetime) -> list[gaps.Gap]:
    """Move the cursor to where the answer has brought it; the gap that lay behind."""
    if answered.cursor is None or answered.question.window is None:
        return []
    if isinstance(answered.error, BadRows) and stream.consecutive_failures < BAD_ROWS_TURNS:
        return []
    controllers_now = now + min(skew or timedelta(), timedelta())
    missing = healing.gap(stream.kind, stream.cursor, stream.watched_from, controllers_now)
    stream.cursor = answered.cursor
    if missing is None:
        return []
    start, end = max(missing[0], answered.question.window[0]), min(missing[1], answered.cursor)
    return [gaps.Gap(stream.controller_id, stream.kind, start, end)] if start < end else []


def _note_lacks(stream: Stream, answered: Answered, now: datetime) -> None:
    lacking = answered.lacking | answered.question.lacking
    stream.lacks = " ".join(sorted(lacking))
    if answered.lacking:
        stream.lacks_at = now


def _succeed(stream: Stream, answered: Answered, now: datetime) -> None:
    stream.due_at, stream.last_success_at = stream.next_due(now), now
    stream.consecutive_failures, stream.last_error_code, stream.last_error = 0, "", ""
    stream.stopped, stream.stopped_key = False, ""
    window = answered.question.window
    if window and window[1] < now - healing.HOUR and answered.cursor == window[1]:
        stream.due_at = now  # there is more to heal


def _remember(stream: Stream, error: ControllerError, now: datetime) -> None:
    """What the controller doesn't have is asked for again in a day, and until then nothing is missing."""
    stream.due_at, stream.watched_from = now + backoff.FEATURE_RETRY, now
    stream.consecutive_failures, stream.last_error_code, stream.last_error = 0, error.code, str(error)


def _fail(stream: Stream, error: ControllerError, until: datetime, now: datetime) -> None:
    stream.consecutive_failures += 1
    stream.last_error_code, stream.last_error = error.code, str(error)
    if error.code == "unauthorized":
        stream.stopped, stream.stopped_key = True, polling.key_mark(stream.controller)
    elif error.code == "feature_disabled":
        stream.due_at = now + backoff.FEATURE_RETRY
    else:
        again = backoff.retry_at(now, stream.consecutive_failures, polling.jitter(), error.retry_after)
        stream.due_at = max(again, until)
