"""A turn with one controller: what it is asked, what came of it, and the room of its kind that knows how to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar
from uuid import UUID

from ingest.discovery import Found
from ingest.readings import Reading
from ingest.wire.decoding import Rejected
from ingest.wire.errors import ControllerError
from sites_app.models import Controller
from sites_app.secrets import Secret

Clock = Callable[[], datetime]


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
    kind: str
    base_url: str
    api_key: Secret
    verify_tls: bool
    known_zones: frozenset[str]
    questions: tuple[Question, ...]

    @classmethod
    def of(cls, controller: Controller, known_zones: frozenset[str], questions: Iterable[Question]) -> Turn:
        """A turn with this controller."""
        return cls(
            controller_id=controller.pk,
            store_id=controller.store_id,
            kind=controller.kind,
            base_url=controller.base_url,
            api_key=controller.api_key,
            verify_tls=controller.verify_tls,
            known_zones=known_zones,
            questions=tuple(questions),
        )


@dataclass(slots=True)
class Answered:
    """What one question brought: readings, or the error. ``cursor`` is up to where its intervals are now whole."""

    question: Question
    readings: list[Reading] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    cursor: datetime | None = None
    error: ControllerError | None = None

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


class Client(Protocol):
    """Speaks to one controller, over a connection that is kept until the end of the turn."""

    clock_skew: timedelta | None

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


ClientT = TypeVar("ClientT", bound=Client)


@dataclass(frozen=True, slots=True)
class Room(Generic[ClientT]):
    """How one kind of controller is asked: its client, and for each stream that it has what to ask.

    The client is made with the turn's key in plain. A question raises ``ControllerError``, or leaves what it learned in
    ``Answered`` and ``Outcome``. The instant is now.
    """

    client: Callable[[Turn, str, Clock], ClientT]
    questions: Mapping[str, Callable[[ClientT, Answered, Outcome, datetime], None]]
