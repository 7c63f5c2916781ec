"""One turn with one controller: every stream that is due, asked over one connection.

Runs in a thread of its own and touches no database: all that it needs is in the ``Turn``, all that it learned in the
``Outcome``. One stream's failure leaves the others' answers as they are, and so does one answer's within a stream.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from ingest import discovery, healing
from ingest.kept import KeptClients, most_connections
from ingest.models import Stream
from ingest.readings import SHAPES, FootfallReading, Reading
from ingest.xcs.client import XcsClient
from ingest.xcs.errors import BadAnswer, NotFound, XcsError
from ingest.xcs.payloads import Answer, Rejected

Clock = Callable[[], datetime]
Kind = Stream.Kind

_clients = KeptClients(most_connections())
atexit.register(_clients.close)


@dataclass(frozen=True, slots=True)
class Question:
    """A stream to be asked; ``window`` for those that come in intervals.

    ``lacking`` are answers that this firmware was found not to have: they aren't asked for.
    """

    kind: str
    window: tuple[datetime, datetime] | None = None
    lacking: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Turn:
    """What to ask one controller. ``api_key`` is plain here and nowhere else; its repr doesn't show it."""

    controller_id: UUID
    store_id: int
    base_url: str
    api_key: str = field(repr=False)
    verify_tls: bool | str
    known_zones: frozenset[str]
    questions: tuple[Question, ...]


@dataclass(slots=True)
class Answered:
    """What one question brought: readings, and perhaps an error. ``cursor`` is up to where its intervals are now whole.

    ``answers`` are those that the readings and the rejected rows come from, by shape; ``lacking`` are those found not to
    be there, ``failed`` is the one that the error came instead of.
    """

    question: Question
    readings: list[Reading] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    answers: list[tuple[str, Answer[Any]]] = field(default_factory=list)
    lacking: set[str] = field(default_factory=set)
    cursor: datetime | None = None
    error: XcsError | None = None
    failed: str = ""


@dataclass(slots=True)
class Outcome:
    """What a turn brought."""

    turn: Turn
    received_at: datetime
    answers: list[Answered] = field(default_factory=list)
    found: discovery.Found | None = None
    clock_skew: timedelta | None = None


def take(turn: Turn, clock: Clock) -> Outcome:
    """Ask all questions of a turn, in an order in which zones are known before their figures come."""
    outcome = Outcome(turn, clock())
    with _clients.lend(turn.controller_id, (turn.base_url, turn.api_key, turn.verify_tls), clock) as client:
        for question in sorted(turn.questions, key=lambda question: _ORDER.index(question.kind)):
            answered = Answered(question)
            try:
                _ASK[question.kind](client, answered, outcome, clock())
            except XcsError as error:
                answered.error = error
            outcome.answers.append(answered)
            if answered.error is not None and answered.error.code in HOPELESS:
                break
        outcome.clock_skew = client.clock_skew
    outcome.received_at = clock()
    return outcome


HOPELESS = frozenset({"unreachable", "timed_out", "unauthorized", "tls_failed", "refused_address", "rate_limited"})
"""After these the other questions would only meet the same, one time-out after the other."""

_OPTIONAL = frozenset({"sensors", "queues", "counts"})
"""Answers beside others that older firmware may not have."""


def _hear(answered: Answered, shape: str, ask: Callable[[], Answer[Any]]) -> Answer[Any]:
    """One answer, taken in; an empty one where the firmware doesn't have it. Raises ``XcsError``."""
    if shape in answered.question.lacking:
        return discovery.NOTHING
    try:
        answer = ask()
    except NotFound:
        if shape not in _OPTIONAL or answered.question.window is not None:
            raise
        answered.lacking.add(shape)
        return discovery.NOTHING
    except BadAnswer:
        answered.failed = shape
        raise
    answered.answers.append((shape, answer))
    answered.rejected += answer.rejected
    return answer


def _read(answered: Answered, shape: str, ask: Callable[[], Answer[Any]]) -> Answer[Any]:
    """One answer, whose rows are readings."""
    answer = _hear(answered, shape, ask)
    answered.readings += SHAPES[shape].readings(answer)
    return answer


def _live(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    occupancy = _read(answered, "occupancy", client.occupancy)
    queues = _read(answered, "queues", client.queues)
    seen = {row.zone_id for row in occupancy.rows} | {row.zone_id for row in queues.rows}
    if outcome.found is None and not seen <= outcome.turn.known_zones:
        # Where that fails, these zones' rows wait in quarantine, and discovery's own turn says what is wrong.
        with suppress(XcsError):
            _discover(client, Answered(answered.question), outcome, now)


def _discover(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    outcome.found = discovery.ask(client, partial(_hear, answered), now=now)


def _footfall(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    window = _window(answered)
    answer = _read(answered, "counts", partial(client.counts, *window))
    footfall = [reading for reading in answered.readings if isinstance(reading, FootfallReading)]
    answered.cursor = healing.footfall_cursor(footfall, window, answer.timestamp)


def _dwell(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    """One zone's fault doesn't keep the others' figures back; nor its own for longer than a controller remembers."""
    window = _window(answered)
    cursors = list[datetime]()
    missing: XcsError | None = None
    fault: XcsError | None = None
    for zone_id in sorted(outcome.turn.known_zones | set(outcome.found.zones if outcome.found else ())):
        try:
            answer = _read(answered, "dwell", partial(client.dwell, zone_id, *window))
        except NotFound as error:  # a zone that has no dwell, or is gone
            missing = error
        except XcsError as error:
            if error.code in HOPELESS:
                raise
            fault = fault or error
        else:
            cursors.append(healing.hourly_cursor(window, answer.timestamp))
    if cursors and (fault is None or window[1] - window[0] >= healing.WINDOW):
        answered.cursor = min(cursors)
    if not cursors:
        fault = fault or missing
    if fault:
        raise fault


def _paths(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    window = _window(answered)
    answer = _read(answered, "paths", partial(client.paths, *window))
    answered.cursor = healing.hourly_cursor(window, answer.timestamp)


def _window(answered: Answered) -> tuple[datetime, datetime]:
    if answered.question.window is None:
        raise ValueError(f"{answered.question.kind} is asked for a window")
    return answered.question.window


_ASK: dict[str, Callable[[XcsClient, Answered, Outcome, datetime], None]] = {
    Kind.DISCOVERY: _discover,
    Kind.LIVE: _live,
    Kind.FOOTFALL: _footfall,
    Kind.DWELL: _dwell,
    Kind.PATHS: _paths,
}
_ORDER = [str(kind) for kind in _ASK]
