"""Occupancy and queues of a fleet, from what its controllers answered to polls to the API, minute by minute.

Brute force: samples are whole minutes apart and hold for three of them, so each minute is known as a whole or not at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ingest.models import Measure
from tests.caller import Caller, with_key
from tests.reports.simulated import Fleet, fleet, roll_up

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 11, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOLD = 3 * MINUTE
# Samples that touch, then some with gaps between them: on the days before and of the American change of clock.
STRETCHES = [(datetime(2025, 11, 1, 12, tzinfo=UTC), 120), (datetime(2025, 11, 2, 5, tzinfo=UTC), 300)]
END = datetime(2025, 11, 2, 21, tzinfo=UTC)
DAYS = {"start": date(2025, 11, 1), "end": date(2025, 11, 3)}
# Two controllers and a change of clock, entrances that count, old firmware without capacities, hours past midnight, +05:45.
CITIES = [
    "New York Union Square",
    "Zürich Hauptbahnhof",
    "Manchester Arndale",
    "Miami Lincoln Road",
    "Kathmandu Durbar Marg",
]


@dataclass
class Store:
    """A store as the fleet knows it, with all that its controllers answered: by zone, at each instant."""

    code: str
    zone: ZoneInfo
    capacity: int | None
    occupancy: dict[str, dict[datetime, dict[str, Any]]] = field(default_factory=lambda: defaultdict(dict))
    queues: dict[str, dict[datetime, dict[str, Any]]] = field(default_factory=lambda: defaultdict(dict))

    def hour_of(self, instant: datetime) -> str:
        return instant.astimezone(self.zone).replace(minute=0).isoformat()

    def minutes(self) -> Iterator[datetime]:
        """All minutes of the days asked for, on the store's own clock."""
        now, days = datetime(2025, 10, 31, tzinfo=UTC), (DAYS["start"], DAYS["start"] + timedelta(days=1))
        while now < datetime(2025, 11, 4, tzinfo=UTC):
            if now.astimezone(self.zone).date() in days:
                yield now
            now += MINUTE


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[list[Store]]:
    with fleet(NOW) as simulated:
        simulated.take_on(tmp_path)
        chosen = [_store(simulated, known) for known in simulated.stores if known["name"] in CITIES]
        roll_up(Measure.OCCUPANCY, Measure.QUEUES)
        yield chosen


def _store(simulated: Fleet, known: dict[str, Any]) -> Store:
    store = Store(known["code"], ZoneInfo(known["timezone"]), known["capacity"])
    edges = [*STRETCHES, (END, 0)]
    for (start, step_s), (end, _) in pairwise(edges):
        for line in simulated.recorded(store.code, start, end, step_s):
            kept = store.occupancy if line["path"] == "/occupancy/current" else store.queues
            for row in line["body"]["data"]:
                at = datetime.fromisoformat(line["body"]["timestamp"])
                kept[f"{line['controller']} {row['zoneId']}"][at] = row
    return store


def known_at(samples: dict[datetime, dict[str, Any]], minute: datetime) -> dict[str, Any] | None:
    """The sample that holds in this minute: of this one, or of the two before."""
    return next((samples[minute - n * MINUTE] for n in range(3) if minute - n * MINUTE in samples), None)


def occupancy_by_hour(store: Store) -> dict[str, dict[str, Any]]:
    hours: dict[str, list[tuple[datetime, list[dict[str, Any] | None]]]] = defaultdict(list)
    for minute in store.minutes():
        hours[store.hour_of(minute)].append((minute, [known_at(zone, minute) for zone in store.occupancy.values()]))
    return {hour: _occupancy(store, minutes) for hour, minutes in hours.items()}


def _occupancy(store: Store, minutes: list[tuple[datetime, list[dict[str, Any] | None]]]) -> dict[str, Any]:
    sums = [
        (minute, sum(row["current_people"] for row in rows if row), _capacity(store, rows))
        for minute, rows in minutes
        if all(rows)
    ]
    whole = sum(people for _, people, _ in sums)
    limited = [(people, capacity) for _, people, capacity in sums if capacity]
    peak = max((people for _, people, _ in sums), default=None)
    return {
        "average_occupancy": round(whole / len(sums), 2) if sums else None,
        "person_hours": round(whole / 60, 2) if sums else None,
        "peak_occupancy": peak,
        "peak_at": next((minute for minute, people, _ in sums if people == peak), None),
        "average_utilisation": round(sum(p for p, _ in limited) / sum(c for _, c in limited), 4) if limited else None,
        "peak_utilisation": max((round(people / capacity, 4) for people, capacity in limited), default=None),
        "coverage": round(len(sums) / len(minutes), 4),
    }


