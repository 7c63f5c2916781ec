"""Quarters of occupancy: each zone's, and those of the sum over a store's counting zones.

A day of a chain is millions of samples. They are read zone by zone in the order of their primary key, a row a zone, and
worked out as columns of numbers (`steps`), several times quicker than window functions and grouping in the database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from reports.models import WHOLE_STORE
from reports.rollups import steps, wire
from reports.rollups.stores import Run, Stores, ZoneBasis
from reports.rollups.wire import Numbers, numbers

_SAMPLES = (Path(__file__).parent.parent / "sql" / "occupancy_samples.sql").read_text()
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_ALWAYS = 1 << 62
_BY_NOBODY = -1


class _Line(NamedTuple):
    """A zone over a stretch of quarters, by the stretch's number."""

    number: int
    run: Run
    zone: ZoneBasis


def columns(connection: Any, stores: Stores, stretches: Sequence[Run], zones: Iterable[ZoneBasis]) -> dict[str, Any]:
    """The quarters of these stretches, as the parameters of `sql/occupancy.sql`."""
    of_store: dict[int, list[ZoneBasis]] = defaultdict(list)
    for zone in zones:
        of_store[zone.store_id].append(zone)
    lines = [_Line(number, run, zone) for number, run in enumerate(stretches) for zone in of_store[run.store_id]]
    basis = _basis(lines, stores)
    held = steps.held(basis, *_samples(connection, lines, basis))
    of_zones, of_stores = steps.by_quarter(held), steps.by_quarter(steps.summed(basis, held))
    capacities = numbers(stores.capacities[run.store_id] or steps.NOT_KNOWN for run in stretches)
    figures = zip(of_zones, _in_own_capacity(of_stores, capacities), strict=True)
    return _rows(
        stretches,
        np.concatenate((numbers(line.number for line in lines)[of_zones.line], of_stores.line)),
        np.concatenate(
            (numbers(line.zone.pk for line in lines)[of_zones.line], np.full(len(of_stores.line), WHOLE_STORE))
        ),
        steps.Quarters(*(np.concatenate(pair) for pair in figures)),
    )


def _basis(lines: Sequence[_Line], stores: Stores) -> steps.Lines:
    starts = numbers(line.run.start * steps.QUARTER_US for line in lines)
    ends = numbers(line.run.end * steps.QUARTER_US for line in lines)
    return steps.Lines(
        starts,
        ends,
        numbers(_us(line.zone.hold) for line in lines),
        numbers(line.number if line.zone.pk in stores.counting else steps.FOR_NOTHING for line in lines),
        np.maximum(starts, numbers(_instant(line.zone.appeared_at, -_ALWAYS) for line in lines)),
        np.minimum(ends, numbers(_instant(line.zone.retired_at, _ALWAYS) for line in lines)),
    )


def _samples(connection: Any, lines: Sequence[_Line], basis: steps.Lines) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Of all samples that bear on these lines the line, the instant, the people and the capacity, in order."""
    if not lines:
        return (np.empty(0, np.int64),) * 4
    since, until = basis.starts - basis.hold, basis.ends
    with wire.cursor(connection) as cursor:
        cursor.execute(
            _SAMPLES,
            {
                "store_ids": numbers(line.zone.store_id for line in lines),
                "zone_ids": numbers(line.zone.pk for line in lines),
                "since": wire.instants(since),
                "until": wire.instants(until),
                "earliest": _EPOCH + timedelta(microseconds=int(since.min())),
                "latest": _EPOCH + timedelta(microseconds=int(until.max())),
            },
        )
        found = sorted(cursor, key=itemgetter(0))
    number = np.repeat(numbers(line for line, _, _ in found), numbers(len(at) for _, at, _ in found))
    at, packed = (np.concatenate([np.empty(0, np.int64), *(row[column] for row in found)]) for column in (1, 2))
    by_hand = numbers(_by_hand(line.zone) for line in lines)[number]
    return number, at, packed >> 32, np.where(by_hand == _BY_NOBODY, packed & 0xFFFFFFFF, by_hand)


def _by_hand(zone: ZoneBasis) -> int:
    return zone.capacity if zone.capacity_by_hand and zone.capacity is not None else _BY_NOBODY


def _in_own_capacity(stores: steps.Quarters, capacities: Numbers) -> steps.Quarters:
    """A store's own capacity goes before the sum of its zones', and is known throughout."""
    own = capacities[stores.line]
    known = own != steps.NOT_KNOWN
    return stores._replace(
        capacity_us=np.where(known, own * stores.covered_us, stores.capacity_us),
        capacity_person_us=np.where(known, stores.person_us, stores.capacity_person_us),
        peak_utilisation=np.where(known, stores.peak / np.maximum(own, 1), stores.peak_utilisation),
    )


def _rows(stretches: Sequence[Run], number: Numbers, zone_ids: Numbers, figures: steps.Quarters) -> dict[str, Any]:
    starts = figures.quarter * steps.QUARTER_US
    first = numbers(run.start for run in stretches)
    is_open = np.frombuffer("".join(run.bits for run in stretches).encode(), np.uint8) == ord("1")
    before = np.cumsum([0, *(len(run.bits) for run in stretches)])
    return {
        "store_ids": numbers(run.store_id for run in stretches)[number],
        "zone_ids": zone_ids,
        "starts": wire.instants(starts),
        "is_open": is_open[before[number] + figures.quarter - first[number]],
        "locals": wire.instants(starts + numbers(run.ahead_s * 1_000_000 for run in stretches)[number]),
        **figures._asdict(),
        "peak_at": wire.instants(figures.peak_at),
    }


def _instant(at: datetime | None, otherwise: int) -> int:
    return otherwise if at is None else _us(at - _EPOCH)


def _us(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
