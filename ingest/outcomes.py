"""What turns brought, written once: zones found, facts, faults, cursors, and how the controllers are doing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from ingest import counters, discovery, facts, poll_faults, polling, quarantine, standing
from ingest.asking import Outcome
from ingest.quarantine import Fault
from ingest.readings import future_limit
from ingest.resolve import ZoneDirectory, resolve
from ingest.wire.errors import BadAnswer


@dataclass(slots=True)
class Tally:
    """What was written."""

    controllers: int = 0
    facts: int = 0
    faults: int = 0
    failures: int = 0


def write(work: polling.Work, outcomes: Sequence[Outcome], *, now: datetime) -> Tally:
    """Write what turns of a chunk brought, in one transaction."""
    tally = Tally(controllers=len(outcomes))
    with transaction.atomic():
        tally.facts, tally.faults = keep(outcomes, work.directory, now=now)
        noted = standing.note(work, outcomes, now)
    standing.put_off(noted)
    tally.failures = noted.failed
    _count(outcomes, tally)
    return tally


def _count(outcomes: Sequence[Outcome], tally: Tally) -> None:
    counters.FACTS_WRITTEN.inc(tally.facts)
    went = Counter(
        (answered.question.kind, answered.error.code if answered.error else "ok")
        for outcome in outcomes
        for answered in outcome.answers
    )
    for (stream, result), times in went.items():
        counters.POLLS.labels(stream=stream, outcome=result).inc(times)


def keep(outcomes: Sequence[Outcome], directory: ZoneDirectory, *, now: datetime) -> tuple[int, int]:
    """Write zones found, facts and faults, within the caller's transaction; how many facts and faults there were."""
    standing.lock(outcomes)
    found = {outcome.turn.controller_id: outcome.found for outcome in outcomes if outcome.found}
    if found:
        discovery.keep(found, now=now)
        directory = ZoneDirectory.of({outcome.turn.controller_id for outcome in outcomes})
    rows, faults = facts.Facts(), list[Fault]()
    for outcome in outcomes:
        collect(outcome, directory, rows, faults)
    facts.write(rows)
    return len(rows), quarantine.keep(faults, received_at=now)


def collect(outcome: Outcome, directory: ZoneDirectory, rows: facts.Facts, faults: list[Fault]) -> None:
    """Add one controller's facts and faults to the chunk's."""
    turn, received_at = outcome.turn, outcome.received_at
    for answered in outcome.answers:
        readings, too_early = future_limit(answered.readings, received_at=received_at)
        resolved = resolve(
            readings, directory, store_id=turn.store_id, controller_id=turn.controller_id, received_at=received_at
        )
        rows.add(resolved.facts)
        if answered.rejected or too_early or resolved.unknown or isinstance(answered.error, BadAnswer):
            known = directory.known(turn.controller_id)
            faults.extend(poll_faults.faults(outcome, answered, resolved.unknown, known))
