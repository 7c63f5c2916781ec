"""Reports, beside hand-written SQL over the same rollups: its rows, and its totals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any

from bench.figures import Figure
from bench.reports.timing import alternately, p95, ratio


def run() -> Iterator[Figure]:
    from bench.chain import LAST
    from reports.measures import SPECS

    week, month, year = LAST - timedelta(days=7), date(2026, 10, 1), date(2025, 10, 1)
    for measure in list(SPECS)[:4]:
        for name, start in (("a week", week), ("a month", month)):
            yield from _beside(f"{measure.value}, {name} by store", 60, measure, start, "total", "store")
    for measure in list(SPECS)[:4]:
        yield from _beside(f"{measure.value}, 13 months by store", 100, measure, year, "total", "store")
        yield from _beside(f"{measure.value}, 13 months by day, chain", 100, measure, year, "day", "chain")


def _beside(what: str, limit_ms: float, measure: Any, start: date, granularity: Any, by: Any) -> Iterator[Figure]:
    from bench.chain import LAST
    from reports.request import ReportRequest

    request = ReportRequest(measure, start, LAST, granularity, by)
    ours, theirs = alternately(lambda: answer(request), lambda: _by_hand(request))
    yield Figure(f"{what}: beside SQL ({median(theirs):.1f} ms)", ratio(ours, theirs), 1.5, "×", True)
    yield Figure("  its 95th percentile", p95(ours), limit_ms, "ms", True)


def answer(request: Any) -> bytes:
    """The report as JSON, as the API sends it."""
    from reports import queries
    from reports.formats import FORMATS
    from reports.tables import table_of
    from sites_app.access import Principal

    everybody = Principal("bench", frozenset({"read"}), sees_all=True)
    report = queries.run(request, everybody, now=datetime(2026, 11, 2, tzinfo=UTC))
    return b"".join(FORMATS["json"].write(table_of(report), None))


_FIGURES = {
    "footfall": "sum(visitors_in), sum(visitors_out), sum(complete_quarters)",
    "occupancy": "sum(person_us) / nullif(sum(covered_us), 0), max(peak), sum(capacity_person_us) / "
    "nullif(sum(capacity_us), 0), max(peak_utilisation), sum(person_us) / 3.6e9, sum(covered_us), "
    "(array_agg(peak_at ORDER BY peak DESC, peak_at))[1]",
    "queues": "sum(person_us) / nullif(sum(covered_us), 0), max(peak), sum(wait_person_us) / "
    "nullif(sum(waited_person_us), 0), max(longest_wait_ms), sum(over_us) / 1e6, 1 - sum(over_us) / "
    "nullif(sum(threshold_us), 0), sum(breaches), sum(covered_us), (array_agg(peak_at ORDER BY peak DESC, peak_at))[1]",
    "dwell": "sum(weighted_ms) / nullif(sum(weight), 0), sum(visits), sum(weighted_ms) / 3.6e6, sum(intervals)",
}


def _by_hand(request: Any) -> None:
    """The same figures by the shortest way there is: whole months as such, and the sums of regions for the chain."""
    from django.db import connection

    from reports.merging import MERGES

    merge, figures = MERGES[request.measure], _FIGURES[request.measure.value]
    grain = "month" if request.start.day == 1 and request.granularity == "total" else "day"
    where = f"grain = '{grain}' AND local >= %s AND local < %s AND is_open"
    keys, table, of = (
        ("code", f"{merge.table} rollup JOIN sites_app_store store ON store.id = store_id", " AND zone_id = 0")
        if request.by == "store"
        else ("local", merge.region_table, "")
    )
    days = where.replace(f"'{grain}'", "'day'") if request.by != "store" else where
    total_table, total_where = (
        (merge.table, where + " AND zone_id = 0") if grain == "month" else (merge.region_table, days)
    )
    with connection.cursor() as cursor:
        for statement in (
            f"SELECT {keys}, {figures} FROM {table} WHERE {where}{of} GROUP BY {keys} ORDER BY {keys}",
            f"SELECT {figures} FROM {total_table} WHERE {total_where}",
        ):
            cursor.execute(statement, [request.start, request.end])
            cursor.fetchall()
