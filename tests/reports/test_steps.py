"""Step functions as columns, against a clock that ticks minute by minute."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.rollups import adding, occupancy, queues, steps
from reports.rollups.samples import UNKNOWN
from reports.rollups.wire import numbers

MINUTE = 60_000_000
START, END = 1_000 * steps.QUARTER_US, 1_004 * steps.QUARTER_US
minutes = st.integers(-20, 70)


@dataclass
class Zone:
    """A zone, all in minutes from the start on: its hold, its presence, and its samples.

    Those are people and capacity (0 where unknown), of a queue people, threshold and waits.
    """

    store: int
    hold: int
    there: tuple[int, int]
    samples: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def at(self, minute: int) -> tuple[int, ...] | None:
        """What is known of it in a minute."""
        told = [at for at in self.samples if at <= minute]
        return self.samples[max(told)] if told and minute < max(told) + self.hold else None


zones = st.lists(
    st.builds(
        Zone,
        st.sampled_from([adding.FOR_NOTHING, 0, 1]),
        st.integers(1, 25),
        st.sampled_from([(0, 60), (0, 60), (0, 31), (17, 60), (40, 20)]),
        st.dictionaries(minutes, st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=30),
    ),
    max_size=6,
)


def lines_of(given: list[Zone]) -> steps.Lines:
    return steps.Lines(
        numbers(START for _ in given),
        numbers(END for _ in given),
        numbers(zone.hold * MINUTE for zone in given),
    )


def addends_of(given: list[Zone]) -> adding.Addends:
    return adding.Addends(
        numbers(zone.store for zone in given),
        numbers(START + zone.there[0] * MINUTE for zone in given),
        numbers(START + zone.there[1] * MINUTE for zone in given),
    )


def samples_of(given: list[Zone], *names: str) -> steps.Samples:
    rows = [(n, START + at * MINUTE, *zone.samples[at]) for n, zone in enumerate(given) for at in sorted(zone.samples)]
    line, at, *values = (numbers(row[column] for row in rows) for column in range(2 + len(names)))
    return steps.Samples(line, at, dict(zip(names, values, strict=True)))


def held(given: list[Zone]) -> steps.Steps:
    return steps.held(lines_of(given), samples_of(given, "people", "capacity"))


def told(found: steps.Quarters) -> dict[Any, dict[str, Any]]:
    figures = found.figures | steps.peaks(found)
    del figures["highest"]
    rows = zip(*(column.tolist() for column in figures.values()), strict=True)
    keys = zip(found.line.tolist(), found.quarter.tolist(), strict=True)
    return {key: dict(zip(figures, row, strict=True)) for key, row in zip(keys, rows, strict=True)}


def ticked(known: dict[int, list[tuple[int, ...] | None]]) -> dict[Any, dict[str, Any]]:
    """The same from what is known of each line in each minute."""
    figures = {}
    for line, ticks in known.items():
        for quarter, group in groupby(enumerate(ticks), lambda tick: 1_000 + tick[0] // 15):
            there = [(minute, *values) for minute, values in group if values]
            if there:
                figures[line, quarter] = _figures(there)
    return figures


def _figures(there: list[Any]) -> dict[str, Any]:
    limited = [(people, capacity) for _, people, capacity in there if capacity]
    peak = max(people for _, people, _ in there)
    return {
        "covered_us": len(there) * MINUTE,
        "person_us": sum(people for _, people, _ in there) * MINUTE,
        "capacity_us": sum(capacity for _, capacity in limited) * MINUTE,
        "capacity_person_us": sum(people for people, _ in limited) * MINUTE,
        "peak": peak,
        "peak_at": START + next(minute for minute, people, _ in there if people == peak) * MINUTE,
        "peak_utilisation": max((people / capacity for people, capacity in limited), default=None),
        "lowest": min(people for _, people, _ in there),
    }


def without_nan(figures: dict[Any, dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    return {
        key: {name: None if value != value else value for name, value in row.items()} for key, row in figures.items()
    }


@settings(max_examples=300, deadline=None)
@given(zones)
def test_zones_have_in_each_quarter_what_was_known_in_its_minutes(given: list[Zone]) -> None:
    found = steps.by_quarter(held(given), occupancy.figures)
    wanted = {n: [zone.at(minute) for minute in range(60)] for n, zone in enumerate(given)}
    assert without_nan(told(found)) == ticked(wanted)


@settings(max_examples=300, deadline=None)
@given(zones)
def test_a_store_is_the_sum_of_its_zones_where_all_that_are_there_are_known(given: list[Zone]) -> None:
    found = steps.by_quarter(adding.summed(addends_of(given), held(given)), occupancy.figures)
    wanted = {n: [_sum(given, n, minute) for minute in range(60)] for n in (0, 1)}
    assert without_nan(told(found)) == ticked(wanted)


def _sum(given: list[Zone], store: int, minute: int) -> tuple[int, ...] | None:
    there = [zone.at(minute) for zone in given if zone.store == store and zone.there[0] <= minute < zone.there[1]]
    known = [values for values in there if values]
    if not known or len(known) < len(there):
        return None
    limits = [capacity for _, capacity in known]
    return sum(people for people, _ in known), sum(limits) if all(limits) else 0


def test_a_highest_of_millions_stays_exact() -> None:
    """A quarter's people and instants share one number."""
    many = 2**31 - 1
    line, at = np.zeros(2, np.int64), numbers([START, START + 1])
    lines = steps.Lines(*(numbers([value]) for value in (START, END, steps.QUARTER_US)))
    values = {"people": numbers([many - 1, many]), "capacity": numbers([0, 0])}
    figures = told(steps.by_quarter(steps.held(lines, steps.Samples(line, at, values)), occupancy.figures))[0, 1_000]
    assert (figures["peak"], figures["peak_at"]) == (many, START + 1)
    assert figures["person_us"] == many * steps.QUARTER_US - 1


