"""Each fault does on the wire what it says, at one controller alone, and as often as it says."""

from __future__ import annotations

import json
import math
from datetime import timedelta
from typing import Any

import pytest
import requests

from tests.simulator.running import BUSY, NOW, RunningFleet
from tests.xcs_contract import Subject

ONE, OTHER = "S001/Controller 1", "S002/Controller 1"


@pytest.fixture
def subject(fleet: RunningFleet) -> Subject:
    return fleet.subject(ONE)


def test_a_fault_hits_one_controller_alone_and_can_be_taken_back(fleet: RunningFleet, subject: Subject) -> None:
    fleet.set_faults(ONE, status=503)
    assert subject.ask("/sensors").status == 503
    assert fleet.subject(OTHER).ask("/sensors").status == 200
    fleet.done("DELETE", f"/controllers/{ONE}/faults")
    assert subject.ask("/sensors").status == 200


def test_a_fault_can_hit_the_whole_fleet(fleet: RunningFleet) -> None:
    assert fleet.done("PUT", "/faults", {"status": 500})["controllers"] == len(fleet.controllers)
    assert {fleet.subject(name).ask("/sensors").status for name in (ONE, OTHER)} == {500}
    fleet.done("DELETE", "/faults")
    assert {fleet.subject(name).ask("/sensors").status for name in (ONE, OTHER)} == {200}


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "INVALID_PARAMETER"),
        (401, "UNAUTHORIZED"),
        (403, "FEATURE_DISABLED"),
        (404, "NOT_FOUND"),
        (429, "RATE_LIMITED"),
        (500, "INTERNAL"),
        (502, "UNAVAILABLE"),
        (503, "UNAVAILABLE"),
        (504, "UNAVAILABLE"),
    ],
)
def test_an_error_comes_with_its_code(fleet: RunningFleet, subject: Subject, status: int, code: str) -> None:
    fleet.set_faults(ONE, status=status)
    answer = subject.ask("/occupancy/current")
    assert answer.refusal == (status, code)
    assert "Retry-After" not in answer.headers


@pytest.mark.parametrize("retry_after", [0, 30, "Fri, 12 Jun 2026 14:15:00 GMT", "soon"])
def test_a_limit_says_when_to_come_again(fleet: RunningFleet, subject: Subject, retry_after: int | str) -> None:
    fleet.set_faults(ONE, status=429, retry_after=retry_after)
    assert subject.ask("/sensors").headers["Retry-After"] == str(retry_after)


def test_latency_delays_the_answer(fleet: RunningFleet, subject: Subject) -> None:
    fleet.set_faults(ONE, latency_ms=150)
    answer = subject.ask("/sensors")
    assert answer.status == 200
    # Timers count in whole milliseconds.
    assert answer.response.elapsed >= timedelta(milliseconds=149)


def test_a_time_out_never_answers(fleet: RunningFleet, subject: Subject) -> None:
    fleet.set_faults(ONE, timeout=True)
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{subject.base_url}/sensors", timeout=0.2)


@pytest.mark.parametrize("status", [None, 502])
def test_a_page_of_a_proxy_comes_instead(fleet: RunningFleet, subject: Subject, status: int | None) -> None:
    fleet.set_faults(ONE, html=True, status=status)
    answer = subject.ask("/sensors")
    assert answer.status == (status or 200)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.body.startswith(b"<!DOCTYPE html>")


def test_an_empty_body_is_empty(fleet: RunningFleet, subject: Subject) -> None:
    fleet.set_faults(ONE, empty=True)
    answer = subject.ask("/sensors")
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", "0")


def test_a_truncated_body_ends_too_early(fleet: RunningFleet, subject: Subject) -> None:
    fleet.set_faults(ONE, truncated=True)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        subject.ask("/sensors")


@pytest.mark.parametrize("target", ["http://127.0.0.1:1/login", "/elsewhere"])
def test_a_redirect_leads_away(fleet: RunningFleet, subject: Subject, target: str) -> None:
    fleet.set_faults(ONE, redirect=target)
    answer = subject.ask("/sensors")
    assert (answer.status, answer.headers["Location"]) == (302, target)


@pytest.mark.parametrize("skew_s", [-7200, 90, 0.5])
def test_a_skewed_clock_shows_in_each_answer(fleet: RunningFleet, subject: Subject, skew_s: float) -> None:
    fleet.set_faults(ONE, clock_skew_s=skew_s, share=0)
    expected = NOW + timedelta(seconds=math.floor(skew_s))
    assert subject.ask("/sensors").timestamp == expected
    assert subject.ask("/nothing").timestamp == expected
    assert fleet.subject(OTHER).ask("/sensors").timestamp == NOW


def test_counts_can_have_wrong_types(fleet: RunningFleet, subject: Subject) -> None:
    fleet.set_faults(ONE, wrong_types=True)
    assert all(isinstance(row["current_people"], dict) for row in subject.rows("/occupancy/current"))


def test_counts_can_be_no_numbers(fleet: RunningFleet, subject: Subject) -> None:
    fleet.set_faults(ONE, nan=True)
    assert b'"current_people": NaN' in subject.ask("/occupancy/current").body


def test_counts_can_be_negative(fleet: RunningFleet, subject: Subject) -> None:
    fleet.set_faults(ONE, negative=True)
    for row in subject.rows("/counts/interval", **BUSY):
        assert row["in"] < 0
        assert row["complete"] is True


def test_a_zone_can_come_twice_with_other_counts(fleet: RunningFleet, subject: Subject) -> None:
    fine = subject.rows("/occupancy/current")
    fleet.set_faults(ONE, duplicate_zone=True)
    rows = subject.rows("/occupancy/current")
    assert rows[:-1] == fine
    assert rows[-1]["zoneId"] == fine[0]["zoneId"]
    assert rows[-1]["current_people"] != fine[0]["current_people"]


def test_a_body_can_be_larger_than_any_should_be(fleet: RunningFleet, subject: Subject) -> None:
    fleet.set_faults(ONE, oversize=True)
    assert len(subject.ask("/sensors").body) > 16 * 1024 * 1024


@pytest.mark.parametrize(("share", "hit"), [(0.0, 0), (0.1, 1), (0.5, 5), (0.75, 7), (1.0, 10)])
def test_a_share_of_the_requests_is_hit(fleet: RunningFleet, subject: Subject, share: float, hit: int) -> None:
    fleet.set_faults(ONE, status=500, share=share)
    assert [subject.ask("/sensors").status for _ in range(10)].count(500) == hit


@pytest.mark.parametrize(
    ("faults", "field"),
    [
        ({"latency": 5}, "latency"),
        ({"latency_ms": -1}, "latency_ms"),
        ({"status": 200}, "status"),
        ({"share": 2}, "share"),
        ({"timeout": "yes"}, "timeout"),
        ({"retry_after": "a\r\nb"}, "retry_after"),
    ],
)
def test_a_fault_that_isnt_known_is_refused(fleet: RunningFleet, faults: dict[str, Any], field: str) -> None:
    response = fleet.control("PUT", f"/controllers/{ONE}/faults", faults)
    assert response.status_code == 400
    assert response.json()["error"]["field"] == field
    assert json.loads(fleet.subject(ONE).ask("/sensors").body)["status"] == "success"
