"""One turn with one controller: every stream that is due, asked over one connection.

Runs in a thread of its own and touches no database: all that it needs is in the ``Turn``, all that it learned in the
``Outcome``. One stream's failure leaves the others' answers as they are. Each kind of controller has a room here, a
module that says how it's asked.
"""

from __future__ import annotations

from typing import Any

from ingest.asking import xcs, xovis
from ingest.asking.turns import Answered, Clock, Outcome, Question, Room, Turn
from ingest.models import Stream
from ingest.wire.errors import ControllerError
from sites_app.models import Controller

__all__ = ["ROOMS", "Answered", "Clock", "Outcome", "Question", "Turn", "streams_of", "take"]

ROOMS: dict[str, Room[Any]] = {Controller.Kind.XCS: xcs.ROOM, Controller.Kind.XOVIS: xovis.ROOM}

# After these the other questions would only meet the same, one time-out after the other.
_HOPELESS = frozenset({"unreachable", "timed_out", "unauthorized", "tls_failed", "refused_address", "rate_limited"})


def streams_of(kind: str) -> list[str]:
    """The streams that a controller of this kind has."""
    return list(ROOMS[kind].questions)


def take(turn: Turn, clock: Clock) -> Outcome:
    """Ask all questions of a turn, in an order in which zones are known before their figures come."""
    outcome, room = Outcome(turn, clock()), ROOMS[turn.kind]
    with room.client(turn, clock) as client:
        for question in sorted(turn.questions, key=lambda question: question.kind != Stream.Kind.DISCOVERY):
            if question.kind not in room.questions:  # a stream from when the controller was of another kind
                continue
            answered = Answered(question)
            try:
                room.questions[question.kind](client, answered, outcome, clock())
            except ControllerError as error:
                answered.error = error
            outcome.answers.append(answered)
            if answered.error is not None and answered.error.code in _HOPELESS:
                break
        outcome.clock_skew = client.clock_skew
    outcome.received_at = clock()
    return outcome
