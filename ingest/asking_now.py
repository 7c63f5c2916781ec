"""Asking at once, outside the schedule: what an installer does who stands before a controller."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from ingest import asking, health, outcomes, polling
from ingest.asking import Outcome
from sites_app.models import Controller


def _now() -> datetime:
    return datetime.now(UTC)


def ask(controllers: Sequence[Controller], kinds: Iterable[str], *, clock: asking.Clock = _now) -> list[dict[str, Any]]:
    """Ask these controllers for these streams, chunk by chunk; each controller with its error, or an empty one.

    The streams are claimed like the dispatcher's, so that no worker asks the same at the same time.
    """
    wanted = list(kinds)
    results: list[dict[str, Any]] = []
    for chunk in polling.chunks({controller.pk: wanted for controller in controllers}):
        polling.claim(chunk, now=clock())
        work = polling.load(chunk)
        taken = polling.take_all(polling.turns(work, now=clock()), clock)
        outcomes.write(work, taken, now=clock())
        for outcome in taken:
            results.append(_result(work.controllers[outcome.turn.controller_id], outcome))
    return results


def _result(controller: Controller, outcome: Outcome) -> dict[str, Any]:
    errors = health.failures(outcome)
    return {
        "id": str(controller.pk),
        "store": controller.store.code,
        "name": controller.name,
        "state": controller.state,
        "clock_skew_ms": controller.clock_skew_ms,
        "error": str(errors[0]) if errors else "",
    }
