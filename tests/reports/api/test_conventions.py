"""What all endpoints have in common: problems, unknown parameters, slashes, entity tags, instants."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from tests import chain
from tests.caller import Caller, problem_of, with_key
from tests.reports.api.facts import WEEK, footfall

pytestmark = pytest.mark.django_db
LIVE = ["live/occupancy", "live/queues"]
REPORTS = ["reports/footfall", "reports/occupancy", "reports/queues", "reports/dwell"]


@pytest.fixture
def caller() -> Caller:
    return with_key()


def asked(path: str) -> dict[str, Any]:
    return WEEK if path in REPORTS else {}


@pytest.mark.parametrize("path", LIVE + REPORTS)
def test_a_trailing_slash_makes_no_difference(caller: Caller, path: str) -> None:
    chain.store("S1")
    bare, slashed = caller.get(path, **asked(path)), caller.get(f"{path}/", **asked(path))
    assert {**bare, "as_of": None} == {**slashed, "as_of": None}


@pytest.mark.parametrize("path", LIVE + REPORTS)
def test_a_parameter_that_is_mistyped_is_named_with_the_one_that_was_meant(caller: Caller, path: str) -> None:
    problem = caller.problem(path, **asked(path), regoin="europe")
    assert problem["errors"][0]["parameter"] == "regoin"
    assert "did you mean 'region'?" in problem["detail"]


@pytest.mark.parametrize("path", LIVE + REPORTS)
def test_a_parameter_that_is_like_none_is_answered_with_those_that_are_known(caller: Caller, path: str) -> None:
    problem = caller.problem(path, **asked(path), zzz="1")
    assert "known are" in problem["detail"]
    assert "region" in problem["detail"]


@pytest.mark.parametrize("path", LIVE)
def test_live_figures_have_no_window(caller: Caller, path: str) -> None:
    assert caller.problem(path, start="2025-11-03")["errors"][0]["parameter"] == "start"


@pytest.mark.parametrize("path", LIVE + REPORTS)
def test_format_is_a_parameter_like_any_other(caller: Caller, path: str) -> None:
    assert caller.problem(path, **asked(path), format="docx")["errors"][0]["parameter"] == "format"


@pytest.mark.parametrize("path", LIVE + REPORTS)
def test_the_same_answer_again_is_not_sent_again(caller: Caller, path: str) -> None:
    chain.store("S1")
    first = caller.ask(path, **asked(path))
    assert first["ETag"].startswith('W/"')
    for known in (first["ETag"], first["ETag"].removeprefix("W/"), f'"other", {first["ETag"]}', "*"):
        again = caller.ask(path, **asked(path), headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == first["ETag"] or path in LIVE  # whose tags say as of when they are


@pytest.mark.parametrize("path", LIVE + REPORTS)
def test_another_answer_has_another_tag(caller: Caller, path: str) -> None:
    chain.zone(chain.controller(chain.store("S1")), "till", "queue")
    before = caller.ask(path, **asked(path))["ETag"]
    chain.zone(chain.controller(chain.store("S2")), "till", "queue")
    after = caller.ask(path, **asked(path), headers={"If-None-Match": before})
    assert after.status_code == 200
    assert after["ETag"] != before


@pytest.mark.parametrize("path", LIVE + REPORTS)
def test_answers_are_for_their_caller_alone(caller: Caller, path: str) -> None:
    response = caller.ask(path, **asked(path))
    assert response["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "Cookie"} <= {name.strip() for name in response["Vary"].split(",")}


def test_an_answer_is_compressed_where_that_is_asked_for(caller: Caller) -> None:
    for number in range(20):
        chain.store(f"S{number}")
    response = caller.ask("live/occupancy", headers={"Accept-Encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(response.content))["results"]) == 20


@pytest.mark.parametrize("path", ["nothing", "reports", "reports/", "reports/paths/1", "live/occupancy//", "%00"])
def test_what_is_not_there_is_a_problem(caller: Caller, path: str) -> None:
    problem_of(caller.ask(path), 404)


def test_what_is_only_to_be_read_is_not_written() -> None:
    response = with_key().client.post("/api/v1/live/queues", headers=with_key().headers)
    problem_of(response, 405)


def test_a_form_of_answer_that_there_is_not_is_a_problem(caller: Caller) -> None:
    problem_of(caller.ask("live/queues", headers={"Accept": "image/png"}), 406)


def test_instants_carry_the_offset_that_the_store_has_then(caller: Caller) -> None:
    kathmandu = chain.store("KTM", timezone="Asia/Kathmandu", under="Asia/Nepal")
    berlin = chain.store("BER")
    footfall(
        chain.zone(chain.controller(kathmandu), "door", "entrance"),
        [("2025-10-26T10:00:00+05:45", 3, 1)],
    )
    answer = caller.get("reports/footfall", start="2025-10-25", end="2025-10-28", granularity="day")
    starts = {code: [row["start"] for row in answer["rows"] if row["store"] == code] for code in ("BER", "KTM")}
    assert starts == {
        "BER": ["2025-10-25T00:00:00+02:00", "2025-10-26T00:00:00+02:00", "2025-10-27T00:00:00+01:00"],
        "KTM": ["2025-10-25T00:00:00+05:45", "2025-10-26T00:00:00+05:45", "2025-10-27T00:00:00+05:45"],
    }
    assert berlin.timezone == "Europe/Berlin"


def test_a_report_says_what_it_was_asked_for(caller: Caller) -> None:
    answer = caller.get("reports/queues", start="2025-11-03T00:00:00Z", end="2025-11-04T00:00:00+01:00")
    told = {name: answer[name] for name in ("report", "start", "end", "granularity", "by", "hours")}
    assert told == {
        "report": "queues",
        "start": "2025-11-03T00:00:00+00:00",
        "end": "2025-11-04T00:00:00+01:00",
        "granularity": "total",
        "by": "store",
        "hours": "open",
    }
