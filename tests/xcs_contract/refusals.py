"""What is refused, and by which code."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.xcs_contract.subject import Subject

INVALID = (400, "INVALID_PARAMETER")
SECOND = timedelta(seconds=1)


class RefusalsContract:
    @pytest.mark.parametrize(
        "authorization", [None, "Apikey wrong", "Apikey", "Bearer {key}", "{key}", "Apikey {key}x"]
    )
    def test_who_has_no_key_is_refused(self, subject: Subject, authorization: str | None) -> None:
        given = None if authorization is None else authorization.format(key=subject.key)
        for path in ("/sensors", "/occupancy/current", "/queue/status"):
            assert subject.ask(path, authorization=given).refusal == (401, "UNAUTHORIZED")
        for path in interval_paths(subject):
            answer = subject.ask(path, authorization=given, start=subject.start, end=subject.end)
            assert answer.refusal == (401, "UNAUTHORIZED")

    @pytest.mark.parametrize("path", ["", "/", "/sensor", "/occupancy", "/zones", "/zones/x", "/zones//dwell"])
    def test_what_isnt_there_isnt_found(self, subject: Subject, path: str) -> None:
        assert subject.ask(path).refusal == (404, "NOT_FOUND")

    def test_the_dwell_of_an_unknown_zone_isnt_found(self, subject: Subject) -> None:
        assert subject.ask("/zones/no_such_zone/dwell", interval="PT1H").refusal == (404, "NOT_FOUND")

    def test_the_footfall_of_an_unknown_location_isnt_found(self, subject: Subject) -> None:
        answer = subject.ask("/counts/interval", start=subject.start, end=subject.end, locationId="no_such_zone")
        assert answer.refusal == (404, "NOT_FOUND")

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
    def test_nothing_can_be_changed(self, subject: Subject, method: str) -> None:
        answer = subject.ask("/sensors", method=method)
        assert answer.status == 405
        assert "GET" in answer.headers["Allow"]

    def test_a_window_has_a_start_and_an_end(self, subject: Subject) -> None:
        for path in ("/counts/interval", *interval_paths(subject)):
            assert subject.ask(path, interval="PT1H", start=subject.start).refusal == INVALID
            assert subject.ask(path, interval="PT1H", end=subject.end).refusal == INVALID
        assert subject.ask("/counts/interval").refusal == INVALID

    def test_a_window_doesnt_end_before_it_starts(self, subject: Subject) -> None:
        for path in interval_paths(subject):
            assert subject.ask(path, interval="PT1H", start=subject.end, end=subject.start).refusal == INVALID

    def test_a_window_isnt_longer_than_seven_days(self, subject: Subject) -> None:
        start = subject.end - timedelta(days=7)
        for path in interval_paths(subject):
            assert subject.ask(path, interval="PT1H", start=start, end=subject.end).status == 200
            assert subject.ask(path, interval="PT1H", start=start - SECOND, end=subject.end).refusal == INVALID

    @pytest.mark.parametrize(
        "start", ["", "now", "2026-06-12", "1781251200", "2026-06-12T09:00:00", "2026-13-12T09:00:00Z", "T09:00:00Z"]
    )
    def test_times_have_a_date_and_an_offset(self, subject: Subject, start: str) -> None:
        for path in interval_paths(subject):
            assert subject.ask(path, interval="PT1H", start=start, end=subject.end).refusal == INVALID

    @pytest.mark.parametrize("interval", ["", "15m", "900", "P", "PT", "PT0M", "-PT15M", "PT7M", "1H"])
    def test_intervals_are_durations_that_cut_a_day_evenly(self, subject: Subject, interval: str) -> None:
        for path in interval_paths(subject):
            assert subject.ask(path, interval=interval, start=subject.start, end=subject.end).refusal == INVALID


def interval_paths(subject: Subject) -> list[str]:
    """All that take a window."""
    paths = ["/counts/interval", f"/zones/{subject.dwelt[0]}/dwell"]
    return paths if subject.paths_refused else [*paths, "/analytics/paths"]
