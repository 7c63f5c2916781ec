"""A week of a whole fleet, from its controllers to the API: every cell equals what truly happened.

The weeks are those in which clocks are changed: Europe's on 26 October 2025, the American ones on 2 November.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ingest.models import Measure
from tests.caller import Caller, with_key
from tests.reports.simulated import Fleet, fleet, roll_up

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 11, 4, 12, tzinfo=UTC)
# From the first midnight in Tokyo to the last one in Los Angeles.
START, END = datetime(2025, 10, 25, 15, tzinfo=UTC), datetime(2025, 11, 3, 8, tzinfo=UTC)
WEEKS = [(date(2025, 10, 26), date(2025, 11, 2)), (date(2025, 10, 27), date(2025, 11, 3))]

Cell = tuple[str, str]
"""A store, and what its clock calls the bucket."""


@pytest.fixture
def simulated() -> Iterator[Fleet]:
    with fleet(NOW) as running:
        yield running


def test_footfall_and_dwell_of_a_week_are_the_truth_in_every_cell(simulated: Fleet, tmp_path: Path) -> None:
    simulated.backfill(simulated.take_on(tmp_path), START, END)
    roll_up(Measure.FOOTFALL, Measure.DWELL)
    stores = {store["code"]: store for store in simulated.stores}
    truth = {code: simulated.ask("truth", store=code, start=START.isoformat(), end=END.isoformat()) for code in stores}
    assert len(stores) == 24
    assert {"Asia/Kathmandu", "Europe/Berlin", "America/New_York"} <= {store["timezone"] for store in stores.values()}
    caller = with_key()
    for week, granularity in product(WEEKS, ("hour", "day", "total")):
        asked = {"start": week[0], "end": week[1], "granularity": granularity, "hours": "all"}
        footfall, dwell = caller.get("reports/footfall", **asked), caller.get("reports/dwell", **asked)
        assert told(footfall, "visitors_in", "visitors_out") == visitors(stores, truth, week, granularity)
        assert told(dwell, "average_dwell_ms", "visits") == stays(stores, truth, week, granularity)
        assert {row["coverage"] for row in footfall["rows"] + dwell["rows"]} == {1.0}
    nobody_comes_outside_of_trading_hours(caller)
    regions_are_the_sums_of_their_stores(caller)


def told(report: dict[str, Any], *names: str) -> dict[Cell, tuple[Any, ...]]:
    """The figures of a report, by cell."""
    shown = {"hour": 25, "day": 10, "total": 0}[report["granularity"]]
    cells = {(row["store"], row["start"][:shown]): tuple(row[name] for name in names) for row in report["rows"]}
    assert len(cells) == len(report["rows"])
    return cells


def cell(store: dict[str, Any], week: tuple[date, date], granularity: str, start: str) -> Cell | None:
    """The cell that an interval belongs to; none outside of the week."""
    local = datetime.fromisoformat(start).astimezone(ZoneInfo(store["timezone"]))
    if not week[0] <= local.date() < week[1]:
        return None
    names = {"hour": local.replace(minute=0).isoformat(), "day": str(local.date()), "total": ""}
    return store["code"], names[granularity]


def visitors(stores: Any, truth: Any, week: tuple[date, date], granularity: str) -> dict[Cell, tuple[int, int]]:
    """Who truly came and went, by cell."""
    sums: dict[Cell, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for code, store in stores.items():
        for row in truth[code]["footfall"]:
            if place := cell(store, week, granularity, row["start"]):
                came, went = sums[place]
                sums[place] = came + row["in"], went + row["out"]
    return sums


def stays(stores: Any, truth: Any, week: tuple[date, date], granularity: str) -> dict[Cell, tuple[Any, ...]]:
    """How long people truly stayed and how many did, by cell; older firmware keeps the latter to itself."""
    hours: dict[Cell, list[tuple[int, int]]] = defaultdict(list)
    old = {code for code, store in stores.items() if any(one["old_firmware"] for one in store["controllers"])}
    for code, store in stores.items():
        for row in truth[code]["dwell"]:
            if place := cell(store, week, granularity, row["start"]):
                hours[place].append((row["average_dwell_ms"], 1 if code in old else row["visits"]))
    assert old
    means: dict[Cell, tuple[Any, ...]] = {}
    for place, known in hours.items():
        visits = sum(count for _, count in known)
        mean = round(sum(average * count for average, count in known) / visits) if visits else None
        means[place] = mean, None if place[0] in old else visits
    return means


def nobody_comes_outside_of_trading_hours(caller: Caller) -> None:
    """In the truth people enter in trading hours alone, so the two must be the same."""
    for first, last in WEEKS:
        asked = {"start": first, "end": last, "granularity": "hour"}
        within, always = caller.get("reports/footfall", **asked), caller.get("reports/footfall", **asked, hours="all")
        came = {place: count for place, (count,) in told(always, "visitors_in").items() if count}
        assert {place: count for place, (count,) in told(within, "visitors_in").items() if count} == came


def regions_are_the_sums_of_their_stores(caller: Caller) -> None:
    asked = {"start": WEEKS[0][0], "end": WEEKS[0][1], "granularity": "hour", "hours": "all"}
    by_store = caller.get("reports/footfall", **asked, region="europe")
    by_region = caller.get("reports/footfall", **asked, region="europe", by="region")
    europe = {row["start"]: row["visitors_in"] for row in by_region["rows"] if row["region"] == "europe"}
    hours: dict[str, int] = defaultdict(int)
    for row in by_store["rows"]:
        hours[row["start"][:19]] += row["visitors_in"]
    assert europe == hours
    assert by_region["totals"] == by_store["totals"]
