"""Sensors, occupancy and queues: how things stand now."""

from __future__ import annotations

import pytest

from tests.xcs_contract.subject import NONE, Subject, zones_of


class SnapshotsContract:
    def test_sensors_say_what_they_are_and_see(self, subject: Subject) -> None:
        rows = subject.rows("/sensors")
        subject.check(rows, sensorId=str, name=str, type=str, status=str, firmware=str, zones=list)
        assert rows
        assert {row["status"] for row in rows} <= {"online", "offline", "degraded"}
        assert len({row["sensorId"] for row in rows}) == len(rows)
        known = {*subject.entrances, *subject.occupied, *subject.queues}
        assert {zone for row in rows for zone in row["zones"]} <= known
        assert any(row["zones"] for row in rows)

    def test_occupancy_is_told_for_each_zone(self, subject: Subject) -> None:
        rows = subject.rows("/occupancy/current")
        subject.check(
            rows,
            zoneId=str,
            name=str,
            current_people=int,
            capacity=(int, NONE),
            utilization_percentage=(float, int, NONE),
            status=str,
        )
        assert [row["zoneId"] for row in rows if row["current_people"] < 0] == []
        assert zones_of(rows) == set(subject.occupied)
        assert len(rows) == len(subject.occupied)

    def test_utilisation_is_people_of_capacity(self, subject: Subject) -> None:
        for row in subject.rows("/occupancy/current"):
            assert row["status"] in {"normal", "warning", "critical"}
            if row.get("capacity") is None:
                assert row.get("utilization_percentage") is None
            else:
                exact = 100 * row["current_people"] / row["capacity"]
                assert row["utilization_percentage"] == pytest.approx(exact, abs=0.051)

    def test_queues_are_told_with_their_waits(self, subject: Subject) -> None:
        rows = subject.rows("/queue/status")
        subject.check(
            rows,
            zoneId=str,
            name=str,
            people_waiting=int,
            average_wait_ms=(int, NONE),
            longest_wait_ms=(int, NONE),
            threshold=(int, NONE),
            status=str,
        )
        assert zones_of(rows) == set(subject.queues)
        assert len(rows) == len(subject.queues)
        for row in rows:
            assert row["people_waiting"] >= 0
            assert 0 <= (row.get("average_wait_ms") or 0) <= (row.get("longest_wait_ms") or 0)

    def test_a_queue_exceeds_only_what_is_over_its_threshold(self, subject: Subject) -> None:
        for row in subject.rows("/queue/status"):
            exceeds = row.get("threshold") is not None and row["people_waiting"] > row["threshold"]
            assert row["status"] == ("exceeded" if exceeds else "normal")

    def test_a_location_alone_can_be_asked_for(self, subject: Subject) -> None:
        for path, zones in (("/occupancy/current", subject.occupied), ("/queue/status", subject.queues)):
            for zone in zones:
                rows = subject.rows(path, locationId=zone)
                assert [row["zoneId"] for row in rows] == [zone]

    @pytest.mark.parametrize("path", ["/occupancy/current", "/queue/status"])
    def test_an_unknown_location_isnt_found(self, subject: Subject, path: str) -> None:
        assert subject.ask(path, locationId="no_such_zone").refusal == (404, "NOT_FOUND")
