"""Asking at once, outside the schedule: what an installer does who stands before a controller."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from ingest import asking, polling, rounds, standing
from ingest.asking import Outcome
from sites_app.models import Controller


def _now() -> datetime:
    return datetime.now(UTC)


def ask(controllers: Sequence[Controller], kinds: Iterable[str], *, clock: asking.Clock = _now) -> list[dict[str, Any]]:
    """Ask these controllers for these streams, chunk by chunk; each controller with its error, or an empty one.

    The streams are claimed, so that no worker asks the same at the same time.
    """
    wanted = list(kinds)
    results: list[dict[str, Any]] = []
    for chunk in polling.chunks({controller.pk: wanted for controller in controllers}):
        polling.claim(chunk, now=clock())
        _, taken = rounds.poll_all(chunk, clock)
        outcomes = {outcome.turn.controller_id: outcome for outcome in taken}
        asked = Controller.objects.select_related("store").in_bulk(list(chunk))
        results += [_result(asked[pk], outcomes.get(pk)) for pk in chunk if pk in asked]
    return results


def _result(controller: Controller, outcome: Outcome | None) -> dict[str, Any]:
    errors = standing.failures(outcome, controller) if outcome else []
    unsaid = "" if outcome else "It could not be asked; the log says why."
    return {
        "id": str(controller.pk),
        "store": controller.store.code,
        "name": controller.name,
        "state": controller.state,
        "clock_skew_ms": controller.clock_skew_ms,
        "code": errors[0].code if errors else "" if outcome else "unexpected",
        "error": str(errors[0]) if errors else unsaid,
    }
