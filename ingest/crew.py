"""The threads of this process that speak to controllers, and rounds of turns that they take side by side.

Nobody waits for the slowest: a round hands out what has come as soon as nothing more comes for a moment, and the rest
when that comes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from queue import Empty, SimpleQueue

import structlog

from ingest import asking

THREADS = 256
"""Waiting costs a thread next to nothing; more than these are under way only where hundreds of controllers hang."""

FIRST_S = 1.0
"""How long a round's first outcome is waited for before its caller may turn to something else."""
QUIET_S = 0.25
"""After so long without another one, what has come is handed out ..."""
LONGEST_S = 2.0
"""... and after so long in any case."""

log = structlog.get_logger(__name__)


class Crew:
    """A pool of threads that knows how many turns are under way."""

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="crew")
        self._most = threads
        self._under_way = 0
        self._changed = threading.Condition()

    def wait_for_room(self, turns: int) -> None:
        """Wait until so many more turns find a thread at once: what hangs is bounded, and the queue is the broker's."""
        with self._changed:
            self._changed.wait_for(lambda: self._under_way + min(turns, self._most) <= self._most)

    def begin(
        self, turns: Sequence[asking.Turn], clock: asking.Clock, done: SimpleQueue[asking.Outcome | None]
    ) -> None:
        """Take these turns; each puts its outcome into ``done``, or None where it came to nothing."""
        with self._changed:
            self._under_way += len(turns)
        for turn in turns:
            self._threads.submit(self._take, turn, clock, done)

    def _take(self, turn: asking.Turn, clock: asking.Clock, done: SimpleQueue[asking.Outcome | None]) -> None:
        outcome = None
        try:
            outcome = asking.take(turn, clock)
        except Exception:  # a fault of ours with one controller: the others go on, and its claim runs out by itself
            log.exception("turn_failed", controller=str(turn.controller_id))
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()
            done.put(outcome)


@lru_cache(maxsize=1)
def crew() -> Crew:
    """This process's."""
    return Crew(THREADS)


class Round:
    """Turns under way; ``waiting`` are those whose outcomes haven't been handed out."""

    def __init__(self, turns: Sequence[asking.Turn], clock: asking.Clock) -> None:
        self._done: SimpleQueue[asking.Outcome | None] = SimpleQueue()
        self.waiting = len(turns)
        crew().begin(turns, clock, self._done)

    def come(self, *, within_s: float | None = None) -> list[asking.Outcome]:
        """The outcomes that come one shortly after the other; none when ``within_s`` passes first, or all are out."""
        outcomes: list[asking.Outcome] = []
        patience, ends = within_s, float("inf")
        while self.waiting:
            try:
                outcome = self._done.get(timeout=patience)
            except Empty:
                break
            if ends == float("inf"):
                ends = time.monotonic() + LONGEST_S
            self.waiting -= 1
            outcomes += [outcome] if outcome else []
            patience = min(QUIET_S, max(0.0, ends - time.monotonic()))
        return outcomes

    def all(self) -> list[asking.Outcome]:
        """All outcomes, in no order."""
        outcomes: list[asking.Outcome] = []
        while self.waiting:
            outcomes += self.come()
        return outcomes