def _capacity(store: Store, rows: list[dict[str, Any] | None]) -> int | None:
    capacities = [row.get("capacity") for row in rows if row]
    return store.capacity or (sum(c for c in capacities if c) if all(capacities) else None)


def queues_by_hour(store: Store) -> dict[str, dict[str, Any]]:
    minutes: dict[str, int] = defaultdict(int)
    held: dict[str, list[tuple[datetime, dict[str, Any]]]] = defaultdict(list)
    breaches: dict[str, int] = defaultdict(int)
    for minute in store.minutes():
        hour = store.hour_of(minute)
        minutes[hour] += len(store.queues)
        for samples in store.queues.values():
            if row := known_at(samples, minute):
                held[hour].append((minute, row))
            breaches[hour] += _breached(samples, minute)
    return {hour: _queues(held[hour], breaches[hour], expected) for hour, expected in minutes.items()}


def _breached(samples: dict[datetime, dict[str, Any]], minute: datetime) -> bool:
    """Whether a sample of this minute is over its threshold after one that touches it was not."""
    here = samples.get(minute)
    before = next((samples[minute - n * MINUTE] for n in (1, 2, 3) if minute - n * MINUTE in samples), None)
    return bool(
        here
        and before
        and here["people_waiting"] > here["threshold"]
        and before["people_waiting"] <= before["threshold"]
    )


def _queues(held: list[tuple[datetime, dict[str, Any]]], breaches: int, expected: int) -> dict[str, Any]:
    people = sum(row["people_waiting"] for _, row in held)
    waited = [row for _, row in held if "average_wait_ms" in row and row["people_waiting"]]
    weight = sum(row["people_waiting"] for row in waited)
    over = sum(row["people_waiting"] > row["threshold"] for _, row in held)
    peak = max((row["people_waiting"] for _, row in held), default=None)
    return {
        "average_length": round(people / len(held), 2) if held else None,
        "peak_length": peak,
        "peak_at": next((minute for minute, row in held if row["people_waiting"] == peak), None),
        "average_wait_ms": round(sum(row["average_wait_ms"] * row["people_waiting"] for row in waited) / weight)
        if weight
        else None,
        "longest_wait_ms": max((row["longest_wait_ms"] for _, row in held if "longest_wait_ms" in row), default=None),
        "seconds_over_threshold": 60 * over if held else None,
        "service_level": round(1 - over / len(held), 4) if held else None,
        "breaches": breaches if held else None,
        "coverage": round(len(held) / expected, 4),
    }


def told(caller: Caller, report: str, store: Store) -> dict[str, dict[str, Any]]:
    """The API's figures of a store, by hour."""
    rows = caller.get(f"reports/{report}", **DAYS, granularity="hour", hours="all", store=store.code)["rows"]
    hours = {}
    for row in rows:
        peak_at = row["peak_at"] and datetime.fromisoformat(row["peak_at"])
        figures = {name: value for name, value in row.items() if name not in ("store", "start", "end")}
        hours[row["start"]] = {**figures, "peak_at": peak_at}
    return hours


def test_occupancy_and_queues_are_what_was_known_in_each_minute(stores: list[Store]) -> None:
    assert len(stores) == len(CITIES)
    caller = with_key()
    hours, breaches = dict[str, int](), 0
    for store in stores:
        occupancy, queues = told(caller, "occupancy", store), told(caller, "queues", store)
        hours[store.zone.key] = len(occupancy)
        assert occupancy == occupancy_by_hour(store)
        assert queues == queues_by_hour(store)
        assert any(figures["coverage"] == 1.0 for figures in occupancy.values())
        assert any(0 < figures["coverage"] < 1.0 for figures in occupancy.values())
        breaches += sum(figures["breaches"] or 0 for figures in queues.values())
    assert breaches > 10
    assert (hours["America/New_York"], hours["Asia/Kathmandu"]) == (49, 48)
