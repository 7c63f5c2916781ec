"""Whichever way a sensor's counts come (split, shuffled, again, by push or by history), the tables are the same."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import digest, facts, logics
from ingest.models import DwellInterval, FootfallInterval, LineRecord, OccupancySample, QueueSample, StayRecord
from ingest.resolve import ZoneDirectory, resolve
from ingest.xovis.payloads import History
from ingest.xovis.salvage import Salvage
from sites_app.models import Controller
from tests import chain
from tests.ingest.xovis.examples import SENSOR_INFO
from tests.ingest.xovis.landed import land

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
NOW = NOON + timedelta(hours=2)
MINUTES = 45
LOGICS = {1: "XLT_LINE_IN_OUT_COUNT", 8: "XLT_ZONE_OCCUPANCY_COUNT", 9: "XLT_QUEUE_STATISTICS"}
COUNTERS = {1: ("fw", "bw"), 8: ("balance", "visits", "dwell_time"), 9: ("queue-length", "queueing-time")}
STATES = ("balance", "queue-length", "queueing-time")
FORMS = (
    lambda instant: round(instant.timestamp() * 1000),
    lambda instant: int(instant.timestamp()),
    lambda instant: instant.isoformat(),
)
TABLES: dict[Any, tuple[str, ...]] = {
    FootfallInterval: ("start", "end", "count_in", "count_out", "complete"),
    DwellInterval: ("start", "end", "average_dwell_ms", "visits"),
    OccupancySample: ("observed_at", "people"),
    QueueSample: ("observed_at", "people", "average_wait_ms"),
}
RECORDS = (LineRecord, StayRecord)


def truth(minute: int) -> dict[str, float]:
    """What happens in a minute. A visit is as long as all others of its hour, so that any mean of means is exact."""
    return {
        "fw": minute % 4,
        "bw": minute % 3,
        "balance": minute % 7,
        "visits": minute % 5,
        "dwell_time": 41.5,
        "queue-length": minute % 6,
        "queueing-time": 10.0 * (minute % 6),
    }


def told(logic: int, start: int, length: int) -> dict[str, float]:
    """A logic's counts over a stretch of minutes."""
    minutes = [truth(minute) for minute in range(start, start + length)]
    return {
        name: minutes[-1][name] if name in STATES or name == "dwell_time" else sum(one[name] for one in minutes)
        for name in COUNTERS[logic]
    }


def push(records: Sequence[tuple[int, int]], package: int, form: Any) -> dict[str, Any]:
    """A push of these records, each a logic and a minute."""
    found: dict[int, list[dict[str, Any]]] = {}
    for logic, minute in records:
        counts = [{"id": 7, "name": name, "value": value} for name, value in told(logic, minute, 1).items()]
        at = NOON + timedelta(minutes=minute)
        record = {"from": form(at), "to": form(at + timedelta(minutes=1)), "counts": counts}
        found.setdefault(logic, []).append(record)
    said = [
        {"id": logic, "name": f"Logic {logic}", "info": LOGICS[logic], "records": one} for logic, one in found.items()
    ]
    package_info = {"version": "5.0", "id": package, "agent_id": 25}
    return {"logics_data": {"package_info": package_info, "sensor_info": SENSOR_INFO, "logics": said}}


def history(first: int, last: int) -> History:
    """A sensor's answer over the quarters ``[first, last)``."""
    ids = {(logic, name): 70 + 10 * logic + n for logic, names in COUNTERS.items() for n, name in enumerate(names)}
    config = {
        "logics": [{"id": logic, "name": f"Logic {logic}"} for logic in LOGICS],
        "counts": [{"id": number, "logic_id": logic, "name": name} for (logic, name), number in ids.items()],
    }
    measurements = [
        {
            "begin": (NOON + timedelta(minutes=15 * quarter)).isoformat(),
            "end": (NOON + timedelta(minutes=15 * quarter + 15)).isoformat(),
            "records": 15,
            "counts": [
                {"id": ids[logic, name], "value": value}
                for logic in LOGICS
                for name, value in told(logic, 15 * quarter, 15).items()
            ],
        }
        for quarter in range(first, last)
    ]
    answer = Salvage().take({"config": config, "measurements": measurements}, History, "")
    assert answer is not None
    return answer


def poll(sensor: Controller, first: int, last: int, at: datetime) -> None:
    """Take in a history, as a poll does."""
    meaning = logics.of_history(history(first, last), LOGICS, NOW)
    directory = ZoneDirectory.of([sensor.pk])
    facts.write(
        resolve(
            meaning.readings,
            directory,
            store_id=sensor.store_id,
            controller_id=sensor.pk,
            received_at=at,
        ).facts
    )


def tables(sensor: Controller) -> dict[str, list[tuple[Any, ...]]]:
    """All facts of a sensor's store, but for when they came."""
    return {
        model.__name__: sorted(model.objects.filter(store=sensor.store_id).values_list("zone__zone_id", *columns))
        for model, columns in TABLES.items()
    }


@pytest.fixture
def sensors() -> list[Controller]:
    return [chain.controller(chain.store(code), kind="xovis") for code in ("A", "B")]


everything = [(logic, minute) for logic in LOGICS for minute in range(MINUTES)]
slow = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@slow
@given(seed=st.integers(0, 2**32), polls=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3)), max_size=3))
def test_any_split_order_and_repetition_of_pushes_and_history_gives_the_same(
    sensors: list[Controller], seed: int, polls: list[tuple[int, int]]
) -> None:
    plain, other = sensors
    with transaction.atomic():
        land(plain, push(everything, 1, FORMS[0]), NOW)
        land(other, push([], 1, FORMS[0]), NOW)
        _deliver_anyhow(other, random.Random(seed), polls)
        _digest()
        assert tables(other) == tables(plain)
        assert len(tables(plain)["FootfallInterval"]) == 3
        transaction.set_rollback(True)


def _deliver_anyhow(sensor: Controller, chance: random.Random, polls: list[tuple[int, int]]) -> None:
    """All records at least once, in pieces of any size and form, some again in another piece; polls in between."""
    left = [*everything, *chance.sample(everything, 40)]
    chance.shuffle(left)
    package = 0
    while left:
        package += 1
        size = chance.randint(1, 60)
        piece, left = left[:size], left[size:]
        content: Any = push(piece, package, chance.choice(FORMS))
        land(sensor, [content, content] if chance.random() < 0.2 else content, NOW + timedelta(seconds=package))
        if chance.random() < 0.4:
            _digest()
            if polls:
                first, length = polls.pop()
                poll(sensor, first, min(first + length, 3), NOW + timedelta(seconds=package))


def _digest() -> None:
    while digest.digest_batch(now=NOW):
        pass
