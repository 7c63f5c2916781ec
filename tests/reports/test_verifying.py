"""Every cell of every report of a small chain equals what brute force makes of all that was told."""

from __future__ import annotations

from datetime import date

import pytest

from ingest.models import Dirty, Measure
from reports import basis, rollups
from reports.models import Recut
from tests.reports.verifying import questions
from tests.reports.verifying.brute import Brute
from tests.reports.verifying.chain import build
from tests.reports.verifying.comparing import differences

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2025, 10, 25), date(2025, 10, 28)


def work_off() -> None:
    while basis.refresh():
        pass
    while sum(rollups.drain(measure) for measure in Measure):
        pass
    assert not Dirty.objects.exists()
    assert not Recut.objects.exists()


def test_every_cell_is_what_brute_force_makes_of_it() -> None:
    chain = build(seed=7, stores=8, first=FIRST, days=3, step_s=900)
    work_off()
    brute = Brute(chain)
    count = 0
    for request in (
        *questions.plain(FIRST, LAST),
        *questions.compared(FIRST, LAST),
        *questions.mixed(chain, FIRST, LAST, seed=3, count=100),
    ):
        cells, found = differences(brute, request)
        assert not found, "\n".join(map(str, found[:5]))
        count += cells
    assert count > 50_000
