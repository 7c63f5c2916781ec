"""Step functions of people over time, as columns of numbers: where samples hold, and what a quarter has of them.

The same as `reports.figures` says of one zone or store, whose tests it's held to. A line is what a step function is of: a
zone, or a store as a whole. All instants and durations are whole microseconds (since 1970), so that every sum is exact.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reports.rollups.wire import Numbers

QUARTER_US = 900_000_000
NEVER = int(np.iinfo(np.int64).max)
_LATEST = (1 << 30) - 1
"""More microseconds than a quarter has."""

Columns = dict[str, NDArray[Any]]
"""Columns by their names, as long as each other."""

# How figures merge that don't add up.
_MERGES = {
    "highest": np.maximum,
    "peak_utilisation": np.fmax,
    "lowest": np.minimum,
    "longest_wait_ms": np.maximum,
}


class Lines(NamedTuple):
    """What of each line bears on its steps: the stretch of time that is asked for, and how long a sample holds."""

    starts: Numbers
    ends: Numbers
    hold: Numbers


class Samples(NamedTuple):
    """What lines were found to have at instants, in order of the lines and then of time. Of the values one is ``people``."""

    line: Numbers
    at: Numbers
    values: Columns


class Steps(NamedTuple):
    """Stretches over which nothing changes, in the same order."""

    line: Numbers
    begins: Numbers
    ends: Numbers
    values: Columns


class Quarters(NamedTuple):
    """What lines have in quarters, by the quarters' numbers.

    ``highest`` is the highest of (people, earliest), in one number: see ``peaks``.
    """

    line: Numbers
    quarter: Numbers
    figures: Columns


def held(lines: Lines, samples: Samples) -> Steps:
    """Where samples hold: until the next one, at most for the hold time."""
    line, at, values = samples
    ends = np.append(at, NEVER)[1:]
    ends[np.flatnonzero(line[1:] != line[:-1])] = NEVER
    np.minimum(ends, at + lines.hold[line], out=ends)
    np.minimum(ends, lines.ends[line], out=ends)
    begins = np.maximum(at, lines.starts[line])
    return only(Steps(line, begins, ends, values), begins < ends)


def by_quarter(steps: Steps, figures: Callable[[Steps, Numbers], Columns]) -> Quarters:
    """What quarters have of these steps: how long, how many people, and the ``figures`` of steps and their ∫people dt."""
    pieces = _cut(steps)
    quarter, us, people = pieces.begins // QUARTER_US, pieces.ends - pieces.begins, pieces.values["people"]
    person_us = people * us
    of_people = {
        "covered_us": us,
        "person_us": person_us,
        "highest": (people << 30) + (_LATEST - (pieces.begins - quarter * QUARTER_US)),
    }
    return merged(Quarters(pieces.line, quarter, of_people | figures(pieces, person_us)))


def merged(quarters: Quarters) -> Quarters:
    """A row for each line and quarter, of several that follow each other."""
    line, quarter, figures = quarters
    is_first = np.append(True, (quarter[1:] != quarter[:-1]) | (line[1:] != line[:-1]))
    first = np.flatnonzero(is_first[: len(line)])
    merge = {name: _MERGES.get(name, np.add).reduceat(column, first) for name, column in figures.items()}
    return Quarters(line[first], quarter[first], merge)


def peaks(quarters: Quarters) -> Columns:
    """The most people that quarters had, and the first instant at which they did."""
    highest = quarters.figures["highest"]
    return {"peak": highest >> 30, "peak_at": quarters.quarter * QUARTER_US + _LATEST - (highest & _LATEST)}


def only(steps: Steps, which: NDArray[np.bool_]) -> Steps:
    """Some of the steps."""
    return steps if which.all() else _taken(steps, np.flatnonzero(which))


def _cut(steps: Steps) -> Steps:
    """The same steps, cut where a quarter ends."""
    quarter = steps.begins // QUARTER_US
    pieces = (steps.ends - 1) // QUARTER_US - quarter + 1
    of = np.repeat(np.arange(len(pieces)), pieces)
    number = np.arange(len(of)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    starts = (quarter[of] + number) * QUARTER_US
    whole = _taken(steps, of)
    return whole._replace(begins=np.maximum(whole.begins, starts), ends=np.minimum(whole.ends, starts + QUARTER_US))


def _taken(steps: Steps, of: Numbers) -> Steps:
    line, begins, ends, values = steps
    return Steps(line[of], begins[of], ends[of], {name: column[of] for name, column in values.items()})
