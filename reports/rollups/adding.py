"""The sum of several step functions: a store's occupancy is that of its zones that count, known where all of them are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reports.rollups.steps import Steps, only
from reports.rollups.wire import Numbers

FOR_NOTHING = -1
"""The sum of what counts for none."""
NOT_KNOWN = 0
"""The capacity where there is none."""


class Addends(NamedTuple):
    """For which sum each line counts, if it does, since when and until when."""

    counts_for: Numbers
    there_from: Numbers
    there_until: Numbers


def summed(lines: Addends, steps: Steps) -> Steps:
    """The sums of the lines that count, as steps of what they count for: known where all are that are there."""
    counted = only(steps, (lines.counts_for != FOR_NOTHING)[steps.line])
    begins = np.maximum(counted.begins, lines.there_from[counted.line])
    ends = np.minimum(counted.ends, lines.there_until[counted.line])
    counted = only(counted._replace(begins=begins, ends=ends), begins < ends)
    of, at, people, capacity, unlimited, known, there = _edges(lines, counted)
    if not len(at):
        return Steps(of, at, at, {"people": people, "capacity": capacity})
    base, span = at.min(), at.max() - at.min() + 1
    key = of * span + (at - base)
    order = np.argsort(key, kind="stable")
    key = key[order]
    last = np.flatnonzero(np.append(key[1:] != key[:-1], True))
    people, capacity, unlimited, known, there = (
        np.cumsum(change[order])[last] for change in (people, capacity, unlimited, known, there)
    )
    begins = key[last] % span + base
    values = {"people": people, "capacity": np.where(unlimited == 0, capacity, NOT_KNOWN)}
    sums = Steps(key[last] // span, begins, np.append(begins[1:], 0), values)
    return only(sums, (known == there) & (there > 0))


def _edges(lines: Addends, steps: Steps) -> tuple[Numbers, ...]:
    """Where sums change, and by how much: people, capacity, zones without one, zones that are known, zones that are there.

    Where a line's step touches the one before, as most do, both are one edge.
    """
    touches = np.zeros(len(steps.line) + 1, np.bool_)
    touches[1:-1] = (steps.line[1:] == steps.line[:-1]) & (steps.begins[1:] == steps.ends[:-1])
    opens, ends = ~touches[:-1], np.flatnonzero(~touches[1:])
    people, capacity = steps.values["people"], steps.values["capacity"]
    values = (people, capacity, (capacity == NOT_KNOWN).astype(np.int64))
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
