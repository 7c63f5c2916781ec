"""Quarters of queues: each queue's, and the sums over a store's queues."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from reports.rollups import samples, steps
from reports.rollups.samples import UNKNOWN
from reports.rollups.steps import Columns, Lines, Quarters, Samples, Steps
from reports.rollups.stores import Run, Stores, ZoneBasis
from reports.rollups.wire import Numbers, numbers

_SOURCE = samples.Source("ingest_queuesample", (("people", "threshold"), ("average_wait_ms", "longest_wait_ms")))
_WORD = 31
_LOW = (1 << _WORD) - 1


def columns(connection: Any, stores: Stores, stretches: Sequence[Run], zones: Iterable[ZoneBasis]) -> dict[str, Any]:
    """The quarters of these stretches, as the parameters of `sql/queues.sql`."""
    lines = samples.lines_of(stretches, zones)
    basis = samples.basis(lines)
    of_zones = steps.by_quarter(held(basis, samples.read(connection, _SOURCE, lines, basis)), figures)
    of_stores = together(of_zones, numbers(line.number for line in lines))
    return samples.rows(stretches, lines, of_zones, of_stores)


def held(lines: Lines, found: Samples) -> Steps:
    """Where samples hold, each with the instant at which it breaches its threshold, if it does."""
    return steps.held(lines, found._replace(values=found.values | {"breached_at": _breached_at(lines, found)}))


def _breached_at(lines: Lines, found: Samples) -> Numbers:
    """A breach is over the threshold after at or under it, each by its own, where the earlier sample still holds."""
    line, at, values = found
    people, threshold = values["people"], values["threshold"]
    known = threshold != UNKNOWN
    over, under = known & (people > threshold), known & (people <= threshold)
    touches = (line[1:] == line[:-1]) & (at[1:] <= at[:-1] + lines.hold[line[1:]])
    return np.where(over & np.append(False, touches & under[:-1])[: len(at)], at, steps.NEVER)


def figures(pieces: Steps, person_us: Numbers) -> Columns:
    """What there is of steps beside people and time. Of ``wait_person_us``, which can have more than 64 bits, two words."""
    people, threshold, average = (pieces.values[name] for name in ("people", "threshold", "average_wait_ms"))
    us, known = pieces.ends - pieces.begins, threshold != UNKNOWN
    waited_person_us = person_us * (average != UNKNOWN)
    low = average * (waited_person_us & _LOW)
    return {
        "wait_person_us_high": average * (waited_person_us >> _WORD) + (low >> _WORD),
        "wait_person_us_low": low & _LOW,
        "waited_person_us": waited_person_us,
        "longest_wait_ms": pieces.values["longest_wait_ms"],
        "over_us": us * (known & (people > threshold)),
        "threshold_us": us * known,
        "breaches": (pieces.begins == pieces.values["breached_at"]).astype(np.int64),
    }


def together(queues: Quarters, store_of_line: Numbers) -> Quarters:
    """The quarters of stores: the sums over their queues."""
    store = store_of_line[queues.line]
    order = np.lexsort((queues.quarter, store))
    ordered = {name: column[order] for name, column in queues.figures.items()}
    return steps.merged(Quarters(store[order], queues.quarter[order], ordered))
