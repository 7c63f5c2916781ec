"""``GET /reports/dwell``: how long people stay, by visits where they're known."""

from __future__ import annotations

from typing import Any

import pytest

from sites_app.models import Zone
from tests import chain
from tests.caller import Caller, with_key
from tests.reports.api.facts import dwell

pytestmark = pytest.mark.django_db
PATH = "reports/dwell"
DAY = {"start": "2025-11-03", "end": "2025-11-04"}


@pytest.fixture
def caller() -> Caller:
    return with_key()


def table(code: str = "S1", **fields: Any) -> Zone:
    """An area of a new store."""
    return chain.zone(chain.controller(chain.store(code, **fields)), "table")


def test_a_mean_weighs_by_its_visits(caller: Caller) -> None:
    dwell(table(), [("2025-11-03T09:00:00+01:00", 40_000, 3), ("2025-11-03T10:00:00+01:00", 80_000, 1)])
    answer = caller.get(PATH, **DAY)
    row = answer["rows"][0]
    assert (row["average_dwell_ms"], row["visits"], row["dwell_hours"]) == (50_000, 4, round(200 / 3600, 2))
    assert row["coverage"] == round(2 / 24, 4)
    assert [column["name"] for column in answer["columns"]] == ["average_dwell_ms", "visits", "dwell_hours"]


def test_one_hour_without_visits_makes_them_unknown(caller: Caller) -> None:
    dwell(table(), [("2025-11-03T09:00:00+01:00", 40_000, 3), ("2025-11-03T10:00:00+01:00", 80_000, None)])
    row = caller.get(PATH, **DAY)["rows"][0]
    assert (row["average_dwell_ms"], row["visits"], row["dwell_hours"]) == (50_000, None, None)


def test_an_hour_that_nobody_visited_has_visits_but_no_mean(caller: Caller) -> None:
    dwell(table(), [("2025-11-03T09:00:00+01:00", 0, 0)])
    row = caller.get(PATH, **DAY)["rows"][0]
    assert (row["average_dwell_ms"], row["visits"], row["dwell_hours"]) == (None, 0, 0)


def test_without_hours_there_is_nothing_to_tell(caller: Caller) -> None:
    table()
    row = caller.get(PATH, **DAY)["rows"][0]
    assert (row["average_dwell_ms"], row["visits"], row["dwell_hours"], row["coverage"]) == (None, None, None, None)


def test_an_hour_belongs_to_the_bucket_in_which_it_starts(caller: Caller) -> None:
    # In Kathmandu an hour of the controller's, aligned to UTC, starts at a quarter to.
    dwell(table(timezone="Asia/Kathmandu"), [("2025-11-03T04:00:00Z", 60_000, 2)])
    rows = caller.get(PATH, **DAY, granularity="hour")["rows"]
    assert [row["start"] for row in rows if row["visits"]] == ["2025-11-03T09:00:00+05:45"]


def test_zones_are_told_apart_and_added_up(caller: Caller) -> None:
    first = table()
    dwell(first, [("2025-11-03T09:00:00+01:00", 40_000, 3)])
    dwell(chain.zone(first.controller, "shelf"), [("2025-11-03T09:00:00+01:00", 20_000, 1)])
    rows = caller.get(PATH, **DAY, by="zone")["rows"]
    assert [(row["zone"], row["visits"]) for row in rows] == [("S1/shelf", 1), ("S1/table", 3)]
    totals = caller.get(PATH, **DAY)["totals"]
    assert (totals["average_dwell_ms"], totals["visits"], totals["coverage"]) == (35_000, 4, round(2 / 48, 4))
