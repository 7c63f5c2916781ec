"""How often what is still being measured is recomputed.

Each poll makes its store's present quarter dirty, and with it the hour, the day and the month. A small chain's are recomputed
at once. What takes a while, as it does with thousands of stores, is then let rest for a multiple of that, so that the
rollups never take more than their share of the machine; the marks wait, and become one.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from time import perf_counter

from django.core.cache import cache

from ingest.models import Measure
from reports.rollups.draining import drain_past, drain_present, newest_mark

PRESENT = timedelta(minutes=15)
"""So far back the present reaches: a sample still changes the quarter before its own."""
AT_ONCE_S = 2.0
"""What doesn't take longer needs no rest."""
REST = 3
"""How many times as long as it took."""
TURN_S = 10.0
"""After so long on the past it's the present's turn again."""


def work_off(*, now: datetime) -> None:
    """Work off what is dirty: the present once, aside from measures that rest, then the past, for a while."""
    began, present = perf_counter(), now - PRESENT
    for measure in Measure:
        _present(measure, present)
    while sum(drain_past(measure, present) for measure in Measure) and perf_counter() - began < TURN_S:
        pass


def _present(measure: Measure, present: datetime) -> None:
    """Work off the marks that are there now: what comes meanwhile waits for the next time."""
    resting = f"rollups:{measure.value}:rest"
    if cache.get(resting):
        return
    began, newest = perf_counter(), newest_mark()
    while drain_present(measure, present, newest):
        pass
    took = perf_counter() - began
    if took > AT_ONCE_S:
        cache.set(resting, True, timeout=math.ceil(took * REST))
