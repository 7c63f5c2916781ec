"""How controllers are doing, by what their turns brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import structlog

from ingest.asking import Answered, Outcome
from ingest.models import Stream
from ingest.xcs.errors import XcsError
from sites_app.models import Controller

OFFLINE_AFTER = 3
"""So many turns in a row that brought nothing make a controller offline."""

_OPTIONAL = frozenset({Stream.Kind.DWELL, Stream.Kind.PATHS})
_FIELDS = ["state", "last_success_at", "last_error", "consecutive_failures", "clock_skew_ms", "path_analytics"]

log = structlog.get_logger(__name__)


def harmless(kind: str, error: XcsError) -> bool:
    """A feature that is off, or that older firmware doesn't have: a fact about a controller, not a failure of it.

    A controller without occupancy or footfall isn't one: there, it's rather the address that is wrong.
    """
    return error.code in ("feature_disabled", "not_found") and kind in _OPTIONAL


def failures(outcome: Outcome) -> list[XcsError]:
    """What went wrong in a turn, facts about the controller aside."""
    return [
        answered.error
        for answered in outcome.answers
        if answered.error is not None and not harmless(answered.question.kind, answered.error)
    ]


def note(controllers: Mapping[UUID, Controller], outcomes: Sequence[Outcome]) -> int:
    """Write how each controller is doing after its turn; how many turns failed. Streams have been moved before."""
    failing = Stream.objects.filter(controller__in=list(controllers), consecutive_failures__gt=0)
    troubled = set(failing.values_list("controller_id", flat=True))
    for outcome in outcomes:
        controller = controllers[outcome.turn.controller_id]
        if outcome.clock_skew is not None:
            controller.clock_skew_ms = round(outcome.clock_skew.total_seconds() * 1000)
        for answered in outcome.answers:
            _note_paths(controller, answered)
        _note_state(controller, outcome, troubled=controller.pk in troubled)
    Controller.objects.bulk_update(controllers.values(), _FIELDS)
    return sum(bool(failures(outcome)) for outcome in outcomes)


def _note_paths(controller: Controller, answered: Answered) -> None:
    if answered.question.kind == Stream.Kind.PATHS:
        if answered.error is None:
            controller.path_analytics = True
        elif harmless(answered.question.kind, answered.error):
            controller.path_analytics = False


def _note_state(controller: Controller, outcome: Outcome, *, troubled: bool) -> None:
    """``troubled``: some stream's last turn failed, be it this one or another that is not due yet."""
    errors = failures(outcome)
    succeeded = any(answered.error is None for answered in outcome.answers)
    if succeeded:
        controller.last_success_at, controller.consecutive_failures = outcome.received_at, 0
        controller.state = Controller.State.DEGRADED if troubled else Controller.State.ONLINE
        controller.last_error = controller.last_error if troubled else ""
    if not errors:
        return
    controller.consecutive_failures += 1
    controller.last_error = str(errors[0])
    if errors[-1].code == "unauthorized":
        controller.state = Controller.State.UNAUTHORIZED
    elif controller.consecutive_failures >= OFFLINE_AFTER:
        controller.state = Controller.State.OFFLINE
    else:
        controller.state = Controller.State.DEGRADED
    log.warning("poll_failed", controller=str(controller.pk), code=errors[0].code, error=str(errors[0]))
