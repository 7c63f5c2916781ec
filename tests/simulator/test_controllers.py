"""What a simulated controller does beside the contract: its truth, its running interval, its neighbours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.simulator.running import BUSY, NOW, RunningFleet
from tests.xcs_contract import Row, Subject
from tests.xcs_contract.subject import utc

QUARTER_BEGAN = NOW.replace(minute=0, second=0)
ONE, ANNEX, STATION, OLD = "S001/Controller 1", "S003/Controller 2", "S005/Controller 1", "S007/Controller 1"


@pytest.fixture
def subject(fleet: RunningFleet) -> Subject:
    return fleet.subject(ONE)


def test_each_controller_has_a_key_and_an_address_of_its_own(fleet: RunningFleet) -> None:
    ones = fleet.controllers.values()
    assert len({one["base_url"] for one in ones}) == len({one["api_key"] for one in ones}) == len(ones)
    others = fleet.subject(ANNEX).key
    assert fleet.subject(ONE).ask("/sensors", authorization=f"Apikey {others}").status == 401


@pytest.mark.parametrize("name", [ONE, ANNEX, STATION, OLD])
def test_snapshots_are_the_truth_of_the_moment(fleet: RunningFleet, name: str) -> None:
    truth = fleet.done("GET", "/truth/occupancy", store=name[:4], at=utc(NOW))
    subject = fleet.subject(name)
    answer = subject.ask("/occupancy/current")
    assert answer.timestamp == NOW
    assert columns(answer.rows, "zoneId", "current_people") == columns(
        of(truth["zones"], name), "zone_id", "current_people"
    )
    assert columns(subject.rows("/queue/status"), "zoneId", "people_waiting", "threshold") == columns(
        of(truth["queues"], name), "zone_id", "people_waiting", "threshold"
    )


@pytest.mark.parametrize("name", [ONE, ANNEX, STATION, OLD])
def test_intervals_are_the_truth_of_their_time(fleet: RunningFleet, name: str) -> None:
    truth = fleet.done("GET", "/truth", store=name[:4], start=utc(BUSY["start"]), end=utc(BUSY["end"]))
    subject = fleet.subject(name)
    counts = subject.rows("/counts/interval", **BUSY)
    times = ("start", "end")
    assert columns(counts, "zoneId", *times, "in", "out") == columns(
        of(truth["footfall"], name), "zone_id", *times, "in", "out"
    )
    dwell = [row for zone in subject.dwelt for row in subject.rows(f"/zones/{zone}/dwell", interval="PT1H", **BUSY)]
    assert columns(dwell, "zoneId", *times, "average_dwell_ms") == columns(
        of(truth["dwell"], name), "zone_id", *times, "average_dwell_ms"
    )
    paths = [] if subject.paths_refused else subject.rows("/analytics/paths", **BUSY)
    known = [] if subject.paths_refused else of(truth["paths"], name)
    assert columns(paths, "fromZoneId", "toZoneId", *times, "count") == columns(
        known, "from_zone_id", "to_zone_id", *times, "count"
    )


def test_the_running_interval_has_counted_until_now(fleet: RunningFleet, subject: Subject) -> None:
    window = {"start": QUARTER_BEGAN, "end": QUARTER_BEGAN + timedelta(hours=1)}
    early = subject.rows("/counts/interval", **window)
    assert {(row["start"], row["end"], row["complete"]) for row in early} == {
        (utc(QUARTER_BEGAN), utc(QUARTER_BEGAN + timedelta(minutes=15)), False)
    }
    fleet.set_clock(QUARTER_BEGAN + timedelta(minutes=15))
    late = subject.rows("/counts/interval", **window)
    assert all(row["complete"] for row in late)
    for before, after in zip(early, late, strict=True):
        assert before["zoneId"] == after["zoneId"]
        assert 0 < before["in"] < after["in"]


def test_an_interval_that_isnt_over_has_no_dwell_and_no_paths(fleet: RunningFleet, subject: Subject) -> None:
    window = {"start": QUARTER_BEGAN, "end": QUARTER_BEGAN + timedelta(hours=1)}
    for path in ("/zones/sales_floor/dwell", "/analytics/paths"):
        assert subject.rows(path, interval="PT1H", **window) == []
    fleet.set_clock(QUARTER_BEGAN + timedelta(hours=1))
    for path in ("/zones/sales_floor/dwell", "/analytics/paths"):
        assert subject.rows(path, interval="PT1H", **window)


def test_the_future_holds_nothing(subject: Subject) -> None:
    assert subject.rows("/counts/interval", start=NOW + timedelta(days=1), end=NOW + timedelta(days=2)) == []


def test_a_zone_that_counts_nobody_has_no_counts(subject: Subject) -> None:
    assert subject.rows("/counts/interval", locationId="sales_floor", **BUSY) == []
    assert subject.rows("/queue/status", locationId="sales_floor") == []


def test_old_firmware_leaves_out_what_it_doesnt_know(fleet: RunningFleet) -> None:
    old = fleet.subject(OLD)
    assert all("capacity" not in row for row in old.rows("/occupancy/current"))
    assert all("average_wait_ms" not in row for row in old.rows("/queue/status"))
    assert all("visits" not in row for row in old.rows(f"/zones/{old.dwelt[0]}/dwell", interval="PT1H", **BUSY))
    assert {row["firmware"] for row in old.rows("/sensors")} == {"5.4.1"}


def test_a_full_zone_is_critical_and_a_long_queue_exceeds(fleet: RunningFleet) -> None:
    statuses, over = set(), set()
    for hour in range(10, 20):
        fleet.set_clock(datetime(2026, 12, 5, hour, 40, tzinfo=UTC))
        for name in (ONE, "S002/Controller 1", "S006/Controller 1", "S008/Controller 1"):
            subject = fleet.subject(name)
            for row in subject.rows("/occupancy/current"):
                load = row["utilization_percentage"]
                assert row["status"] == ("critical" if load >= 90 else "warning" if load >= 75 else "normal")
                statuses.add(row["status"])
            for row in subject.rows("/queue/status"):
                over.add((max(-1, min(1, row["people_waiting"] - row["threshold"])), row["status"]))
    assert statuses == {"normal", "warning", "critical"}
    assert over == {(-1, "normal"), (0, "normal"), (1, "exceeded")}


def columns(rows: list[Row], *names: str) -> list[tuple[object, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def of(rows: list[Row], name: str) -> list[Row]:
    """One controller's rows of a store's truth."""
    return [row for row in rows if row["controller"] == name.split("/")[1]]
