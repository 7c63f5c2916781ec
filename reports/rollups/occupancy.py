"""Quarters of occupancy: each zone's, and those of the sum over a store's counting zones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from reports.rollups import samples, steps
from reports.rollups.adding import FOR_NOTHING, NOT_KNOWN, Addends, summed
from reports.rollups.samples import Line
from reports.rollups.steps import Columns, Quarters, Samples, Steps
from reports.rollups.stores import Run, Stores, ZoneBasis
from reports.rollups.wire import Numbers, numbers

_SOURCE = samples.Source("ingest_occupancysample", (("people", "capacity"),))
_ALWAYS = 1 << 62
_BY_NOBODY = -1


def columns(connection: Any, stores: Stores, stretches: Sequence[Run], zones: Iterable[ZoneBasis]) -> dict[str, Any]:
    """The quarters of these stretches, as the parameters of `sql/occupancy.sql`."""
    lines = samples.lines_of(stretches, zones)
    basis = samples.basis(lines)
    held = steps.held(basis, _in_force(lines, samples.read(connection, _SOURCE, lines, basis)))
    of_zones = steps.by_quarter(held, figures)
    of_stores = steps.by_quarter(summed(_addends(lines, basis, stores), held), figures)
    capacities = numbers(stores.capacities[run.store_id] or NOT_KNOWN for run in stretches)
    return samples.rows(stretches, lines, of_zones, _in_own_capacity(of_stores, capacities))


def figures(pieces: Steps, person_us: Numbers) -> Columns:
    """What there is of steps beside people and time. ``capacity_*`` are over the time with a known capacity."""
    people, capacity = pieces.values["people"], pieces.values["capacity"]
    limited = capacity != NOT_KNOWN
    utilisation = np.full(len(people), np.nan)
    np.divide(people, capacity, out=utilisation, where=limited)
    return {
        "capacity_us": capacity * (pieces.ends - pieces.begins),
        "capacity_person_us": person_us * limited,
        "peak_utilisation": utilisation,
        "lowest": people,
    }


def _in_force(lines: Sequence[Line], found: Samples) -> Samples:
    """A capacity that was set by hand goes before what was told."""
    by_hand = numbers(_by_hand(line.zone) for line in lines)[found.line]
    told = np.maximum(found.values["capacity"], NOT_KNOWN)
    return found._replace(values=found.values | {"capacity": np.where(by_hand == _BY_NOBODY, told, by_hand)})


def _addends(lines: Sequence[Line], basis: steps.Lines, stores: Stores) -> Addends:
    return Addends(
        numbers(line.number if line.zone.pk in stores.counting else FOR_NOTHING for line in lines),
        np.maximum(basis.starts, numbers(_instant(line.zone.appeared_at, -_ALWAYS) for line in lines)),
        np.minimum(basis.ends, numbers(_instant(line.zone.retired_at, _ALWAYS) for line in lines)),
    )


def _by_hand(zone: ZoneBasis) -> int:
    return zone.capacity if zone.capacity_by_hand and zone.capacity is not None else _BY_NOBODY


def _in_own_capacity(stores: Quarters, capacities: Numbers) -> Quarters:
    """A store's own capacity goes before the sum of its zones', and is known throughout."""
    own, of_stores = capacities[stores.line], stores.figures
    known, peak = own != NOT_KNOWN, steps.peaks(stores)["peak"]
    in_own = {
        "capacity_us": np.where(known, own * of_stores["covered_us"], of_stores["capacity_us"]),
        "capacity_person_us": np.where(known, of_stores["person_us"], of_stores["capacity_person_us"]),
        "peak_utilisation": np.where(known, peak / np.maximum(own, 1), of_stores["peak_utilisation"]),
    }
    return stores._replace(figures=of_stores | in_own)


def _instant(at: datetime | None, otherwise: int) -> int:
    return otherwise if at is None else samples.instant(at)
