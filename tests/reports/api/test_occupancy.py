"""``GET /reports/occupancy``: averages over the covered time, the peak of the sum, utilisation, regions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from ingest.models import Measure
from reports import queries
from reports.request import By, ReportRequest
from sites_app.access import Principal
from sites_app.models import Store, Zone
from tests import chain
from tests.caller import Caller, with_key
from tests.reports.api.facts import every, occupancy

pytestmark = pytest.mark.django_db
PATH = "reports/occupancy"
MINUTE = timedelta(minutes=1)
HOUR = {"start": "2025-11-03T09:00:00+01:00", "end": "2025-11-03T10:00:00+01:00"}


@pytest.fixture
def caller() -> Caller:
    return with_key()


def floor(code: str = "S1", **fields: Any) -> Zone:
    """An area of a new store."""
    return chain.zone(chain.controller(chain.store(code, **fields)), "floor")


def counted(zone: Zone, *people: int, start: str = HOUR["start"], capacity: int | None = None) -> None:
    """Samples a minute apart."""
    occupancy(
        zone, [(at, count, capacity) for at, count in zip(every(start, MINUTE, len(people)), people, strict=True)]
    )


def test_the_figures_of_a_store(caller: Caller) -> None:
    counted(floor(), 10, 30, 20, capacity=40)
    answer = caller.get(PATH, **HOUR)
    # 10 and 30 for a minute each, 20 for the three minutes that it holds.
    assert answer["rows"] == [
        {
            "store": "S1",
            "start": "2025-11-03T09:00:00+01:00",
            "end": "2025-11-03T10:00:00+01:00",
            "average_occupancy": 20.0,
            "peak_occupancy": 30,
            "peak_at": "2025-11-03T09:01:00+01:00",
            "average_utilisation": 0.5,
            "peak_utilisation": 0.75,
            "person_hours": round(100 / 60, 2),
            "coverage": round(5 / 60, 4),
        }
    ]
    assert [column["name"] for column in answer["columns"]] == [
        "average_occupancy",
        "peak_occupancy",
        "peak_at",
        "average_utilisation",
        "peak_utilisation",
        "person_hours",
    ]


def test_a_store_without_samples_is_unknown(caller: Caller) -> None:
    floor()
    row = caller.get(PATH, **HOUR)["rows"][0]
    assert {name for name, value in row.items() if value is None} == {
        "average_occupancy",
        "peak_occupancy",
        "peak_at",
        "average_utilisation",
        "peak_utilisation",
        "person_hours",
    }
    assert row["coverage"] == 0.0


def test_the_peak_is_that_of_the_sum_of_zones(caller: Caller) -> None:
    sales = floor()
    cafe = chain.zone(sales.controller, "cafe")
    counted(sales, 9, 1)
    counted(cafe, 1, 8)
    row = caller.get(PATH, **HOUR)["rows"][0]
    assert (row["peak_occupancy"], row["peak_at"]) == (10, "2025-11-03T09:00:00+01:00")


def test_entrances_count_only_where_there_is_no_area(caller: Caller) -> None:
    area = floor("S1")
    counted(chain.zone(area.controller, "door", "entrance", has_occupancy=True), 50)
    counted(area, 3)
    station = chain.controller(chain.store("S2"))
    counted(chain.zone(station, "door", "entrance", has_occupancy=True), 50)
    assert [row["peak_occupancy"] for row in caller.get(PATH, **HOUR)["rows"]] == [3, 50]


def test_all_zones_that_have_an_occupancy_can_be_asked_for(caller: Caller) -> None:
    area = floor("S1")
    counted(chain.zone(area.controller, "door", "entrance", has_occupancy=True), 50)
    counted(area, 3)
    chain.zone(area.controller, "till", "queue")
    answer = caller.get(PATH, **HOUR, by="zone")
    assert [(row["zone"], row["peak_occupancy"]) for row in answer["rows"]] == [("S1/door", 50), ("S1/floor", 3)]


def test_a_store_s_own_capacity_goes_before_that_of_its_zones(caller: Caller) -> None:
    counted(floor("S1", capacity=20), 10, capacity=100)
    counted(floor("S2"), 10, capacity=100)
    assert [row["peak_utilisation"] for row in caller.get(PATH, **HOUR)["rows"]] == [0.5, 0.1]


def test_totals_are_the_same_whosever_the_rows_are(caller: Caller) -> None:
    """Of stores: also where the rows are of zones, each with a peak of its own."""
    sales = floor("S1")
    counted(sales, 9, 1, capacity=10)
    counted(chain.zone(sales.controller, "cafe"), 1, 8, capacity=30)
    counted(floor("S2"), 4, 4, 4)
    totals = [caller.get(PATH, **HOUR, by=by)["totals"] for by in ("store", "region", "chain", "zone")]
    assert totals[0]["peak_occupancy"] == 10
    assert totals == [totals[0]] * 4


# --- Regions ---


def test_a_region_is_its_average_store_and_its_busiest(caller: Caller) -> None:
    counted(floor("S1"), 10, 10, 10, 10)  # 6 minutes covered
    counted(floor("S2"), 40)  # 3 minutes
    row = next(row for row in caller.get(PATH, **HOUR, by="region")["rows"] if row["region"] == "europe")
    assert row["average_occupancy"] == (10 * 6 + 40 * 3) / 9
    assert row["person_hours"] == round((10 * 6 + 40 * 3) / 60, 2)
    assert (row["peak_occupancy"], row["peak_store"]) == (40, "S2")
    assert row["coverage"] == round(9 / 120, 4)


def test_a_peak_is_told_in_the_time_of_its_store(caller: Caller) -> None:
    counted(floor("BER"), 10)
    counted(floor("KTM", timezone="Asia/Kathmandu"), 40)
    totals = caller.get(PATH, **HOUR, by="chain")["totals"]
    assert (totals["peak_at"], totals["peak_store"]) == ("2025-11-03T13:45:00+05:45", "KTM")


@pytest.mark.parametrize(("earlier", "later"), [("S1", "S2"), ("S2", "S1")])
def test_of_two_as_high_peaks_the_first_is_told_with_its_store(caller: Caller, earlier: str, later: str) -> None:
    counted(floor(later), 1, 40)
    counted(floor(earlier), 40, 1)
    totals = caller.get(PATH, **HOUR)["totals"]
    assert (totals["peak_occupancy"], totals["peak_at"], totals["peak_store"]) == (
        40,
        "2025-11-03T09:00:00+01:00",
        earlier,
    )


def test_stores_without_data_do_not_weigh_on_a_region(caller: Caller) -> None:
    counted(floor("S1"), 10)
    floor("S2")
    assert caller.get(PATH, **HOUR)["totals"]["average_occupancy"] == 10


# --- Time ---


def test_by_default_only_trading_hours_count(caller: Caller) -> None:
    zone = floor()
    chain.opens(zone.store, "09:00", "09:30")
    counted(zone, *[10] * 30, *[100] * 30)
    only_open, every_hour = caller.get(PATH, **HOUR), caller.get(PATH, **HOUR, hours="all")
    assert (only_open["totals"]["average_occupancy"], only_open["totals"]["coverage"]) == (10, 1.0)
    assert (every_hour["totals"]["average_occupancy"], every_hour["totals"]["coverage"]) == (55, 1.0)


@pytest.mark.parametrize("granularity", ["total", "15m", "hour", "day"])
def test_person_hours_of_the_rows_add_up_to_those_of_the_whole(caller: Caller, granularity: str) -> None:
    zone = floor()
    counted(zone, *range(60), start="2025-11-03T23:30:00+01:00")
    window = {"start": "2025-11-03T23:15:00+01:00", "end": "2025-11-04T00:30:00+01:00"}
    answer = caller.get(PATH, **window, granularity=granularity)
    covered = [row["person_hours"] for row in answer["rows"] if row["person_hours"] is not None]
    assert sum(covered) == pytest.approx(sum(range(60)) / 60)
    assert answer["totals"]["person_hours"] == pytest.approx(sum(range(60)) / 60)


def test_a_zone_that_appears_makes_the_time_before_it_no_gap(caller: Caller) -> None:
    zone = floor()
    counted(zone, *[10] * 60)
    late = chain.zone(zone.controller, "annex", appeared_at="2025-11-03T09:30:00+01:00")
    counted(late, *[5] * 30, start="2025-11-03T09:30:00+01:00")
    row = caller.get(PATH, **HOUR)["rows"][0]
    assert (row["average_occupancy"], row["coverage"]) == (12.5, 1.0)
    assert [zone["coverage"] for zone in caller.get(PATH, **HOUR, by="zone")["rows"]] == [1.0, 1.0]


def test_a_store_whose_zones_are_never_sampled_together_is_unknown(caller: Caller) -> None:
    store: Store = floor().store
    counted(chain.zone(store.controllers.get(), "cafe"), 5)
    assert caller.get(PATH, **HOUR)["rows"][0]["average_occupancy"] is None


@pytest.mark.parametrize("by", ["store", "zone", "region", "chain"])
def test_a_sample_that_holds_on_covers_nothing_that_is_yet_to_come(by: By) -> None:
    promo = chain.zone(floor().controller, "promo")
    assert promo.pk != promo.store_id
    counted(promo, 20, 20, start="2025-11-03T09:13:00+01:00")
    start, end = (datetime.fromisoformat(HOUR[edge]) for edge in ("start", "end"))
    request = ReportRequest(Measure.OCCUPANCY, start, end, "total", by, "all", zones=("S1/promo",))
    report = queries.run(request, Principal("all", frozenset(), sees_all=True), now=start + 15 * MINUTE)
    coverage = [queries.named(report.columns, row)["coverage"] for row in report.rows]
    assert set(coverage) == {round(2 / 15, 4)}, "it holds for two minutes more"
