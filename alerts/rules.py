"""Rules: what needs attention, since when, and what follows from that. Pure.

What is judged is over (too many, too full, lost), well again, somewhere in between, or unknown. Only what has been over for
long enough opens an alert, and only what has been well for long enough resolves it. What is unknown does neither.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from reports.calendar import Window
from reports.figures.steps import segments

Key = tuple[int, str, str]
"""Store, kind and subject: of these there is one open alert at most."""


class Verdict(Enum):
    """How something is now."""

    OVER = "over"
    BETWEEN = "between"
    CLEAR = "clear"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings of a rule for one store. ``clear_share`` is the part of the threshold at or under which all is well."""

    enabled: bool = True
    threshold: float | None = None
    clear_share: float = 1.0
    open_after: timedelta = timedelta()
    resolve_after: timedelta = timedelta()


class Standing(NamedTuple):
    """An open alert, as far as its rule has to know it."""

    clear_since: datetime | None


class Watched(NamedTuple):
    """Something that a rule looks at, and what it finds. The first three parts say which alert it would be.

    ``since`` is since when the verdict has held, where the facts tell.
    """

    store_id: int
    kind: str
    subject: str
    name: str
    verdict: Verdict
    since: datetime | None = None
    value: float | None = None
    limit: float | None = None
    detail: str = ""
    controller_id: UUID | None = None

    @property
    def key(self) -> Key:
        """Which alert it would be."""
        return self[:3]


class Step(Enum):
    """What is to be done about something."""

    NOTHING = "nothing"
    SUSPECT = "suspect"
    DROP = "drop the suspicion"
    OPEN = "open"
    HOPE = "note that it's well"
    DESPAIR = "note that it's not well after all"
    RESOLVE = "resolve"


def of_queue(people: int | None, threshold: float | None, policy: Policy) -> Verdict:
    """Over its threshold: the rule's, else the controller's own. Without either no queue is too long."""
    limit = policy.threshold if policy.threshold is not None else threshold
    if people is None or limit is None:
        return Verdict.UNKNOWN
    if people > limit:
        return Verdict.OVER
    return Verdict.CLEAR if people <= limit * policy.clear_share else Verdict.BETWEEN


def of_occupancy(people: int | None, capacity: int | None, policy: Policy) -> Verdict:
    """A store that is full up to a share of its capacity."""
    if people is None or not capacity or policy.threshold is None:
        return Verdict.UNKNOWN
    limit = capacity * policy.threshold
    if people >= limit:
        return Verdict.OVER
    return Verdict.CLEAR if people <= limit * policy.clear_share else Verdict.BETWEEN


class Sample(NamedTuple):
    """A value at an instant; ``limit`` is what came with it (a queue's threshold)."""

    at: datetime
    value: int
    limit: float | None = None


def steady_since(
    parts: Mapping[Hashable, tuple[Iterable[Sample], timedelta]],
    is_so: Callable[[int, float | None], bool],
    start: datetime,
    now: datetime,
) -> datetime | None:
    """Since when something has been so without a break, up to this moment; None where it isn't, or isn't known.

    ``parts`` are the samples of each part and how long one of them holds: a queue is one part, a store's occupancy the
    sum of its zones, known only where all are. Nothing before ``start`` is looked at.
    """
    window = Window(start, now + timedelta.resolution)  # what holds at this very moment is in it
    cut = [segments(samples, hold, window) for samples, hold in parts.values()]
    edges = sorted({edge for part in cut for segment in part for edge in (segment.start, segment.end)})
    if not edges or edges[-1] < window.end:
        return None
    since: datetime | None = None
    for begin, _ in reversed(list(pairwise(edges))):
        holding = [segment.sample for part in cut for segment in part if segment.start <= begin < segment.end]
        if len(holding) < len(cut) or not is_so(sum(sample.value for sample in holding), holding[0].limit):
            break
        since = begin
    return since


def decide(
    verdict: Verdict,
    since: datetime | None,
    policy: Policy,
    standing: Standing | None,
    suspected: datetime | None,
    now: datetime,
) -> Step:
    """What follows from a verdict.

    ``since`` is since when it has held, where that is known from the facts; else what was ``suspected``, or the standing
    alert's own memory, tells.
    """
    if standing is None:
        return _not_yet(verdict, since, policy, suspected, now)
    if verdict is Verdict.CLEAR:
        began = since or standing.clear_since or now
        if now - began >= policy.resolve_after:
            return Step.RESOLVE
        return Step.NOTHING if since or standing.clear_since else Step.HOPE
    # An unknown stretch isn't a well one: it begins anew when it's known again.
    return Step.DESPAIR if standing.clear_since else Step.NOTHING


def _not_yet(
    verdict: Verdict, since: datetime | None, policy: Policy, suspected: datetime | None, now: datetime
) -> Step:
    if verdict is not Verdict.OVER:
        return Step.DROP if suspected else Step.NOTHING
    if now - (since or suspected or now) >= policy.open_after:
        return Step.OPEN
    return Step.NOTHING if since or suspected else Step.SUSPECT
