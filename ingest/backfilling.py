"""Backfills: the intervals of any window fetched again, in steps of one controller, one stream and at most seven days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Count, Q

from ingest import asking, backoff, healing, outcomes, polling, standing, statements
from ingest.crew import Round
from ingest.models import Backfill, BackfillStep, Dirty, Stream
from ingest.resolve import ZoneDirectory
from sites_app.models import Controller

BATCH = 40
MAX_ATTEMPTS = 6
_LEASE = timedelta(minutes=5)
_PRESENT = timedelta(hours=2)
# A hint in the cache, and no lock of the session: behind PgBouncer each transaction may have another. Two at once would
# take other steps, and only leave the workers less room.
_TURN, _TURN_S = "backfilling", 60
_STEP = {"id": "bigint", "state": "text", "attempts": "int", "due_at": "timestamptz", "error": "text"}
_UPDATE_STEPS = statements.update("ingest_backfillstep", _STEP)
KINDS = (Stream.Kind.FOOTFALL, Stream.Kind.DWELL, Stream.Kind.PATHS)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a backfill has come, in steps."""

    total: int
    done: int
    failed: int

    @property
    def finished(self) -> bool:
        return self.done + self.failed == self.total


def plan(
    controllers: Iterable[Controller], *, start: datetime, end: datetime, now: datetime, created_by: str = ""
) -> Backfill:
    """A backfill of these controllers over ``[start, end)``, whose steps the workers take."""
    backfill = Backfill(start=start, end=end, created_by=created_by)
    backfill.full_clean()
    steps = [
        BackfillStep(backfill=backfill, controller=controller, kind=kind, start=first, end=last, due_at=now)
        for controller in controllers
        for kind in KINDS
        if kind in asking.streams_of(controller.kind)
        if not (kind == Stream.Kind.PATHS and controller.path_analytics is False)
        for first, last in healing.windows(start, min(end, now))
    ]
    with transaction.atomic():
        backfill.save()
        BackfillStep.objects.bulk_create(steps, batch_size=1000)
    return backfill


def progress(backfill_id: UUID) -> Progress:
    """How far it has come."""
    counts = BackfillStep.objects.filter(backfill=backfill_id).aggregate(
        total=Count("pk"),
        done=Count("pk", filter=Q(state=BackfillStep.State.DONE)),
        failed=Count("pk", filter=Q(state=BackfillStep.State.FAILED)),
    )
    return Progress(**counts)


def is_shown(backfill: Backfill) -> bool:
    """Whether reports have taken in what it has fetched. The present, which is written all the time, isn't waited for."""
    stores = BackfillStep.objects.filter(backfill=backfill).values("controller__store")
    past = min(backfill.end, backfill.created_at - _PRESENT)
    return not Dirty.objects.filter(store__in=stores, quarter__gte=backfill.start, quarter__lt=past).exists()


def run(clock: asking.Clock, *, at_most: timedelta = timedelta(seconds=20)) -> None:
    """Take waiting steps for a while, if nobody else is at it: a long backfill leaves the workers to what is live."""
    if not cache.add(_TURN, 1, timeout=_TURN_S):
        return
    try:
        ends = clock() + at_most
        while run_batch(clock) and clock() < ends:
            pass
    finally:
        cache.delete(_TURN)


def run_batch(clock: asking.Clock) -> int:
    """Claim and take a batch of waiting steps; how many. A claim that comes to nothing is due again by itself."""
    steps = _claim(clock())
    if not steps:
        return 0
    directory = ZoneDirectory.of({step.controller_id for step in steps})
    turns = [_turn(step, directory) for step in steps]
    by_turn = {id(turn): step for turn, step in zip(turns, steps, strict=True)}
    round_ = Round(turns, clock)
    while round_.waiting:
        came = round_.come()
        _write([(by_turn[id(outcome.turn)], outcome) for outcome in came], directory, clock())
    return len(steps)


def _claim(now: datetime) -> list[BackfillStep]:
    with transaction.atomic():
        waiting = BackfillStep.objects.filter(state=BackfillStep.State.WAITING, due_at__lte=now)
        ids = list(
            waiting.order_by("due_at", "pk").select_for_update(skip_locked=True).values_list("pk", flat=True)[:BATCH]
        )
        BackfillStep.objects.filter(pk__in=ids).update(due_at=now + _LEASE)
    return list(BackfillStep.objects.filter(pk__in=ids).select_related("controller"))


def _turn(step: BackfillStep, directory: ZoneDirectory) -> asking.Turn:
    question = asking.Question(step.kind, (step.start, step.end))
    return asking.Turn.of(step.controller, directory.known(step.controller_id), [question])


def _write(taken: list[tuple[BackfillStep, asking.Outcome]], directory: ZoneDirectory, now: datetime) -> None:
    for step, outcome in taken:
        _settle(step, outcome, now)
    columns = [[getattr(step, name) for step, _ in taken] for name in _STEP]
    with transaction.atomic(), connection.cursor() as cursor:
        outcomes.keep([outcome for _, outcome in taken], directory, now=now)
        cursor.execute(_UPDATE_STEPS, columns)


def _settle(step: BackfillStep, outcome: asking.Outcome, now: datetime) -> None:
    """Mark a step done, to be tried again, or failed."""
    answered = outcome.answers[-1]
    error = answered.error
    step.attempts += 1
    if error is None or standing.harmless(answered, is_known=step.kind != Stream.Kind.FOOTFALL):
        step.state, step.error = BackfillStep.State.DONE, ""
        return
    step.error = str(error)
    if error.permanent or step.attempts >= MAX_ATTEMPTS:
        step.state = BackfillStep.State.FAILED
    else:
        step.due_at = backoff.retry_at(now, step.attempts, polling.jitter(), error.retry_after)
