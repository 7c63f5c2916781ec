"""Asking at once, outside the schedule: what an installer does who stands before a controller."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from ingest import polling, rounds, standing
from ingest.asking import Outcome
from sites_app.models import Controller


def ask(controllers: Sequence[Controller], kinds: Iterable[str]) -> list[dict[str, Any]]:
    """Ask these controllers for these streams, chunk by chunk; each controller with its error, or an empty one.

    The streams are claimed, so that no worker asks the same at the same time.
    """
    wanted = list(kinds)
    results: list[dict[str, Any]] = []
    polling.ensure_streams(now=_now())
    by_id = {controller.pk: controller for controller in controllers}
    for chunk in polling.chunks(dict.fromkeys(by_id, wanted)):
        polling.claim(chunk, wanted, now=_now())
        _, taken = rounds.poll_all(chunk, _now)
        outcomes = {outcome.turn.controller_id: outcome for outcome in taken}
        for controller in Controller.objects.filter(pk__in=chunk).select_related("store"):
            results.append(_result(controller, outcomes.get(controller.pk)))
    return results


def _result(controller: Controller, outcome: Outcome | None) -> dict[str, Any]:
    answers = outcome.answers if outcome else []
    errors = [answered.error for answered in answers if answered.error and not standing.harmless(answered)]
    unsaid = "" if outcome else "It could not be asked; the log says why."
    return {
        "id": str(controller.pk),
        "store": controller.store.code,
        "name": controller.name,
        "state": controller.state,
        "clock_skew_ms": controller.clock_skew_ms,
        "error": str(errors[0]) if errors else unsaid,
    }


def _now() -> datetime:
    return datetime.now(UTC)
