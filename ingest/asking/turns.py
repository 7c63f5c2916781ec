"""A turn with one controller: what it is asked, what came of it, and the room of its kind that knows how to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic
from uuid import UUID

from ingest.discovery import Found
from ingest.kept import ClientT
from ingest.readings import Reading
from ingest.wire.decoding import Rejected
from ingest.wire.errors import BadRows, ControllerError
from ingest.xcs.payloads import Answer
from sites_app.models import Controller
from sites_app.secrets import Secret

Clock = Callable[[], datetime]

HOPELESS = frozenset({"unreachable", "timed_out", "unauthorized", "tls_failed", "refused_address", "rate_limited"})
"""After these the other questions would only meet the same, one time-out after the other."""


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
    kind: str = Controller.Kind.XCS

    @classmethod
    def of(cls, controller: Controller, known_zones: frozenset[str], questions: Iterable[Question]) -> Turn:
        """A turn with this controller."""
        return cls(
            controller_id=controller.pk,
            store_id=controller.store_id,
            base_url=controller.base_url,
            api_key=controller.api_key,
            verify_tls=controller.tls_trust,
            known_zones=known_zones,
            questions=tuple(questions),
            kind=controller.kind,
        )


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
    error: ControllerError | None = None
    failed: str = ""

    @property
    def window(self) -> tuple[datetime, datetime]:
        """The window that was asked for; only of questions that have one."""
        if self.question.window is None:
            raise ValueError(f"{self.question.kind} is asked for a window")
        return self.question.window


@dataclass(slots=True)
class Outcome:
    """What a turn brought."""

    turn: Turn
    received_at: datetime
    answers: list[Answered] = field(default_factory=list)
    found: Found | None = None
    clock_skew: timedelta | None = None

    @property
    def known_zones(self) -> frozenset[str]:
        """The zone ids that were known before the turn, and those found in it."""
        return self.turn.known_zones | frozenset(self.found.zones if self.found else ())


@dataclass(frozen=True, slots=True)
class Room(Generic[ClientT]):
    """How one kind of controller is asked: its client, and for each stream that it has what to ask, in order.

    A question raises ``ControllerError``, or leaves what it learned in ``Answered`` and ``Outcome``. The instant is now.
    """

    client: type[ClientT]
    questions: Mapping[str, Callable[[ClientT, Answered, Outcome, datetime], None]]


def check_rows(rejected: Sequence[Rejected]) -> None:
    """Raise ``BadRows`` where intervals can't be read: they may be told right the next time. A second copy is no loss."""
    unreadable = next((row for row in rejected if not row.is_again), None)
    if unreadable is not None:
        raise BadRows(
            f"Some rows of its answer can't be read, the first because: {unreadable.reason} "
            "They are kept in quarantine and asked for again."
        )
