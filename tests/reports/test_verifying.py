"""Every cell of every report of a small chain equals what brute force makes of all that was told."""

from __future__ import annotations

from datetime import date
from random import Random

import pytest

from ingest.models import Dirty
from reports.models import Recut
from reports.tasks import roll_up
from tests.reports.verifying import questions
from tests.reports.verifying.brute import Brute
from tests.reports.verifying.chain import build
from tests.reports.verifying.comparing import differences

pytestmark = pytest.mark.django_db
# Clocks in Europe are put back on the 26th.
FIRST, LAST = date(2025, 10, 25), date(2025, 10, 27)
QUESTIONS = 110


def test_every_cell_is_what_brute_force_makes_of_it() -> None:
    chain = build(seed=7, stores=8, first=FIRST, days=2, step_s=1800)
    roll_up()
    assert not Dirty.objects.exists()
    assert not Recut.objects.exists()
    brute = Brute(chain)
    asked = [*questions.plain(FIRST, LAST), *questions.compared(FIRST, LAST)]
    asked += questions.mixed(chain, FIRST, LAST, seed=3, count=200)
    count = 0
    for request in Random(5).sample(asked, QUESTIONS):  # all of them: make verify-reports
        cells, found = differences(brute, request)
        assert not found, "\n".join(map(str, found[:5]))
        count += cells
    assert count > 100_000
