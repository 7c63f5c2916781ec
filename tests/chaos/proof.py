"""What must hold after the chaos: each a list of sentences, empty where it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from tests.chaos.fleet import Fleet

QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
Rows = list[tuple[Any, ...]]

_FOOTFALL = """
    SELECT store.code, controller.name, zone.zone_id, fact.start, fact.count_in, fact.count_out
    FROM ingest_footfallinterval fact JOIN sites_app_zone zone ON zone.id = fact.zone_id
    JOIN sites_app_controller controller ON controller.id = zone.controller_id
    JOIN sites_app_store store ON store.id = fact.store_id
    WHERE fact.start >= %s AND fact.start < %s AND fact.complete
"""
_DWELL = """
    SELECT store.code, controller.name, zone.zone_id, fact.start, fact.average_dwell_ms
    FROM ingest_dwellinterval fact JOIN sites_app_zone zone ON zone.id = fact.zone_id
    JOIN sites_app_controller controller ON controller.id = zone.controller_id
    JOIN sites_app_store store ON store.id = fact.store_id
    WHERE fact.start >= %s AND fact.start < %s
"""
_PATHS = """
    SELECT store.code, controller.name, origin.zone_id, target.zone_id, fact.start, fact.count
    FROM ingest_pathinterval fact
    LEFT JOIN sites_app_zone origin ON origin.id = fact.from_zone_id
    LEFT JOIN sites_app_zone target ON target.id = fact.to_zone_id
    JOIN sites_app_controller controller ON controller.id = coalesce(origin.controller_id, target.controller_id)
    JOIN sites_app_store store ON store.id = fact.store_id
    WHERE fact.start >= %s AND fact.start < %s
"""
_SAMPLES = """
    SELECT fact.zone_id, fact.observed_at FROM ingest_occupancysample fact
    WHERE fact.observed_at >= %s AND fact.observed_at < %s ORDER BY fact.zone_id, fact.observed_at
"""
_COVERED = """
    SELECT zone_id, sum(covered_us) FROM reports_occupancyrollup
    WHERE zone_id <> 0 AND grain = 'quarter' AND start >= %s AND start < %s GROUP BY zone_id
"""


def lost_events(database: psycopg.Connection[Any], fleet: Fleet) -> Iterator[str]:
    """Every event that was accepted is there once, and none is there that nobody sent."""
    sent = set(fleet.events("delivered"))
    stored = Counter(row[0] for row in database.execute("SELECT event_id FROM ingest_event"))
    yield from (f"event {event_id} was accepted and is not there" for event_id in sent - set(stored))
    yield from (f"event {event_id} is there and was not sent" for event_id in set(stored) - sent)
    yield from (f"event {event_id} is there {times} times" for event_id, times in stored.items() if times > 1)


def wrong_intervals(database: psycopg.Connection[Any], fleet: Fleet, start: datetime, end: datetime) -> Iterator[str]:
    """Every interval that is over equals the truth."""
    truth = {store: fleet.get("/truth", store=store, start=_z(start), end=_z(end)) for store, _ in fleet.controllers()}
    knowing = {
        (store["code"], controller["name"])
        for store in fleet.get("/fleet")["stores"]
        for controller in store["controllers"]
        if controller["paths"]
    }
    footfall = {
        (store, row["controller"], row["zone_id"], _at(row["start"]), row["in"], row["out"])
        for store, told in truth.items()
        for row in told["footfall"]
        if _at(row["end"]) <= end
    }
    dwell = {
        (store, row["controller"], row["zone_id"], _at(row["start"]), row["average_dwell_ms"])
        for store, told in truth.items()
        for row in told["dwell"]
        if _at(row["end"]) <= end
    }
    paths = {
        (store, row["controller"], row["from_zone_id"], row["to_zone_id"], _at(row["start"]), row["count"])
        for store, told in truth.items()
        for row in told["paths"]
        if _at(row["end"]) <= end and (store, row["controller"]) in knowing
    }
    for name, wanted, statement, step in (
        ("footfall", footfall, _FOOTFALL, QUARTER),
        ("dwell", dwell, _DWELL, HOUR),
        ("paths", paths, _PATHS, HOUR),
    ):
        stored = set(database.execute(statement, [start, end - step + timedelta(microseconds=1)]).fetchall())
        yield from (f"{name} {row} is missing" for row in sorted(wanted - stored, key=str))
        yield from (f"{name} {row} is not the truth" for row in sorted(stored - wanted, key=str))


def hidden_gaps(database: psycopg.Connection[Any], start: datetime, end: datetime, hold: timedelta) -> Iterator[str]:
    """What no sample holds for isn't covered: to the microsecond, zone by zone."""
    samples: dict[int, list[datetime]] = {}
    for zone_id, at in database.execute(_SAMPLES, [start - hold, end]):
        samples.setdefault(zone_id, []).append(at)
    covered = {zone_id: int(us) for zone_id, us in database.execute(_COVERED, [start, end])}
    for zone_id, times in samples.items():
        held = sum(
            (
                max(timedelta(), min(following, at + hold, end) - max(at, start))
                for at, following in zip(times, [*times[1:], end], strict=True)
            ),
            timedelta(),
        )
        wanted = held // timedelta(microseconds=1)
        if covered.get(zone_id, 0) != wanted:
            yield f"zone {zone_id} is covered for {covered.get(zone_id, 0)} µs, its samples hold for {wanted} µs"


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _z(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
