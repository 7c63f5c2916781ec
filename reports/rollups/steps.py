"""Step functions of many zones at once, as columns of numbers: where samples hold, their sums, and what a quarter has of them.

The same as `reports.figures` says of one zone or store, whose tests it's held to. A line is what a step function is of: a
zone, or a store as a whole. All instants and durations are whole microseconds (since 1970), so that every sum is exact.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from reports.rollups.wire import Numbers

QUARTER_US = 900_000_000
FOR_NOTHING = -1
"""The sum of what counts for none."""
NOT_KNOWN = 0
"""The capacity where there is none."""
_NEVER = np.iinfo(np.int64).max
_LATEST = (1 << 30) - 1
"""More microseconds than a quarter has."""

C = TypeVar("C", bound=tuple[NDArray[Any], ...])


class Lines(NamedTuple):
    """Zones over a stretch: how long their samples hold there, and for which sum they count, if they do, since
    when and until when."""

    starts: Numbers
    ends: Numbers
    hold: Numbers
    counts_for: Numbers
    there_from: Numbers
    there_until: Numbers


class Steps(NamedTuple):
    """Stretches over which nothing changes, in order of their lines and then of time."""

    line: Numbers
    begins: Numbers
    ends: Numbers
    people: Numbers
    capacity: Numbers


class Quarters(NamedTuple):
    """What lines have in quarters, by the quarters' numbers. ``capacity_*`` are over the time with a known capacity."""

    line: Numbers
    quarter: Numbers
    covered_us: Numbers
    person_us: Numbers
    capacity_us: Numbers
    capacity_person_us: Numbers
    peak: Numbers
    peak_at: Numbers
    peak_utilisation: NDArray[np.float64]
    lowest: Numbers


def held(lines: Lines, line: Numbers, at: Numbers, people: Numbers, capacity: Numbers) -> Steps:
    """Where samples hold, given in order of their lines and then of time: until the next one, at most for the hold time."""
    ends = np.append(at, _NEVER)[1:]
    ends[np.flatnonzero(line[1:] != line[:-1])] = _NEVER
    np.minimum(ends, at + lines.hold[line], out=ends)
    np.minimum(ends, lines.ends[line], out=ends)
    begins = np.maximum(at, lines.starts[line])
    return _only(Steps(line, begins, ends, people, capacity), begins < ends)


def summed(lines: Lines, steps: Steps) -> Steps:
    """The sums of the lines that count, as steps of what they count for: known where all are that are there."""
    counted = _only(steps, (lines.counts_for != FOR_NOTHING)[steps.line])
    begins = np.maximum(counted.begins, lines.there_from[counted.line])
    ends = np.minimum(counted.ends, lines.there_until[counted.line])
    counted = _only(counted._replace(begins=begins, ends=ends), begins < ends)
    of, at, people, capacity, unlimited, known, there = _edges(lines, counted)
    if not len(at):
        return Steps(*(np.empty(0, np.int64),) * 5)
    base, span = at.min(), at.max() - at.min() + 1
    key = of * span + (at - base)
    order = np.argsort(key, kind="stable")
    key = key[order]
    last = np.flatnonzero(np.append(key[1:] != key[:-1], True))
    people, capacity, unlimited, known, there = (
        np.cumsum(change[order])[last] for change in (people, capacity, unlimited, known, there)
    )
    begins = key[last] % span + base
    steps = Steps(
        key[last] // span, begins, np.append(begins[1:], 0), people, np.where(unlimited == 0, capacity, NOT_KNOWN)
    )
    return _only(steps, (known == there) & (there > 0))


def _edges(lines: Lines, steps: Steps) -> tuple[Numbers, ...]:
    """Where sums change, and by how much: people, capacity, zones without one, zones that are known, zones that are there.

    Where a line's step touches the one before, as most do, both are one edge.
    """
    touches = np.zeros(len(steps.line) + 1, np.bool_)
    touches[1:-1] = (steps.line[1:] == steps.line[:-1]) & (steps.begins[1:] == steps.ends[:-1])
    opens, ends = ~touches[:-1], np.flatnonzero(~touches[1:])
    unlimited = (steps.capacity == NOT_KNOWN).astype(np.int64)
    values = (steps.people, steps.capacity, unlimited)
    first = [np.where(opens, value, value - np.append(0, value[:-1])) for value in values]
    counting = np.flatnonzero((lines.counts_for != FOR_NOTHING) & (lines.there_from < lines.there_until))
    none, one = np.zeros(len(counting), np.int64), np.ones(len(counting), np.int64)
    of_ends, of_counting = lines.counts_for[steps.line[ends]], lines.counts_for[counting]
    return tuple(
        np.concatenate(parts)
        for parts in (
            (lines.counts_for[steps.line], of_ends, of_counting, of_counting),
            (steps.begins, steps.ends[ends], lines.there_from[counting], lines.there_until[counting]),
            *((value, -old[ends], none, none) for value, old in zip(first, values, strict=True)),
            (opens.astype(np.int64), np.full(len(ends), -1), none, none),
            (np.zeros(len(steps.line) + len(ends), np.int64), one, -one),
        )
    )


def by_quarter(steps: Steps) -> Quarters:
    """What quarters have of these steps; of each line, its quarters in order."""
    line, begins, ends, people, capacity = _cut(steps)
    quarter = begins // QUARTER_US
    if not len(line):
        return Quarters(*(begins,) * 8, np.empty(0, np.float64), begins)
    first = np.flatnonzero(np.append(True, (quarter[1:] != quarter[:-1]) | (line[1:] != line[:-1])))
    us = ends - begins
    person_us, limited = people * us, capacity != NOT_KNOWN
    # The highest of (people, earliest), in one number.
    highest = np.maximum.reduceat((people << 30) + (_LATEST - (begins - quarter * QUARTER_US)), first)
    utilisation = np.full(len(line), np.nan)
    np.divide(people, capacity, out=utilisation, where=limited)
    return Quarters(
        line[first],
        quarter[first],
        np.add.reduceat(us, first),
        np.add.reduceat(person_us, first),
        np.add.reduceat(capacity * us, first),
        np.add.reduceat(person_us * limited, first),
        highest >> 30,
        quarter[first] * QUARTER_US + _LATEST - (highest & _LATEST),
        np.fmax.reduceat(utilisation, first),
        np.minimum.reduceat(people, first),
    )


def _cut(steps: Steps) -> Steps:
    """The same steps, cut where a quarter ends."""
    quarter = steps.begins // QUARTER_US
    pieces = (steps.ends - 1) // QUARTER_US - quarter + 1
    of = np.repeat(np.arange(len(pieces)), pieces)
    number = np.arange(len(of)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    starts = (quarter[of] + number) * QUARTER_US
    return Steps(
        steps.line[of],
        np.maximum(steps.begins[of], starts),
        np.minimum(steps.ends[of], starts + QUARTER_US),
        steps.people[of],
        steps.capacity[of],
    )


def _only(columns: C, which: NDArray[np.bool_]) -> C:
    return columns if which.all() else type(columns)(*(column[which] for column in columns))
