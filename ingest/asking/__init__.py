"""One turn with one controller: every stream that is due, asked over one connection.

Runs in a thread of its own and touches no database: all that it needs is in the ``Turn``, all that it learned in the
``Outcome``. One stream's failure leaves the others' answers as they are. Each kind of controller has a room here, a
module that says how it's asked.
"""

from __future__ import annotations

import atexit
from datetime import datetime
from typing import Any

import structlog

from ingest.asking import xcs, xovis
from ingest.asking.turns import HOPELESS, Answered, Clock, Outcome, Question, Room, Turn
from ingest.kept import KeptClients, most_connections
from ingest.wire.errors import ControllerError, KeyUnreadable, Unexpected
from sites_app.models import Controller
from sites_app.secrets import SecretUnreadable

__all__ = ["HOPELESS", "ROOMS", "Answered", "Clock", "Outcome", "Question", "Turn", "streams_of", "take"]

ROOMS: dict[str, Room[Any]] = {Controller.Kind.XCS.value: xcs.ROOM, Controller.Kind.XOVIS.value: xovis.ROOM}

log = structlog.get_logger(__name__)

_clients = KeptClients(most_connections())
atexit.register(_clients.close)


def streams_of(kind: str) -> list[str]:
    """The streams that a controller of this kind has."""
    return list(ROOMS[kind].questions)


def take(turn: Turn, clock: Clock) -> Outcome:
    """Ask all questions of a turn, in an order in which zones are known before their figures come.

    Not those of streams from when the controller was of another kind.
    """
    outcome, room, order = Outcome(turn, clock()), ROOMS[turn.kind], streams_of(turn.kind)
    questions = sorted((q for q in turn.questions if q.kind in order), key=lambda question: order.index(question.kind))
    try:
        config = turn.base_url, turn.api_key.reveal(), turn.verify_tls
    except SecretUnreadable as error:
        outcome.answers = [Answered(question, error=KeyUnreadable(str(error))) for question in questions]
        return outcome
    with _clients.lend(turn.controller_id, config, clock, room.client) as client:
        for question in questions:
            answered = _answered(room, client, question, outcome, clock())
            outcome.answers.append(answered)
            if answered.error is not None and answered.error.code in HOPELESS:
                break
        outcome.clock_skew = client.clock_skew
    outcome.received_at = clock()
    return outcome


def _answered(room: Room[Any], client: Any, question: Question, outcome: Outcome, now: datetime) -> Answered:
    answered = Answered(question)
    try:
        room.questions[question.kind](client, answered, outcome, now)
    except ControllerError as error:
        answered.error = error
    except Exception as error:  # whatever it is, the controller's other streams have nothing to do with it
        log.exception("question_failed", controller=str(outcome.turn.controller_id), kind=question.kind)
        answered.error = Unexpected(f"A fault of the platform's own, which its log tells of ({type(error).__name__}).")
    return answered
