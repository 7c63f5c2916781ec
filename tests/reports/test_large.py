"""A report made in slices is the report made at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from ingest.models import Measure
from reports import health, queries
from reports.formats import Row
from reports.large import LargeHealth, LargeReport, TooLarge
from reports.queries import scope
from reports.request import HealthRequest, ReportRequest
from reports.slices import Uncuttable, slices
from reports.tables import table_of
from sites_app.access import Principal
from tests.reports.doors import came_in, door, roll_up

pytestmark = pytest.mark.django_db

ALL = Principal("test", frozenset({"read"}), sees_all=True)
NOW = datetime(2026, 11, 20, tzinfo=UTC)
DAYS = (date(2026, 10, 24), date(2026, 10, 27))  # the clock is put back in Europe, and not elsewhere
INSTANTS = (datetime(2026, 10, 24, 10, tzinfo=UTC), datetime(2026, 10, 26, 11, tzinfo=UTC))


@pytest.fixture(autouse=True)
def _stores() -> None:
    start = datetime(2026, 10, 23, 22, tzinfo=UTC)
    for number, (code, timezone) in enumerate(
        [("b2", "Europe/Berlin"), ("B10", "Asia/Tokyo"), ("-1", "Europe/London"), ("B1", "America/New_York")]
    ):
        under = f"World/{timezone.split('/')[0]}"
        came_in(door(code, timezone=timezone, under=under), [(n * (number + 3)) % 17 for n in range(270)], start=start)
    roll_up()


def request(**asked: Any) -> ReportRequest:
    start, end = asked.pop("window", DAYS)
    return ReportRequest(**{"measure": Measure.FOOTFALL, "start": start, "end": end, "granularity": "hour", **asked})


def at_once(wanted: ReportRequest) -> tuple[list[Row], Any]:
    table = table_of(queries.run(wanted, ALL, now=NOW))
    return list(table.rows), table.totals


def in_slices(wanted: ReportRequest, *, most: int) -> tuple[list[Row], Any]:
    progress: list[float] = []
    table = LargeReport(wanted, ALL, NOW, slice_rows=most).table(progress.append)
    made = list(table.rows), table.totals
    assert progress[-1:] in ([], [1])
    return made


@pytest.mark.parametrize("asked", [{}, {"regions": ("world-europe",)}, {"order": "-coverage.footfall", "limit": 3}])
def test_the_report_on_the_data_itself_is_the_same_in_parts(asked: dict[str, Any]) -> None:
    wanted = HealthRequest(*DAYS, **asked)
    whole = health.run(wanted, ALL, now=NOW)
    parts = LargeHealth(wanted, ALL, NOW, slice_rows=4)
    table = parts.table(lambda _: None)
    rows = list(table.rows)
    assert rows == list(whole.rows)
    assert (table.totals, parts.rows_done) == (whole.totals, len(rows))


def cuts(wanted: ReportRequest, *, most: int) -> int:
    return len(slices(wanted, scope.load(wanted, ALL), most=most))


@pytest.mark.parametrize(("by", "most"), [("store", 30), ("store", 1000), ("zone", 40)])
def test_by_store_and_zone_rows_and_totals_are_the_same_in_the_same_order(by: str, most: int) -> None:
    for window, granularity in product((DAYS, INSTANTS), ("15m", "hour", "day", "week", "total")):
        wanted = request(window=window, granularity=granularity, by=by, hours="all")
        assert in_slices(wanted, most=most) == at_once(wanted)
        assert cuts(wanted, most=most) > 1 or most > 100 or granularity in ("day", "week", "total")


def test_stores_on_many_clocks_are_made_apart_where_each_clock_cuts_the_window_into_much() -> None:
    wanted = request(granularity="15m", hours="all")  # 288 quarters, or 292, on four clocks
    assert cuts(wanted, most=2000) == 1
    assert cuts(wanted, most=500) == 4
    assert in_slices(wanted, most=500) == at_once(wanted)


@pytest.mark.parametrize(("by", "keys"), [("region", 1), ("chain", 0)])
def test_by_region_and_chain_rows_and_totals_are_the_same(by: str, keys: int) -> None:
    for granularity in ("15m", "hour", "day", "month"):
        wanted = request(granularity=granularity, by=by)
        rows, totals = in_slices(wanted, most=60)
        assert (sorted(rows, key=lambda row: tuple(row[: keys + 1])), totals) == at_once(wanted)
        assert cuts(wanted, most=60) > 1 or granularity in ("day", "month")


def test_a_league_table_takes_the_best_of_all_slices() -> None:
    wanted = request(order="-visitors_in", limit=7)
    assert cuts(wanted, most=30) > 1
    assert in_slices(wanted, most=30) == at_once(wanted)
    alone = request(limit=130)
    assert in_slices(alone, most=30)[0] == at_once(alone)[0]


def test_what_can_not_be_made_in_slices_is_refused_with_what_can() -> None:
    with pytest.raises(TooLarge, match="limit"):
        LargeReport(request(order="-visitors_in"), ALL, NOW, slice_rows=30)
    with pytest.raises(Uncuttable, match="dates"):
        LargeReport(request(by="chain", window=INSTANTS), ALL, NOW, slice_rows=10)
    with pytest.raises(Uncuttable, match="compare"):
        LargeReport(request(compare="previous_period"), ALL, NOW, slice_rows=10)
    long = request(window=(date(2026, 1, 1), date(2026, 1, 1) + timedelta(days=1826)), granularity="15m")
    assert LargeReport(long, ALL, NOW).store_ids


def test_what_is_compared_is_compared_with_the_whole_window_before() -> None:
    wanted = request(compare="previous_period", by="store", window=(date(2026, 10, 25), date(2026, 10, 27)))
    rows, totals = in_slices(wanted, most=30)
    assert (rows, totals) == at_once(wanted)
    assert any(row[-1] for row in rows)


def test_without_stores_the_report_is_empty() -> None:
    nobody = Principal("test", frozenset({"read"}))
    table = LargeReport(request(), nobody, NOW).table(print)
    assert list(table.rows) == []
    assert table.head["report"] == "footfall"
