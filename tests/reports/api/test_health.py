"""The report on the data itself: coverage by stream, gaps, clocks, and people who never left."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from ingest import gaps
from ingest.gaps import Gap
from ingest.models import Stream
from reports import health
from reports.models import ClockSkew
from sites_app.models import Controller, Store
from tests import chain
from tests.caller import Caller, with_key
from tests.reports.api.facts import MONDAY, QUARTER, WEEK, dwell, every, footfall, instant, occupancy, queue

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DAY = {"start": "2025-11-03", "end": "2025-11-04"}


@pytest.fixture
def store() -> Store:
    """A store that trades from 09:00 to 18:00, in Berlin."""
    store = chain.store("S1")
    chain.opens(store, "09:00", "18:00")
    return store


@pytest.fixture
def controller(store: Store) -> Controller:
    return chain.controller(store, poll_interval_s=300)


@pytest.fixture
def caller() -> Caller:
    return with_key()


def row(caller: Caller, **parameters: Any) -> Any:
    [found] = caller.get("reports/health", **{**DAY, **parameters})["rows"]
    return found


def test_coverage_is_that_of_the_streams_own_reports(controller: Controller, caller: Caller) -> None:
    floor, door, till = (
        chain.zone(controller, name, kind, has_dwell=kind == "area")
        for name, kind in (("floor", "area"), ("door", "entrance"), ("till", "queue"))
    )
    occupancy(floor, [(at, 3, None) for at in every("2025-11-03T09:00:00+01:00", QUARTER, 20)])
    queue(till, [(at, 3, None, None) for at in every("2025-11-03T12:00:00+01:00", QUARTER, 12)])
    footfall(door, [(at, 1, 1) for at in every("2025-11-03T09:00:00+01:00", QUARTER, 27)])
    dwell(floor, [(at, 1000, 1) for at in every("2025-11-03T09:00:00+01:00", HOUR, 3)])
    for hours in ("open", "all"):
        answer = caller.get("reports/health", **WEEK, hours=hours)
        streams = list(answer["totals"]["coverage"])
        assert streams == ["occupancy", "queues", "footfall", "dwell", "paths"]
        for stream in streams:
            theirs = caller.get(f"reports/{stream}", **WEEK, hours=hours, granularity="day", by="store")
            if stream != "paths":
                assert [r["coverage"][stream] for r in answer["rows"]] == [r["coverage"] for r in theirs["rows"]]
            assert answer["totals"]["coverage"][stream] == theirs["totals"]["coverage"]
    assert row(caller)["coverage"]["footfall"] == 0.75


def test_what_is_not_expected_has_no_coverage(controller: Controller, caller: Caller) -> None:
    chain.zone(controller, "door", "entrance")
    Controller.objects.update(path_analytics=False)
    coverage = row(caller)["coverage"]
    assert (coverage["footfall"], coverage["queues"], coverage["dwell"], coverage["paths"]) == (0, None, None, None)
    tomorrow = timezone.now().date() + timedelta(days=2)
    ahead = row(caller, start=tomorrow.isoformat(), end=(tomorrow + timedelta(days=1)).isoformat())
    assert set(ahead["coverage"].values()) == {None}


def test_people_who_never_left_are_seen_at_night(controller: Controller, caller: Caller) -> None:
    floor = chain.zone(controller, "floor")
    occupancy(floor, [(at, 4, None) for at in every("2025-11-03T18:00:00+01:00", QUARTER, 24)])
    occupancy(floor, [(at, 9, None) for at in every("2025-11-03T09:00:00+01:00", QUARTER, 36)])
    occupancy(floor, [(at, 0, None) for at in every("2025-11-04T03:00:00+01:00", QUARTER, 24)])
    answer = caller.get("reports/health", start="2025-11-03", end="2025-11-06")
    assert [found["night_occupancy"] for found in answer["rows"]] == [4, 0, None]
    # Closed are 15 hours, of which 6 are known; the last sample of the day holds on into the next.
    assert [found["night_coverage"] for found in answer["rows"]] == [0.4, 0.4, 0]
    assert answer["totals"]["night_occupancy"] == 4


def test_a_store_that_never_closes_has_no_night(caller: Caller) -> None:
    floor = chain.zone(chain.controller(chain.store("S2")), "floor")
    occupancy(floor, [("2025-11-03T03:00:00+01:00", 4, None)])
    found = row(caller)
    assert (found["night_occupancy"], found["night_coverage"]) == (None, None)


def test_a_gap_counts_on_each_day_that_it_touches(controller: Controller, caller: Caller) -> None:
    start, end = instant("2025-11-03T22:00:00+01:00"), instant("2025-11-05T01:30:00+01:00")
    gaps.remember(
        [Gap(controller.pk, "footfall", start, end), Gap(controller.pk, "dwell", start, start + HOUR)],
        healed_at=MONDAY,
    )
    answer = caller.get("reports/health", start="2025-11-03", end="2025-11-07")
    healed = [(found["gaps_healed"], found["gaps_healed_s"]) for found in answer["rows"]]
    assert healed == [(2, 3 * 3600), (1, 24 * 3600), (1, 5400), (0, 0)]
    assert (answer["totals"]["gaps_healed"], answer["totals"]["gaps_healed_s"]) == (2, 3600 + 27.5 * 3600)
    assert {found["gaps_open"] for found in answer["rows"]} == {0}


def test_a_gap_is_open_until_it_is_healed(controller: Controller, caller: Caller) -> None:
    now = datetime.now(UTC)
    Stream.objects.create(controller=controller, kind="footfall", due_at=now, cursor=now - 2 * timedelta(days=1))
    Stream.objects.create(controller=controller, kind="dwell", due_at=now, cursor=now)
    window = {
        "start": (now - timedelta(days=5)).date().isoformat(),
        "end": (now + timedelta(days=2)).date().isoformat(),
    }
    assert caller.get("reports/health", **window)["totals"]["gaps_open"] == 0  # it wasn't watched then
    Stream.objects.update(watched_from=now - timedelta(days=9))
    totals = caller.get("reports/health", **window)["totals"]
    assert totals["gaps_open"] == 1
    assert 47 * 3600 < totals["gaps_open_s"] < 48 * 3600
    Controller.objects.update(enabled=False)
    assert caller.get("reports/health", **window)["totals"]["gaps_open"] == 0


def test_a_day_keeps_the_furthest_that_a_clock_was_off(store: Store, controller: Controller, caller: Caller) -> None:
    noon = instant("2025-11-03T12:00:00+01:00")
    other = chain.controller(store, "Controller 2")
    for hours, skew_ms, others_ms in ((0, 900, -100), (1, -1500, 200), (2, 20, None), (24, 70, 10)):
        now = noon + hours * HOUR
        Controller.objects.filter(pk=controller.pk).update(clock_skew_ms=skew_ms, last_success_at=now)
        Controller.objects.filter(pk=other.pk).update(clock_skew_ms=others_ms, last_success_at=now)
        health.note_clocks(now=now)
    health.note_clocks(now=noon + 48 * HOUR)  # nothing was heard since yesterday
    answer = caller.get("reports/health", start="2025-11-03", end="2025-11-06")
    assert [found["clock_skew_ms"] for found in answer["rows"]] == [-1500, 70, None]
    assert answer["totals"]["clock_skew_ms"] == -1500


def test_days_are_the_stores_own(caller: Caller) -> None:
    chain.store("NYC", timezone="America/New_York", under="America")
    chain.store("AKL", timezone="Pacific/Auckland", under="Oceania")
    for code in ("NYC", "AKL"):
        controller = chain.controller(Store.objects.get(code=code))
        Controller.objects.filter(pk=controller.pk).update(
            clock_skew_ms=5, last_success_at=instant("2025-11-03T12:00:00Z")
        )
    health.note_clocks(now=instant("2025-11-03T12:00:00Z"))
    assert dict(ClockSkew.objects.order_by("store_id").values_list("store_id", "day")) == {
        Store.objects.get(code="NYC").pk: date(2025, 11, 3),
        Store.objects.get(code="AKL").pk: date(2025, 11, 4),
    }
    starts = {found["store"]: found["start"] for found in caller.get("reports/health", **DAY)["rows"]}
    assert starts == {"NYC": "2025-11-03T00:00:00-05:00", "AKL": "2025-11-03T00:00:00+13:00"}


def test_rows_can_be_ordered_and_limited_by_any_column(controller: Controller, caller: Caller) -> None:
    door = chain.zone(controller, "door", "entrance")
    footfall(door, [(at, 1, 1) for at in every("2025-11-05T09:00:00+01:00", QUARTER, 20)])
    found = caller.get("reports/health", **WEEK, order="-coverage.footfall", limit=1)["rows"]
    assert [row["start"] for row in found] == ["2025-11-05T00:00:00+01:00"]
    assert "no column" in caller.problem("reports/health", **WEEK, order="visitors_in")["detail"]


def test_it_comes_in_all_formats(controller: Controller, caller: Caller) -> None:
    answer = caller.ask("reports/health", **WEEK, format="csv")
    lines = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert len(lines) == 7
    assert {"store", "start", "night_occupancy", "clock_skew_ms", "coverage_footfall", "gaps_open"} <= set(lines[0])
    assert 'filename="health_2025-11-03_2025-11-10_by-store.csv"' in answer["Content-Disposition"]
    for format, magic in (("xlsx", b"PK"), ("parquet", b"PAR1")):
        assert caller.ask("reports/health", **WEEK, format=format).getvalue().startswith(magic)


def test_an_answer_that_is_known_is_not_sent_again(controller: Controller, caller: Caller) -> None:
    tag = caller.ask("reports/health", **WEEK)["ETag"]
    assert caller.ask("reports/health", headers={"If-None-Match": tag}, **WEEK).status_code == 304
    assert caller.ask("reports/health", headers={"If-None-Match": tag}, **DAY).status_code == 200


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"start": "2025-11-03T00:00:00Z", "end": "2025-11-04T00:00:00Z"}, "is an instant"),
        ({**DAY, "by": "region"}, "by"),
        ({**DAY, "hours": "some"}, "'some' is not known"),
        ({"start": "2025-11-03"}, "'end' is required"),
    ],
)
def test_what_cannot_be_asked_is_named(caller: Caller, parameters: dict[str, Any], fault: str) -> None:
    assert fault in caller.problem("reports/health", **parameters)["detail"]


def test_too_many_rows_are_refused(caller: Caller) -> None:
    Store.objects.bulk_create(
        Store(code=f"X{n}", name="X", region=chain.region("X"), timezone="UTC") for n in range(30)
    )
    problem = caller.problem("reports/health", start="2020-01-01", end="2024-12-30")
    assert "54,7" in problem["detail"]
    assert "shorter window" in problem["detail"]
