"""Polling a chunk: asked side by side, and written as it comes."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from uuid import UUID

import structlog
from django.db import connection

from ingest import outcomes, polling
from ingest.asking import Clock, Outcome
from ingest.crew import FIRST_S, Round, crew

log = structlog.get_logger(__name__)


def poll(wanted: Mapping[UUID, Sequence[str]], clock: Clock) -> threading.Thread | None:
    """Poll a chunk of controllers: for each the kinds of streams to ask.

    What comes soon is written at once. The slow ones are left to a thread, which is given back: if this process ends
    before it does, their claims run out, and they are polled again.
    """
    crew().wait_for_room(len(wanted))
    work = polling.load(wanted)
    round_ = Round(polling.turns(work, now=clock()), clock)
    write(work, round_.come(within_s=FIRST_S), clock)
    if not round_.waiting:
        return None
    thread = threading.Thread(target=_follow, args=(work, round_, clock), daemon=True)
    thread.start()
    return thread


def poll_all(wanted: Mapping[UUID, Sequence[str]], clock: Clock) -> tuple[polling.Work, list[Outcome]]:
    """Poll a chunk and wait for the slow ones, too; what came of it."""
    work = polling.load(wanted)
    round_ = Round(polling.turns(work, now=clock()), clock)
    taken: list[Outcome] = []
    while round_.waiting:
        came = round_.come()
        write(work, came, clock)
        taken += came
    return work, taken


def write(work: polling.Work, came: Sequence[Outcome], clock: Clock) -> None:
    """Write outcomes, if there are any."""
    if came:
        outcomes.write(work, came, now=clock())


def _follow(work: polling.Work, round_: Round, clock: Clock) -> None:
    try:
        while round_.waiting:
            write(work, round_.come(), clock)
    except Exception:  # the database, say: what wasn't written is polled again when its claims run out
        log.exception("write_failed", controllers=len(work.controllers))
    finally:
        connection.close()  # it's this thread's own
