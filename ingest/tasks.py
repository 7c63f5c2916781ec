"""Doors: ids in, one call of the domain, out."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from celery import shared_task

from ingest import backfilling, digest, polling, replaying, retention, reversals, rounds


def utc_now() -> datetime:
    """The clock, read at the doors alone."""
    return datetime.now(UTC)


@shared_task
def dispatch_polls() -> None:
    """Claim what is due and hand it out."""
    for chunk in polling.due_chunks(now=utc_now()):
        wanted = {str(controller_id): kinds for controller_id, kinds in chunk.items()}
        # Whatever hasn't begun when its claim runs out is claimed anew: workers that are behind have it once in line.
        poll_controllers.apply_async(kwargs={"wanted": wanted}, expires=polling.LEASE.total_seconds())


@shared_task
def poll_controllers(*, wanted: dict[str, list[str]]) -> None:
    """Poll a chunk of controllers: for each the kinds of streams to ask."""
    rounds.poll({UUID(controller_id): kinds for controller_id, kinds in wanted.items()}, utc_now)


@shared_task
def digest_events() -> None:
    """Turn the events that landed into facts, and lines round that were reversed."""
    reversals.apply()
    while digest.digest_batch(now=utc_now()):
        pass


@shared_task
def replay_found_zones() -> None:
    """Replay what waited in quarantine for zones that discovery has found since."""
    replaying.replay_found(now=utc_now())


@shared_task
def run_backfills() -> None:
    """Take steps of backfills that are waiting, for a while: a long backfill mustn't keep other work from its turn."""
    backfilling.run(utc_now)


@shared_task
def maintain_partitions() -> None:
    """Make the coming months' partitions, drop those past retention, and what else is."""
    retention.maintain(now=utc_now())
    retention.expire(now=utc_now())
