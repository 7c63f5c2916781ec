"""The webhooks of the fleet: noticing events, and delivering them until somebody says that they have come."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

import aiohttp

from simulator import events
from simulator.clock import Clock
from simulator.events import STEP_S, Event
from simulator.faults import Faults
from simulator.fleet import Controller
from simulator.noise import seed_of
from simulator.posts import Target, body_of, headers_of

MAX_EVENTS = 1000
_MAX_REMEMBERED = 20_000
_MAX_CATCH_UP_S = 900
"""What happened while the clock jumped further than this is passed over."""
_SHUFFLE_S = 4.0
_GARBAGE = b'{"eventId": "01HYE2'
_BLOCK = 100
_LOOK_S = 0.25
_log = logging.getLogger(__name__)

PENDING, DELIVERED, EXPIRED, GONE = "pending", "delivered", "expired", "gone"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited for an answer and between tries, in seconds."""

    timeout_s: float = 10.0
    first_retry_s: float = 1.0
    longest_retry_s: float = 300.0
    give_up_s: float = 24 * 3600.0

    def wait_s(self, tries: int) -> float:
        """After so many tries in vain: twice as long each time."""
        return min(self.first_retry_s * 2.0 ** min(tries - 1, 30), self.longest_retry_s)


@dataclass(slots=True, eq=False)
class Delivery:
    """One event on its way. ``due`` and ``born`` are the loop's time."""

    event: Event
    born: float
    due: float
    state: str = PENDING
    status: int | None = None
    tries: int = 0
    repeats: int = 0


@dataclass(slots=True)
class Outbox:
    """The events of one controller that has a webhook."""

    controller: Controller
    target: Target
    pending: list[Delivery] = field(default_factory=list)
    done: deque[Delivery] = field(default_factory=lambda: deque(maxlen=_MAX_REMEMBERED))
    gone: bool = False
    posts: int = 0
    failures: int = 0
    seen: tuple[int, events.State] | None = None
    task: asyncio.Task[None] | None = None
    more: asyncio.Event = field(default_factory=asyncio.Event)


