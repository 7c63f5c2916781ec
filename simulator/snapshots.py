"""The past as its snapshots: what controllers would have answered, had they been asked. Instants are seconds since 1970."""

from __future__ import annotations

import json
from collections.abc import Iterator

from simulator.answers import Answers, envelope
from simulator.fleet import Controller
from simulator.roster import BaseUrl

_DAY_S = 86_400


def lines(controllers: list[Controller], start: int, end: int, step: int, base_url: BaseUrl) -> Iterator[bytes]:
    """NDJSON, a line for each controller's occupancy and queues at ``start``, ``start + step`` … before ``end``.

    A day of all controllers comes before the next day of any, so that a reader fills all stores side by side.
    """
    authors = [(Answers(controller), *_openings(controller, base_url(controller))) for controller in controllers]
    instants = range(start, end, step)
    per_day = max(1, _DAY_S // step)
    for first in range(0, len(instants), per_day):
        for answers, occupancy, queue in authors:
            for instant in instants[first : first + per_day]:
                yield b"%b%b}\n" % (occupancy, envelope(instant, answers.occupancy(instant)))
                yield b"%b%b}\n" % (queue, envelope(instant, answers.queues(instant)))


def _openings(controller: Controller, base_url: str) -> tuple[bytes, bytes]:
    """How a line begins, for each path."""
    common = f'{{"controller":{json.dumps(controller.full_name)},"base_url":{json.dumps(base_url)},"path":'
    return f'{common}"/occupancy/current","body":'.encode(), f'{common}"/queue/status","body":'.encode()
