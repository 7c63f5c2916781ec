"""Each parameter, good and bad: what is wrong is named, with what would be right."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests import chain
from tests.caller import Caller, problem_of, with_key
from tests.reports.api.facts import WEEK

pytestmark = pytest.mark.django_db
REPORTS = ["reports/footfall", "reports/occupancy", "reports/queues", "reports/dwell"]


@pytest.fixture
def caller() -> Caller:
    store = chain.store("S1", tags=["city", "flagship"])
    chain.zone(chain.controller(store), "door", "entrance")
    return with_key()


def refused(caller: Caller, path: str, parameter: str, **asked: Any) -> str:
    """The sentence of a problem that names this parameter."""
    problem = caller.problem(path, **asked)
    assert [error["parameter"] for error in problem["errors"]] == [parameter]
    return str(problem["errors"][0]["detail"])


@pytest.mark.parametrize("path", REPORTS)
@pytest.mark.parametrize("missing", ["start", "end"])
def test_a_window_is_required(caller: Caller, path: str, missing: str) -> None:
    asked = {name: value for name, value in WEEK.items() if name != missing}
    assert "required" in refused(caller, path, missing, **asked)
    assert "required" in refused(caller, path, missing, **asked, **{missing: ""})


@pytest.mark.parametrize(
    "edge",
    [
        "yesterday",
        "2025-11-31",
        "2025-13-01",
        "2025-11-3",
        "20251103",
        "2025-W45-1",
        "03.11.2025",
        "2025-11-03T25:00:00Z",
        "2025-11-03T09:00:00+25:00",
        "2025-11-03T09:00:00+01:00:30",
        "2025-11-03T09Z",
        "2025-11-03 09:00:00Z",
        "1762128000",
        "\u0662\u0660\u0662\u0665-11-03",
        "2025-11-03\x00",
    ],
)
@pytest.mark.parametrize("name", ["start", "end"])
def test_an_edge_is_a_date_or_an_instant(caller: Caller, name: str, edge: str) -> None:
    refused(caller, "reports/footfall", name, **{**WEEK, name: edge})


def test_what_cannot_be_read_is_told_as_it_was_sent(caller: Caller) -> None:
    assert "'nonsense'" in refused(caller, "reports/footfall", "start", **{**WEEK, "start": "nonsense"})


@pytest.mark.parametrize(
    "edge",
    ["0001-01-01", "1999-12-31", "2201-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00", "9999-12-31T23:45:00-14:00"],
)
@pytest.mark.parametrize("name", ["start", "end"])
def test_an_edge_lies_in_the_years_in_which_there_can_be_something(caller: Caller, name: str, edge: str) -> None:
    assert "2000" in refused(caller, "reports/footfall", name, **{**WEEK, name: edge})


def test_an_instant_has_an_offset(caller: Caller) -> None:
    asked = {"start": "2025-11-03T09:00:00", "end": "2025-11-03T10:00:00"}
    assert "offset" in refused(caller, "reports/footfall", "start", **asked)


def test_an_instant_lies_on_a_quarter(caller: Caller) -> None:
    asked = {"start": "2025-11-03T09:05:00Z", "end": "2025-11-03T10:00:00Z"}
    assert "quarter" in refused(caller, "reports/footfall", "start", **asked)


def test_a_plus_that_was_not_encoded_is_told_of() -> None:
    query = f"start=2025-11-03T09:00:00+01:00&end={quote('2025-11-03T10:00:00+01:00')}"
    caller = with_key()
    response = caller.client.get(f"/api/v1/reports/footfall?{query}", headers=caller.headers)
    assert "%2B" in problem_of(response, 400)["detail"]


@pytest.mark.parametrize("edge", ["2025-11-03T09:00:00Z", "2025-11-03t09:00z", "2025-11-03T09:00:00.000+05:45"])
def test_instants_may_be_written_as_rfc_3339_has_them(caller: Caller, edge: str) -> None:
    caller.get("reports/footfall", start=edge, end="2025-11-04T00:00:00-03:00")


def test_a_window_ends_after_it_starts(caller: Caller) -> None:
    assert "after" in refused(caller, "reports/footfall", "end", start="2025-11-03", end="2025-11-03")
    assert "after" in refused(caller, "reports/footfall", "end", start="2025-11-04", end="2025-11-03")


def test_a_window_has_two_edges_of_a_kind(caller: Caller) -> None:
    refused(caller, "reports/footfall", "end", start="2025-11-03", end="2025-11-04T00:00:00Z")


def test_a_window_is_at_most_five_years_long(caller: Caller) -> None:
    assert "five years" in refused(caller, "reports/footfall", "start", start="2015-01-01", end="2025-01-01")


@pytest.mark.parametrize("path", REPORTS)
@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("granularity", ["total", "15m", "hour", "day", "week", "month"]),
        ("by", ["store", "region", "zone", "chain"]),
        ("hours", ["open", "all"]),
    ],
)
def test_a_choice_is_one_of_its_values(caller: Caller, path: str, name: str, good: list[str]) -> None:
    for value in good:
        assert caller.get(path, **WEEK, **{name: value})[name] == value
    for bad in ("", "fortnight", good[0].upper(), f"{good[0]} "):
        sentence = refused(caller, path, name, **WEEK, **{name: bad})
        assert all(value in sentence for value in good)


def test_the_first_value_is_the_default(caller: Caller) -> None:
    answer = caller.get("reports/footfall", **WEEK)
    assert (answer["granularity"], answer["by"], answer["hours"]) == ("total", "store", "open")


@pytest.mark.parametrize("path", ["live/occupancy", "live/queues", *REPORTS])
@pytest.mark.parametrize("name", ["store", "region"])
@pytest.mark.parametrize("value", ["NOWHERE", "", "s1", "S1 ", "\x00", "'; --", "S1,S2", "x" * 5000])
def test_a_filter_names_what_there_is(caller: Caller, path: str, name: str, value: str) -> None:
    refused(caller, path, name, **(WEEK if path in REPORTS else {}), **{name: value})


@pytest.mark.parametrize("path", ["live/occupancy", *REPORTS])
def test_one_bad_filter_among_good_ones_is_named(caller: Caller, path: str) -> None:
    window = WEEK if path in REPORTS else {}
    assert "'S9'" in refused(caller, path, "store", **window, store=["S1", "S9"])


def test_filters_can_be_repeated_and_narrow_each_other(caller: Caller) -> None:
    chain.store("S2", under="Europe/Germany", tags=["city"])
    chain.store("S3", under="Europe/France", tags=["flagship"])
    chain.store("S4", under="Asia/Nepal")

    def stores(**filters: Any) -> list[str]:
        return [row["store"] for row in caller.get("live/occupancy", **filters)["results"]]

    assert stores(store=["S1", "S4"]) == ["S1", "S4"]
    assert stores(region="europe") == ["S1", "S2", "S3"]
    assert stores(region=["europe-france", "asia"]) == ["S3", "S4"]
    assert stores(tag="flagship") == ["S1", "S3"]
    assert stores(tag=["city", "flagship"]) == ["S1", "S2", "S3"]
    assert stores(tag="city", region="europe-germany", store=["S2", "S3"]) == ["S2"]
    assert stores(tag="nobody's") == []


def test_more_parameters_than_are_read_are_refused_with_what_to_do_instead(caller: Caller) -> None:
    told = problem_of(caller.ask("reports/footfall", **WEEK, store=["S1"] * 1001), 400)
    assert "filter by region or tag" in told["detail"]


def test_a_tag_with_a_nul_is_refused(caller: Caller) -> None:
    refused(caller, "live/queues", "tag", tag="a\x00b")


@pytest.mark.parametrize("name", ["start", "end", "granularity", "by", "hours", "order", "limit"])
def test_what_can_be_said_once_is_not_said_twice(caller: Caller, name: str) -> None:
    once = {**WEEK, "granularity": "day", "by": "store", "hours": "all", "order": "store", "limit": "5"}[name]
    assert "2 times" in refused(caller, "reports/footfall", name, **{**WEEK, name: [once, once]})


@pytest.mark.parametrize("limit", ["0", "-1", "1.5", "ten", "", "50001", "\u0661\u0660", "9" * 5000, "1e3", " 5"])
def test_a_limit_is_a_whole_number(caller: Caller, limit: str) -> None:
    refused(caller, "reports/footfall", "limit", **WEEK, limit=limit)


@pytest.mark.parametrize("order", ["visitor_in", "--store", "-", "", "peak_occupancy", "store "])
def test_an_order_is_a_column_of_the_report(caller: Caller, order: str) -> None:
    assert "visitors_in" in refused(caller, "reports/footfall", "order", **WEEK, order=order)


def test_too_many_rows_are_refused_before_they_are_made(caller: Caller) -> None:
    five_years: dict[str, Any] = {"start": "2020-01-01", "end": "2025-01-01"}
    for by in ("store", "zone", "region", "chain"):
        problem = caller.problem("reports/footfall", **five_years, granularity="15m", by=by)
        assert "rows; at most 50,000" in problem["detail"]
        caller.get("reports/footfall", **five_years, granularity="month", by=by)
