"""One turn with one controller: every stream that is due, asked over one connection.

Runs in a thread of its own and touches no database: all that it needs is in the ``Turn``, all that it learned in the
``Outcome``. One stream's failure leaves the others' answers as they are. Each kind of controller has a room here, a
module that says how it's asked.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog

from ingest.asking import xcs, xovis
from ingest.asking.turns import Answered, Client, Clock, Outcome, Question, Room, Turn
from ingest.models import Stream
from ingest.wire.errors import ControllerError, KeyUnreadable, Unexpected
from sites_app.models import Controller
from sites_app.secrets import SecretUnreadable

__all__ = ["ROOMS", "Answered", "Clock", "Outcome", "Question", "Turn", "streams_of", "take"]

ROOMS: dict[str, Room[Any]] = {Controller.Kind.XCS: xcs.ROOM, Controller.Kind.XOVIS: xovis.ROOM}

# After these the other questions would only meet the same, one time-out after the other.
_HOPELESS = frozenset({"unreachable", "timed_out", "unauthorized", "tls_failed", "refused_address", "rate_limited"})

log = structlog.get_logger(__name__)


def streams_of(kind: str) -> list[str]:
    """The streams that a controller of this kind has."""
    return list(ROOMS[kind].questions)


def take(turn: Turn, clock: Clock) -> Outcome:
    """Ask all questions of a turn, in an order in which zones are known before their figures come."""
    outcome, room = Outcome(turn, clock()), ROOMS[turn.kind]
    questions = sorted(turn.questions, key=lambda question: question.kind != Stream.Kind.DISCOVERY)
    try:
        client = room.client(turn, turn.api_key.reveal(), clock)
    except SecretUnreadable as error:
        outcome.answers = [Answered(question, error=KeyUnreadable(str(error))) for question in questions]
        return outcome
    with client:
        for question in questions:
            if question.kind not in room.questions:  # a stream from when the controller was of another kind
                continue
            answered = _answered(room, client, question, outcome, clock())
            outcome.answers.append(answered)
            if answered.error is not None and answered.error.code in _HOPELESS:
                break
        outcome.clock_skew = client.clock_skew
    outcome.received_at = clock()
    return outcome


def _answered(room: Room[Any], client: Client, question: Question, outcome: Outcome, now: datetime) -> Answered:
    answered = Answered(question)
    try:
        room.questions[question.kind](client, answered, outcome, now)
    except ControllerError as error:
        answered.error = error
    except Exception as error:  # whatever it is, the other controllers of the chunk have nothing to do with it
        log.exception("question_failed", controller=str(outcome.turn.controller_id), kind=question.kind)
        answered.error = Unexpected(f"A fault of the platform's own, which its log tells of ({type(error).__name__}).")
    return answered
