"""One turn with one controller: every stream that is due, asked over one connection.

Runs in a thread of its own and touches no database: all that it needs is in the ``Turn``, all that it learned in the
``Outcome``. One stream's failure leaves the others' answers as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from ingest import discovery, healing
from ingest.models import Stream
from ingest.readings import (
    Reading,
    dwell_readings,
    footfall_readings,
    occupancy_readings,
    path_readings,
    queue_readings,
)
from ingest.xcs.client import XcsClient
from ingest.xcs.errors import KeyUnreadable, Unexpected, XcsError
from ingest.xcs.payloads import Rejected
from sites_app.secrets import Secret, SecretUnreadable

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]
Kind = Stream.Kind


@dataclass(frozen=True, slots=True)
class Question:
    """A stream to be asked; ``window`` for those that come in intervals."""

    kind: str
    window: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What to ask one controller. ``api_key`` is still encrypted: it's plain in the turn's own thread alone."""

    controller_id: UUID
    store_id: int
    base_url: str
    api_key: Secret
    verify_tls: bool
    known_zones: frozenset[str]
    questions: tuple[Question, ...]


@dataclass(slots=True)
class Answered:
    """What one question brought: readings, or the error. ``cursor`` is up to where its intervals are now whole."""

    question: Question
    readings: list[Reading] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    cursor: datetime | None = None
    error: XcsError | None = None


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
    questions = sorted(turn.questions, key=lambda question: question.kind != Kind.DISCOVERY)
    try:
        client = XcsClient(turn.base_url, turn.api_key.reveal(), verify_tls=turn.verify_tls, clock=clock)
    except SecretUnreadable as error:
        outcome.answers = [Answered(question, error=KeyUnreadable(str(error))) for question in questions]
        return outcome
    with client:
        for question in questions:
            answered = _answered(client, question, outcome, clock())
            outcome.answers.append(answered)
            if answered.error is not None and answered.error.code in _HOPELESS:
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
    except Exception as error:  # whatever it is, the other controllers of the chunk have nothing to do with it
        log.exception("question_failed", controller=str(outcome.turn.controller_id), kind=question.kind)
        answered.error = Unexpected(f"A fault of the platform's own, which its log tells of ({type(error).__name__}).")
    return answered


# After these the other questions would only meet the same, one time-out after the other.
_HOPELESS = frozenset({"unreachable", "timed_out", "unauthorized", "tls_failed", "refused_address", "rate_limited"})


def _live(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    occupancy = client.occupancy()
    answered.readings += occupancy_readings(occupancy)
    answered.rejected += occupancy.rejected
    seen = {row.zone_id for row in occupancy.rows}
    if queues := discovery.if_there(client.queues):
        answered.readings += queue_readings(queues)
        answered.rejected += queues.rejected
        seen |= {row.zone_id for row in queues.rows}
    _look_for(seen, client, outcome, now)


def _look_for(named: Set[str | None], client: XcsClient, outcome: Outcome, now: datetime) -> None:
    """Discover the controller, once in a turn, where it names zones that aren't known: no figure of them is to be lost."""
    if outcome.found is None and named - outcome.known_zones - {None}:
        outcome.found = discovery.ask(client, now=now)


def _discover(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    outcome.found = discovery.ask(client, now=now)
    answered.rejected = outcome.found.rejected


def _footfall(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    window = _window(answered)
    answer = client.counts(*window)
    readings = footfall_readings(answer)
    answered.readings, answered.rejected = list(readings), answer.rejected
    _look_for({row.zone_id for row in answer.rows}, client, outcome, now)
    if outcome.found is not None:
        outcome.found.add_entrances(answer.rows)  # also those that have been at rest of late
    answered.cursor = healing.footfall_cursor(readings, window, answer.timestamp)


def _dwell(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    window = _window(answered)
    if not outcome.known_zones:
        outcome.found = discovery.ask(client, now=now)
    cursors = list[datetime]()
    for zone_id in sorted(outcome.known_zones):
        try:
            answer = client.dwell(zone_id, *window)
        except XcsError as error:
            if error.code != "not_found":  # a zone that has no dwell, or is gone, is no failure of the others
                raise
            cursors.append(window[1])
            continue
        cursors.append(healing.hourly_cursor(window, answer.timestamp))
        answered.readings += _whole(dwell_readings(answer), answer.timestamp)
        answered.rejected += answer.rejected
    answered.cursor = min(cursors, default=None)  # without any zone nothing was asked, and nothing is fetched yet


def _paths(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    window = _window(answered)
    answer = client.paths(*window)
    _look_for({zone_id for row in answer.rows for zone_id in (row.from_zone_id, row.to_zone_id)}, client, outcome, now)
    answered.readings, answered.rejected = _whole(path_readings(answer), answer.timestamp), answer.rejected
    answered.cursor = healing.hourly_cursor(window, answer.timestamp)


def _whole(readings: Iterable[Reading], controller_now: datetime) -> list[Reading]:
    """Those intervals that were over when the controller answered; the rest is asked for when it's whole."""
    return [reading for reading in readings if getattr(reading, "end", controller_now) <= controller_now]


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
