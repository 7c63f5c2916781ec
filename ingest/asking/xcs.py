"""How an XCS controller is asked. One answer's failure leaves the others of its stream as they are."""

from __future__ import annotations

from collections.abc import Callable, Set
from datetime import datetime
from functools import partial
from typing import Any

from ingest import discovery, healing
from ingest.asking.turns import HOPELESS, Answered, Outcome, Room, check_rows
from ingest.models import Stream
from ingest.readings import SHAPES, FootfallReading
from ingest.wire.errors import BadAnswer, ControllerError, FeatureDisabled, NotFound
from ingest.xcs.client import XcsClient
from ingest.xcs.payloads import Answer


def _hear(answered: Answered, shape: str, ask: Callable[[], Answer[Any]]) -> Answer[Any]:
    """One answer, taken in; an empty one where the firmware doesn't have it, or has it off. Raises ``ControllerError``."""
    if shape in answered.question.lacking:
        return discovery.NOTHING
    try:
        answer = ask()
    except (NotFound, FeatureDisabled):
        if shape not in discovery.OPTIONAL or answered.question.window is not None:
            raise
        answered.lacking.add(shape)
        return discovery.NOTHING
    except BadAnswer:
        answered.failed = shape
        raise
    answered.answers.append((shape, answer))
    answered.rejected += answer.rejected
    return answer


def _read(answered: Answered, shape: str, ask: Callable[[], Answer[Any]]) -> Answer[Any]:
    """One answer, whose rows are readings."""
    answer = _hear(answered, shape, ask)
    answered.readings += SHAPES[shape].readings(answer)
    return answer


def _live(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    occupancy = _read(answered, "occupancy", client.occupancy)
    queues = _read(answered, "queues", client.queues)
    seen = {row.zone_id for row in occupancy.rows} | {row.zone_id for row in queues.rows}
    try:
        _look_for(seen, client, outcome, now)
    except ControllerError as error:
        # These zones' rows wait in quarantine, and discovery's own turn says what is wrong.
        if error.code in HOPELESS:
            raise


def _look_for(named: Set[str | None], client: XcsClient, outcome: Outcome, now: datetime) -> None:
    """Discover the controller, once in a turn, where it names zones that aren't known: no figure of them is to be lost."""
    if outcome.found is None and named - outcome.known_zones - {None}:
        outcome.found = discovery.ask(client, now=now)


def _discover(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    outcome.found = discovery.ask(client, partial(_hear, answered), now=now)


def _footfall(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    window = answered.window
    answer = _read(answered, "counts", partial(client.counts, *window))
    _look_for({row.zone_id for row in answer.rows}, client, outcome, now)
    if outcome.found is not None:
        outcome.found.add_entrances(answer.rows)  # also those that have been at rest of late
    footfall = [reading for reading in answered.readings if isinstance(reading, FootfallReading)]
    answered.cursor = healing.footfall_cursor(footfall, window, answer.timestamp)
    check_rows(answer.rejected)


def _dwell(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    """One zone's fault doesn't keep the others' figures back; nor its own for longer than a controller remembers."""
    window = answered.window
    if not outcome.known_zones:
        outcome.found = discovery.ask(client, now=now)
    cursors = list[datetime]()
    missing: ControllerError | None = None
    fault: ControllerError | None = None
    for zone_id in sorted(outcome.known_zones):
        try:
            answer = _read(answered, "dwell", partial(client.dwell, zone_id, *window))
            check_rows(answer.rejected)
        except NotFound as error:  # a zone that has no dwell, or is gone
            missing = error
        except ControllerError as error:
            if error.code in HOPELESS:
                raise
            fault = fault or error
        else:
            cursors.append(healing.hourly_cursor(window, answer.timestamp))
    if cursors and (fault is None or window[1] - window[0] >= healing.WINDOW):
        answered.cursor = min(cursors)  # without any zone nothing was asked, and nothing is fetched yet
    if not cursors:
        fault = fault or missing
    if fault:
        raise fault


def _paths(client: XcsClient, answered: Answered, outcome: Outcome, now: datetime) -> None:
    window = answered.window
    answer = _read(answered, "paths", partial(client.paths, *window))
    _look_for({zone_id for row in answer.rows for zone_id in (row.from_zone_id, row.to_zone_id)}, client, outcome, now)
    answered.cursor = healing.hourly_cursor(window, answer.timestamp)
    check_rows(answer.rejected)


ROOM = Room(
    client=XcsClient,
    questions={
        Stream.Kind.DISCOVERY.value: _discover,
        Stream.Kind.LIVE.value: _live,
        Stream.Kind.FOOTFALL.value: _footfall,
        Stream.Kind.DWELL.value: _dwell,
        Stream.Kind.PATHS.value: _paths,
    },
)
