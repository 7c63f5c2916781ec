"""One turn with one controller: every stream that is due, asked over one connection.

Runs in a thread of its own and touches no database: all that it needs is in the ``Turn``, all that it learned in the
``Outcome``. One stream's failure leaves the others' answers as they are, and so does one answer's within a stream.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog

from ingest import discovery, healing
from ingest.kept import KeptClients, most_connections
from ingest.models import Stream
from ingest.readings import SHAPES, FootfallReading, Reading
from ingest.xcs.client import XcsClient
from ingest.xcs.errors import BadAnswer, FeatureDisabled, KeyUnreadable, NotFound, Unexpected, XcsError
from ingest.xcs.payloads import Answer, Rejected
from sites_app.secrets import Secret, SecretUnreadable

log = structlog.get_logger(__name__)

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
    """What to ask one controller. ``api_key`` is still encrypted: it's plain in the turn's own thread alone."""

    controller_id: UUID
    store_id: int
    base_url: str
    api_key: Secret
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

    @property
    def known_zones(self) -> frozenset[str]:
        """The zone ids that were known before the turn, and those found in it."""
        return self.turn.known_zones | frozenset(self.found.zones if self.found else ())


def take(turn: Turn, clock: Clock) -> Outcome:
    """Ask all questions of a turn, in an order in which zones are known before their figures come."""
    outcome = Outcome(turn, clock())
    questions = sorted(turn.questions, key=lambda question: _ORDER.index(question.kind))
    try:
        config = turn.base_url, turn.api_key.reveal(), turn.verify_tls
    except SecretUnreadable as error:
        outcome.answers = [Answered(question, error=KeyUnreadable(str(error))) for question in questions]
        return outcome
    with _clients.lend(turn.controller_id, config, clock) as client:
        for question in questions:
            answered = _answered(client, question, outcome, clock())
            outcome.answers.append(answered)
            if answered.error is not None and answered.error.code in HOPELESS:
                break
        outcome.clock_skew = client.clock_skew
    outcome.received_at = clock()
    return outcome


def _answered(client: XcsClient, question: Question, outcome: Outcome, now: datetime) -> Answered:
    answered = Answered(question)
    try:
        _ASK[question.kind](client, answered, outcome, now)
    except XcsError as error:
        answered.error = error
    except Exception as error:  # whatever it is, the controller's other streams have nothing to do with it
        log.exception("question_failed", controller=str(outcome.turn.controller_id), kind=question.kind)
        answered.error = Unexpected(f"A fault of the platform's own, which its log tells of ({type(error).__name__}).")
    return answered


HOPELESS = frozenset({"unreachable", "timed_out", "unauthorized", "tls_failed", "refused_address", "rate_limited"})
"""After these the other questions would only meet the same, one time-out after the other."""


def _hear(answered: Answered, shape: str, ask: Callable[[], Answer[Any]]) -> Answer[Any]:
    """One answer, taken in; an empty one where the firmware doesn't have it, or has it off. Raises ``XcsError``."""
    if shape in answered.question.lacking:
        return discovery.NOTHING
    try:
        answer = ask()
    except (NotFound, FeatureDisabled):
        if shape not in discovery.OPTIONAL or answered.question.window is not None:
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
    try:
        _look_for(seen, client, outcome, now)
    except XcsError as error:
        # These zones' rows wait in quarantine, and discovery's own turn says what is wrong.
        if error.code in HOPELESS:
            raise


def _look_for(named: Set[str | None], client: XcsClient, outcome: Outcome, now: datetime) -> None:
    """Discover the controller, once in a turn, where it names zones that aren't known: no figure of them is to be lost."""
    if outcome.found is None and named - outcome.known_zones - {None}:
        outcome.found = discovery.ask(client, now=now)


def _discover(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    outcome.found = discovery.ask(client, partial(_hear, answered), now=now)


def _footfall(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    window = _window(answered)
    answer = _read(answered, "counts", partial(client.counts, *window))
    _look_for({row.zone_id for row in answer.rows}, client, outcome, now)
    if outcome.found is not None:
        outcome.found.add_entrances(answer.rows)  # also those that have been at rest of late
    footfall = [reading for reading in answered.readings if isinstance(reading, FootfallReading)]
    answered.cursor = healing.footfall_cursor(footfall, window, answer.timestamp)


def _dwell(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    """One zone's fault doesn't keep the others' figures back; nor its own for longer than a controller remembers."""
    window = _window(answered)
    if not outcome.known_zones:
        outcome.found = discovery.ask(client, now=now)
    cursors = list[datetime]()
    missing: XcsError | None = None
    fault: XcsError | None = None
    for zone_id in sorted(outcome.known_zones):
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
        answered.cursor = min(cursors)  # without any zone nothing was asked, and nothing is fetched yet
    if not cursors:
        fault = fault or missing
    if fault:
        raise fault


def _paths(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    window = _window(answered)
    answer = _read(answered, "paths", partial(client.paths, *window))
    _look_for({zone_id for row in answer.rows for zone_id in (row.from_zone_id, row.to_zone_id)}, client, outcome, now)
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