tills = st.lists(
    st.builds(
        Zone,
        st.sampled_from([0, 1]),
        st.integers(1, 25),
        st.just((0, 60)),
        st.dictionaries(
            minutes,
            st.tuples(st.integers(0, 5), st.integers(UNKNOWN, 4), st.integers(UNKNOWN, 9), st.integers(UNKNOWN, 9)),
            max_size=30,
        ),
    ),
    max_size=6,
)


def queues_told(given: list[Zone]) -> tuple[steps.Quarters, steps.Quarters]:
    """The quarters of queues, and of their stores."""
    names = ("people", "threshold", "average_wait_ms", "longest_wait_ms")
    of_queues = steps.by_quarter(queues.held(lines_of(given), samples_of(given, *names)), queues.figures)
    return of_queues, queues.together(of_queues, numbers(queue.store for queue in given))


def in_one_word(found: dict[Any, dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    for figures in found.values():
        high, low = figures.pop("wait_person_us_high"), figures.pop("wait_person_us_low")
        figures["wait_person_us"] = high * 2**31 + low
    return found


def waiting(given: list[Zone]) -> dict[int, dict[str, Any]]:
    """What queues have together in each quarter, minute by minute."""
    found = {}
    for quarter in range(4):
        minutes = range(quarter * 15, quarter * 15 + 15)
        there = [(minute, *values) for minute in minutes for queue in given if (values := queue.at(minute))]
        if there:
            breaches = sum(_breaches(queue, minute) for minute in minutes for queue in given)
            found[1_000 + quarter] = {**_waiting(there), "breaches": breaches}
    return found


def _breaches(queue: Zone, minute: int) -> bool:
    before = max((at for at in queue.samples if at < minute), default=None)
    if minute not in queue.samples or before is None or before + queue.hold < minute:
        return False
    (people, threshold, *_), (fewer, other, *_) = queue.samples[minute], queue.samples[before]
    return UNKNOWN not in (threshold, other) and people > threshold and fewer <= other


def _waiting(there: list[Any]) -> dict[str, Any]:
    peak = max(people for _, people, *_ in there)
    waits = [(people, average) for _, people, _, average, _ in there if average != UNKNOWN]
    limited = [(people, threshold) for _, people, threshold, *_ in there if threshold != UNKNOWN]
    return {
        "covered_us": len(there) * MINUTE,
        "person_us": sum(people for _, people, *_ in there) * MINUTE,
        "peak": peak,
        "peak_at": START + next(minute for minute, people, *_ in there if people == peak) * MINUTE,
        "wait_person_us": sum(people * average for people, average in waits) * MINUTE,
        "waited_person_us": sum(people for people, _ in waits) * MINUTE,
        "longest_wait_ms": max(longest for *_, longest in there),
        "over_us": sum(people > threshold for people, threshold in limited) * MINUTE,
        "threshold_us": len(limited) * MINUTE,
    }


@settings(max_examples=300, deadline=None)
@given(tills)
def test_queues_and_their_sums_are_what_was_known_in_each_minute(given: list[Zone]) -> None:
    of_queues, of_stores = (in_one_word(told(quarters)) for quarters in queues_told(given))
    wanted = {n: waiting([queue]) for n, queue in enumerate(given)}
    assert of_queues == {(n, quarter): figures for n, of in wanted.items() for quarter, figures in of.items()}
    together = {n: waiting([queue for queue in given if queue.store == n]) for n in (0, 1)}
    assert of_stores == {(n, quarter): figures for n, of in together.items() for quarter, figures in of.items()}


def test_waits_of_millions_stay_exact() -> None:
    """They are worked out in two words, since one would not hold them."""
    many = 2**31 - 1
    given = [Zone(0, 25, (0, 60), {0: (many, 1, many, many), 5: (many, 1, many - 1, many)}) for _ in range(3)]
    of_queues, of_stores = (in_one_word(told(quarters)) for quarters in queues_told(given))
    whole = many * MINUTE * (5 * many + 10 * (many - 1))
    assert of_queues[2, 1_000]["wait_person_us"] == whole
    assert of_stores[0, 1_000]["wait_person_us"] == 3 * whole
