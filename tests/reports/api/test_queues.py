"""``GET /reports/queues``: lengths, waits, breaches and the service level."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sites_app.models import Zone
from tests import chain
from tests.caller import Caller, with_key
from tests.reports.api.facts import every, queue

pytestmark = pytest.mark.django_db
PATH = "reports/queues"
MINUTE = timedelta(minutes=1)
HOUR = {"start": "2025-11-03T09:00:00+01:00", "end": "2025-11-03T10:00:00+01:00"}


@pytest.fixture
def caller() -> Caller:
    return with_key()


def till(code: str = "S1", **fields: Any) -> Zone:
    """A queue of a new store."""
    return chain.zone(chain.controller(chain.store(code, **fields)), "till", "queue")


def counted(zone: Zone, *people: int, wait: int | None = None, threshold: int | None = 4) -> None:
    """Samples a minute apart."""
    instants = every(HOUR["start"], MINUTE, len(people))
    queue(zone, [(at, count, wait, threshold) for at, count in zip(instants, people, strict=True)])


def test_the_figures_of_a_queue(caller: Caller) -> None:
    counted(till(), 2, 6, 8, 4, wait=30_000)
    answer = caller.get(PATH, **HOUR)
    # 2, 6 and 8 for a minute each, 4 for the three minutes that it holds.
    assert answer["rows"] == [
        {
            "store": "S1",
            "start": "2025-11-03T09:00:00+01:00",
            "end": "2025-11-03T10:00:00+01:00",
            "average_length": round((2 + 6 + 8 + 3 * 4) / 6, 2),
            "peak_length": 8,
            "peak_at": "2025-11-03T09:02:00+01:00",
            "average_wait_ms": 30_000,
            "longest_wait_ms": 60_000,
            "seconds_over_threshold": 120.0,
            "service_level": round(1 - 120 / 360, 4),
            "breaches": 1,
            "coverage": 0.1,
        }
    ]
    assert [column["name"] for column in answer["columns"]] == [
        "average_length",
        "peak_length",
        "peak_at",
        "average_wait_ms",
        "longest_wait_ms",
        "seconds_over_threshold",
        "service_level",
        "breaches",
    ]


def test_without_a_threshold_no_breach_can_be_known(caller: Caller) -> None:
    counted(till(), 2, 20, threshold=None)
    row = caller.get(PATH, **HOUR)["rows"][0]
    assert row["peak_length"] == 20
    assert (row["seconds_over_threshold"], row["service_level"], row["breaches"]) == (None, None, None)


def test_a_threshold_that_was_kept_is_kept_wholly(caller: Caller) -> None:
    counted(till(), 2, 4)
    row = caller.get(PATH, **HOUR)["rows"][0]
    assert (row["seconds_over_threshold"], row["service_level"], row["breaches"]) == (0, 1, 0)


def test_without_waits_none_is_told(caller: Caller) -> None:
    counted(till(), 2, 4)
    row = caller.get(PATH, **HOUR)["rows"][0]
    assert (row["average_wait_ms"], row["longest_wait_ms"]) == (None, None)


def test_several_queues_add_their_seconds_and_breaches_and_average_their_lengths(caller: Caller) -> None:
    first = till()
    counted(first, 2, 6)  # over for three minutes
    counted(chain.zone(first.controller, "till_2", "queue"), 1, 9, 1)  # over for one
    row = caller.get(PATH, **HOUR)["rows"][0]
    assert (row["seconds_over_threshold"], row["breaches"]) == (240, 2)
    assert row["average_length"] == round((2 + 3 * 6 + 1 + 9 + 3 * 1) / 9, 2)
    assert (row["peak_length"], row["peak_at"]) == (9, "2025-11-03T09:01:00+01:00")
    assert row["coverage"] == round(9 / 120, 4)


def test_rows_of_zones_are_each_queue_s_own(caller: Caller) -> None:
    first = till()
    counted(first, 2, 6)
    counted(chain.zone(first.controller, "till_2", "queue"), 1, 9, 1)
    rows = caller.get(PATH, **HOUR, by="zone")["rows"]
    assert [(row["zone"], row["peak_length"], row["breaches"]) for row in rows] == [
        ("S1/till", 6, 1),
        ("S1/till_2", 9, 1),
    ]


def test_the_totals_name_the_store_of_the_longest_queue(caller: Caller) -> None:
    counted(till("S1"), 2, 6)
    counted(till("S2"), 7)
    totals = caller.get(PATH, **HOUR, by="chain")["totals"]
    assert (totals["peak_length"], totals["peak_store"], totals["breaches"]) == (7, "S2", 1)


@pytest.mark.parametrize("granularity", ["15m", "hour", "day"])
def test_a_breach_at_midnight_is_counted_once(caller: Caller, granularity: str) -> None:
    queue(
        till(),
        [("2025-11-03T23:59:00+01:00", 2, None, 4), ("2025-11-04T00:00:00+01:00", 9, None, 4)],
    )
    answer = caller.get(PATH, start="2025-11-03", end="2025-11-05", granularity=granularity)
    known = {row["start"]: row["breaches"] for row in answer["rows"] if row["breaches"]}
    assert known == {"2025-11-04T00:00:00+01:00": 1}
    assert answer["totals"]["breaches"] == 1
