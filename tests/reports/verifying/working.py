"""The work of one process: rolls measures up, and asks the questions of one job after the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from django.db import connection

from ingest.models import Measure
from reports import basis, rollups
from reports.request import ReportRequest
from tests.reports.verifying import questions
from tests.reports.verifying.brute import Brute
from tests.reports.verifying.chain import Chain
from tests.reports.verifying.comparing import differences

_STORES = 10
"""Whose reports by store and zone are one job."""

Job = list[ReportRequest]
_brute: Brute | None = None


@dataclass(slots=True)
class Done:
    """What came of a job."""

    reports: int = 0
    cells: int = 0
    wrong: int = 0
    examples: list[str] = field(default_factory=list)


def begin(chain: Chain) -> None:
    """Begin to work."""
    global _brute
    _brute = Brute(chain)


def settle() -> None:
    """Take note of the registry, and leave no connection that a fork would share."""
    while basis.refresh():
        pass
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's alone


def roll_up(measure: Measure) -> None:
    """Work off all that is dirty of a measure."""
    while rollups.drain(measure):
        pass


def jobs(chain: Chain, first: date, days: int, *, seed: int, mixed: int) -> list[Job]:
    """All questions: first those of a measure that are of the whole chain, then those of some stores at a time."""
    random, last = Random(seed), first + timedelta(days=days)
    others = [*questions.compared(first, last), *questions.mixed(chain, first, last, seed=seed, count=mixed)]
    others = [questions.narrowed(request, chain, random) for request in others]
    found = [
        [*questions.together(measure, first, last), *(request for request in others if request.measure == measure)]
        for measure in Measure
    ]
    codes = [store.code for store in chain.stores]
    for number, begin in enumerate(range(0, len(codes), _STORES)):
        some = codes[begin : begin + _STORES]
        found += [list(questions.of_stores(measure, some, first, last, number)) for measure in Measure]
    return found


def work(job: Job) -> Done:
    """Ask the questions of a job."""
    assert _brute is not None
    done = Done()
    for request in job:
        cells, found = differences(_brute, request)
        done.reports, done.cells, done.wrong = done.reports + 1, done.cells + cells, done.wrong + len(found)
        done.examples += map(str, found[: 3 - len(done.examples)])
    _brute.forget()
    return done