class Webhooks:
    """All outboxes. ``faults_of`` gives the present faults of a controller."""

    def __init__(
        self, clock: Clock, faults_of: Callable[[Controller], Faults], patience: Patience | None = None
    ) -> None:
        self._clock, self._faults_of, self._patience = clock, faults_of, patience or Patience()
        self._outboxes: dict[str, Outbox] = {}
        # Outlives the outboxes, so that no id comes again.
        self._made_up: Counter[str] = Counter()
        self._session: aiohttp.ClientSession | None = None
        self._watcher: asyncio.Task[None] | None = None

    async def start(self, *, watch: bool) -> None:
        """Begin to deliver; with ``watch`` also what happens by itself, not only what is emitted."""
        timeout = aiohttp.ClientTimeout(total=self._patience.timeout_s)
        connector = aiohttp.TCPConnector(limit=256)
        self._session = aiohttp.ClientSession(timeout=timeout, connector=connector, headers={"User-Agent": "XCS"})
        if watch:
            self._watcher = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """What is on its way stays undelivered."""
        tasks = [outbox.task for outbox in self._outboxes.values() if outbox.task is not None]
        tasks += [self._watcher] if self._watcher is not None else []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def set(self, controller: Controller, target: Target) -> None:
        """Post to there from now on, also what is still waiting; forgets that an older address was gone."""
        outbox = self._outboxes.setdefault(controller.full_name, Outbox(controller, target))
        outbox.target, outbox.gone = target, False
        outbox.more.set()

    def remove(self, controller: Controller) -> None:
        """Post no more, and forget what was to be posted."""
        outbox = self._outboxes.pop(controller.full_name, None)
        if outbox is not None and outbox.task is not None:
            outbox.task.cancel()

    def target(self, controller: Controller) -> Target | None:
        """None if the controller has no webhook."""
        outbox = self._outboxes.get(controller.full_name)
        return None if outbox is None else outbox.target

    def outboxes(self) -> Iterable[Outbox]:
        return self._outboxes.values()

    def make_up(self, controller: Controller, count: int) -> list[Event]:
        """The next ``count`` test events of a controller."""
        now_ms, first = int(self._clock.now() * 1000), self._made_up[controller.full_name]
        self._made_up[controller.full_name] += count
        return [events.made_up(controller, number, now_ms) for number in range(first, first + count)]

    def emit(self, controller: Controller, found: list[Event]) -> None:
        """Send these now. Raises ``KeyError`` if the controller has no webhook."""
        self._add(self._outboxes[controller.full_name], found)

    def _add(self, outbox: Outbox, found: list[Event]) -> None:
        if outbox.gone or not found:
            return
        faults, now = self._faults_of(outbox.controller), asyncio.get_running_loop().time()
        for event in found:
            late = faults.late_s + (_SHUFFLE_S * (seed_of(event.event_id) % 1000) / 1000 if faults.shuffle else 0.0)
            outbox.pending.append(Delivery(event, now + late, now + late, repeats=faults.repeat))
        outbox.more.set()
        if outbox.task is None:
            outbox.task = asyncio.create_task(self._deliver(outbox))

    # Noticing.

    async def _watch(self) -> None:
        while True:
            instant = int(self._clock.now()) // STEP_S * STEP_S
            for number, outbox in enumerate(list(self._outboxes.values())):
                try:
                    self._look(outbox, instant)
                except Exception:  # one controller's trouble isn't the others'
                    _log.exception("The events of %s can't be found.", outbox.controller.full_name)
                if number % _BLOCK == _BLOCK - 1:
                    await asyncio.sleep(0)
            await asyncio.sleep(_LOOK_S)

    def _look(self, outbox: Outbox, instant: int) -> None:
        """Send what has happened at a controller since it was last looked at."""
        controller = outbox.controller
        skew_s = math.floor(self._faults_of(controller).clock_skew_s)
        if outbox.seen is None or not 0 <= instant - outbox.seen[0] <= _MAX_CATCH_UP_S:
            outbox.seen = instant, events.state(controller, instant)
        at, before = outbox.seen
        for point in range(at + STEP_S, instant + 1, STEP_S):
            after = events.state(controller, point)
            self._add(outbox, events.changes(controller, point, before, after, skew_s))
            before = after
        outbox.seen = instant, before

    # Delivering.

    async def _deliver(self, outbox: Outbox) -> None:
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            self._expire(outbox, now)
            due = sorted((one for one in outbox.pending if one.due <= now), key=lambda one: one.due)[:MAX_EVENTS]
            if due and not outbox.gone:
                await self._try(outbox, due)
                continue
            outbox.more.clear()
            wake = min((one.due for one in outbox.pending), default=None)
            try:
                async with asyncio.timeout(None if wake is None or outbox.gone else max(0.0, wake - now)):
                    await outbox.more.wait()
            except TimeoutError:
                pass

    def _expire(self, outbox: Outbox, now: float) -> None:
        old = [one for one in outbox.pending if now - one.born > self._patience.give_up_s]
        _finish(outbox, old, EXPIRED)

    async def _try(self, outbox: Outbox, due: list[Delivery]) -> None:
        faults = self._faults_of(outbox.controller)
        if faults.shuffle:
            Random(outbox.posts).shuffle(due)
        target = outbox.target
        status = await self._post(outbox, due, faults)
        now = asyncio.get_running_loop().time()
        for one in due:
            one.status, one.tries = status, one.tries + 1
        if status is not None and 200 <= status < 300:
            _delivered(outbox, due, now)
        elif status == 410 and outbox.target is target:
            outbox.gone = True
            _finish(outbox, outbox.pending, GONE)
        else:
            outbox.failures += 1
            for one in due:
                one.due = now + self._patience.wait_s(one.tries)

    async def _post(self, outbox: Outbox, due: list[Delivery], faults: Faults) -> int | None:
        """The status of the answer; None for none in time."""
        assert self._session is not None
        body = _GARBAGE if faults.garbage else body_of([one.event for one in due])
        outbox.posts += 1
        sent_at = int(self._clock.now() + faults.clock_skew_s)
        headers = headers_of(outbox.target, body, sent_at, wrong=faults.bad_signature)
        try:
            async with self._session.post(
                outbox.target.url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError, ValueError, OSError):
            return None


def _delivered(outbox: Outbox, due: list[Delivery], now: float) -> None:
    """They have come; those that are to be repeated stay and go once more."""
    for one in due:
        one.repeats, one.due = one.repeats - 1, now
    _finish(outbox, [one for one in due if one.repeats < 0], DELIVERED)


def _finish(outbox: Outbox, finished: list[Delivery], state: str) -> None:
    if not finished:
        return
    for one in finished:
        one.state = state
    outbox.done.extend(finished)
    outbox.pending = [one for one in outbox.pending if one.state == PENDING]
