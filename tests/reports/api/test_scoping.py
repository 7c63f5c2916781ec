"""A key of a region sees its stores only: another store isn't found, isn't listed, and isn't counted."""

from __future__ import annotations

from typing import Any

import pytest

from sites_app.models import Store
from tests import chain
from tests.caller import Caller, person, with_key
from tests.reports.api.facts import QUARTER as STEP
from tests.reports.api.facts import WEEK, every, footfall, occupancy, queue

pytestmark = pytest.mark.django_db
AT = "2025-11-03T12:00:00Z"
REPORTS = ["reports/footfall", "reports/occupancy", "reports/queues", "reports/dwell"]


def shop(code: str, under: str, visitors: int) -> Store:
    """A store with an entrance, an area and a queue, and something of each."""
    store = chain.store(code, under=under)
    controller = chain.controller(store)
    footfall(chain.zone(controller, "door", "entrance"), [(AT, visitors, visitors)])
    occupancy(chain.zone(controller, "floor"), [(at, visitors, 100) for at in every(AT, STEP, 2)])
    queue(chain.zone(controller, "till", "queue"), [(AT, visitors, 1000, 3)])
    return store


@pytest.fixture(autouse=True)
def chain_of_three() -> None:
    shop("BER", "Europe/Germany/North", 1)
    shop("MUC", "Europe/Germany/South", 10)
    shop("PAR", "Europe/France", 100)


@pytest.fixture
def german() -> Caller:
    return with_key(chain.region("Europe/Germany"))


def codes(answer: dict[str, list[dict[str, str]]], rows: str = "rows") -> set[str]:
    return {row["store"] for row in answer[rows]}


@pytest.mark.parametrize("path", REPORTS)
@pytest.mark.parametrize("by", ["store", "zone"])
def test_only_its_own_stores_are_in_reports(german: Caller, path: str, by: str) -> None:
    assert codes(german.get(path, **WEEK, by=by)) <= {"BER", "MUC"}
    assert codes(german.get(path, **WEEK)) == {"BER", "MUC"}


def test_only_its_own_stores_are_live(german: Caller) -> None:
    assert codes(german.get("live/occupancy"), "results") == {"BER", "MUC"}
    assert codes(german.get("live/queues"), "results") == {"BER", "MUC"}


def test_other_stores_are_not_counted_in_totals(german: Caller) -> None:
    for by in ("store", "region", "zone", "chain"):
        assert german.get("reports/footfall", **WEEK, by=by)["totals"]["visitors_in"] == 11
        assert german.get("reports/occupancy", **WEEK, by=by)["totals"]["peak_store"] == "MUC"
    assert with_key().get("reports/footfall", **WEEK)["totals"]["visitors_in"] == 111


@pytest.mark.parametrize("path", ["live/occupancy", "live/queues", *REPORTS])
@pytest.mark.parametrize(("name", "value"), [("store", "PAR"), ("region", "europe-france"), ("region", "europe")])
def test_another_store_is_like_one_that_is_not_there(german: Caller, path: str, name: str, value: str) -> None:
    window: dict[str, Any] = WEEK if path in REPORTS else {}
    asked: list[dict[str, Any]] = [{**window, name: code} for code in (value, "nowhere")]
    there, nowhere = (german.problem(path, **parameters) for parameters in asked)
    assert str(there).replace(value, "nowhere") == str(nowhere)


def test_regions_are_told_of_as_far_up_as_they_are_seen_whole(german: Caller) -> None:
    rows = {row["region"]: row["visitors_in"] for row in german.get("reports/footfall", **WEEK, by="region")["rows"]}
    assert rows == {"europe-germany": 11, "europe-germany-north": 1, "europe-germany-south": 10}


def test_a_report_of_a_region_says_nothing_of_those_above_it() -> None:
    answer = with_key().get("reports/footfall", **WEEK, by="region", region="europe-germany")
    rows = {row["region"]: row["visitors_in"] for row in answer["rows"]}
    assert rows == {"europe-germany": 11, "europe-germany-north": 1, "europe-germany-south": 10}


def test_a_region_is_its_whole_subtree() -> None:
    rows = with_key().get("reports/footfall", **WEEK, by="region")["rows"]
    assert {row["region"]: row["visitors_in"] for row in rows} == {
        "europe": 111,
        "europe-france": 100,
        "europe-germany": 11,
        "europe-germany-north": 1,
        "europe-germany-south": 10,
    }


def test_a_key_of_two_regions_sees_both() -> None:
    caller = with_key(chain.region("Europe/Germany/North"), chain.region("Europe/France"))
    assert codes(caller.get("reports/footfall", **WEEK)) == {"BER", "PAR"}


def test_a_manager_sees_as_much_as_a_key_of_the_region(german: Caller) -> None:
    manager = Caller(user=person("manager", chain.region("Europe/Germany")))
    one, other = manager.get("reports/footfall", **WEEK), german.get("reports/footfall", **WEEK)
    assert {**one, "as_of": None} == {**other, "as_of": None}
