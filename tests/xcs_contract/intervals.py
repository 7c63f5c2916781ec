"""Footfall, dwell and paths: how things went, by intervals."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from tests.xcs_contract.subject import NONE, Row, Subject, instant, utc, zones_of

QUARTER, HOUR, WEEK = timedelta(minutes=15), timedelta(hours=1), timedelta(days=7)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COUNTS, PATHS = "/counts/interval", "/analytics/paths"


def stretches(rows: list[Row], length: timedelta) -> list[datetime]:
    """When the intervals of rows start, in order; all of this length and aligned to UTC."""
    for row in rows:
        assert instant(row["end"]) - instant(row["start"]) == length
        assert (instant(row["start"]) - EPOCH) % length == timedelta()
    return sorted({instant(row["start"]) for row in rows})


def every(length: timedelta, start: datetime, end: datetime) -> list[datetime]:
    return [start + number * length for number in range((end - start) // length)]


def keyed(rows: list[Row], *names: str) -> dict[tuple[object, ...], Row]:
    """Rows by what must tell them apart."""
    found = {tuple(row[name] for name in names): row for row in rows}
    assert len(found) == len(rows)
    return found


class CountsContract:
    def test_footfall_comes_by_quarters_for_each_entrance(self, subject: Subject) -> None:
        rows = subject.rows(COUNTS, start=subject.start, end=subject.end)
        subject.check(rows, zoneId=str, name=str, start=str, end=str, complete=bool, **{"in": int, "out": int})
        assert zones_of(rows) == set(subject.entrances)
        quarters = every(QUARTER, subject.start, subject.end)
        assert stretches(rows, QUARTER) == quarters
        assert len(keyed(rows, "zoneId", "start")) == len(quarters) * len(subject.entrances)
        assert all(row["complete"] and row["in"] >= 0 and row["out"] >= 0 for row in rows)
        assert sum(row["in"] for row in rows) > 0

    def test_windows_that_touch_share_no_interval(self, subject: Subject) -> None:
        middle = subject.start + HOUR
        whole = subject.rows(COUNTS, start=subject.start, end=subject.end)
        parts = subject.rows(COUNTS, start=subject.start, end=middle)
        parts += subject.rows(COUNTS, start=middle, end=subject.end)
        assert keyed(parts, "zoneId", "start") == keyed(whole, "zoneId", "start")

    @pytest.mark.parametrize(("moved_start", "moved_end"), [(1, 0), (0, 1), (60, -60), (-1, -1), (899, 899)])
    def test_a_window_holds_the_intervals_that_start_in_it(
        self, subject: Subject, moved_start: int, moved_end: int
    ) -> None:
        start = subject.start + HOUR + timedelta(seconds=moved_start)
        end = subject.start + 2 * HOUR + timedelta(seconds=moved_end)
        found = stretches(subject.rows(COUNTS, start=start, end=end), QUARTER)
        assert found == [quarter for quarter in every(QUARTER, subject.start, subject.end) if start <= quarter < end]

    @pytest.mark.parametrize(("interval", "length"), [("PT1H", HOUR), ("PT60M", HOUR), ("P1D", timedelta(days=1))])
    def test_longer_intervals_are_sums_of_quarters(self, subject: Subject, interval: str, length: timedelta) -> None:
        day = subject.start.replace(hour=0)
        quarters = subject.rows(COUNTS, start=day, end=day + timedelta(days=1), interval="PT15M")
        longer = subject.rows(COUNTS, start=day, end=day + timedelta(days=1), interval=interval)
        stretches(longer, length)
        sums: Counter[tuple[object, ...]] = Counter()
        for row in quarters:
            start = EPOCH + (instant(row["start"]) - EPOCH) // length * length
            sums += Counter({(row["zoneId"], utc(start), way): row[way] for way in ("in", "out")})
        told = {(row["zoneId"], row["start"], way): row[way] for row in longer for way in ("in", "out")}
        assert Counter(told) == sums

    def test_an_entrance_alone_can_be_asked_for(self, subject: Subject) -> None:
        whole = subject.rows(COUNTS, start=subject.start, end=subject.end)
        for zone in subject.entrances:
            alone = subject.rows(COUNTS, start=subject.start, end=subject.end, locationId=zone)
            assert keyed(alone, "start") == keyed([row for row in whole if row["zoneId"] == zone], "start")

    def test_times_can_be_given_by_any_offset(self, subject: Subject) -> None:
        kathmandu = subject.start + timedelta(hours=5, minutes=45)
        there = subject.rows(
            COUNTS,
            start=kathmandu.strftime("%Y-%m-%dT%H:%M:%S+05:45"),
            end=(kathmandu + HOUR).strftime("%Y-%m-%dT%H:%M:%S+05:45"),
        )
        assert there == subject.rows(COUNTS, start=subject.start, end=subject.start + HOUR)

    def test_what_isnt_over_isnt_complete(self, subject: Subject) -> None:
        now = subject.ask("/sensors").timestamp
        answer = subject.ask(COUNTS, start=now - HOUR, end=now + HOUR)
        assert all(instant(row["start"]) <= answer.timestamp for row in answer.rows)
        assert not any(row["complete"] for row in answer.rows if instant(row["end"]) > answer.timestamp)

    def test_seven_days_can_be_asked_for(self, subject: Subject) -> None:
        rows = subject.rows(COUNTS, start=subject.end - WEEK, end=subject.end)
        recent = [row for row in rows if instant(row["start"]) >= subject.start]
        window = subject.rows(COUNTS, start=subject.start, end=subject.end)
        assert keyed(recent, "zoneId", "start") == keyed(window, "zoneId", "start")


class DwellContract:
    def test_dwell_comes_by_the_hour(self, subject: Subject) -> None:
        for zone in subject.dwelt:
            rows = subject.rows(dwell(zone), interval="PT1H", start=subject.start, end=subject.end)
            subject.check(rows, zoneId=str, start=str, end=str, average_dwell_ms=int, visits=(int, NONE))
            assert zones_of(rows) == {zone}
            assert stretches(rows, HOUR) == every(HOUR, subject.start, subject.end)
            assert all(row["average_dwell_ms"] > 0 and row.get("visits") != 0 for row in rows)

    def test_dwell_without_a_window_is_of_the_last_interval_that_is_over(self, subject: Subject) -> None:
        answer = subject.ask(dwell(subject.dwelt[0]), interval="PT1H")
        [row] = answer.rows
        assert stretches([row], HOUR)
        assert timedelta() <= answer.timestamp - instant(row["end"]) < HOUR

    def test_a_dwell_window_is_half_open(self, subject: Subject) -> None:
        rows = subject.rows(dwell(subject.dwelt[0]), interval="PT1H", start=subject.start, end=subject.start + HOUR)
        assert stretches(rows, HOUR) == [subject.start]


class PathsContract:
    def test_paths_come_by_the_hour(self, subject: Subject) -> None:
        rows = subject.rows(PATHS, start=subject.start, end=subject.end)
        ends = (str, NONE)
        for row in rows:
            assert {"fromZoneId", "toZoneId"} <= row.keys()
        subject.check(rows, fromZoneId=ends, toZoneId=ends, start=str, end=str, count=int)
        assert stretches(rows, HOUR) == every(HOUR, subject.start, subject.end)
        keyed(rows, "fromZoneId", "toZoneId", "start")
        assert rows == subject.rows(PATHS, start=subject.start, end=subject.end, interval="PT1H")

    def test_paths_lead_from_outside_to_outside(self, subject: Subject) -> None:
        rows = subject.rows(PATHS, start=subject.start, end=subject.end)
        assert {row["toZoneId"] for row in rows if row["fromZoneId"] is None} == set(subject.entrances)
        assert {row["fromZoneId"] for row in rows if row["toZoneId"] is None} == set(subject.entrances)


class NoPathsContract:
    def test_paths_are_refused(self, subject: Subject) -> None:
        assert subject.ask(PATHS, start=subject.start, end=subject.end).refusal == subject.paths_refused


def dwell(zone: str) -> str:
    return f"/zones/{zone}/dwell"
