"""Writing rows: how quick, and in how much memory."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from time import perf_counter
from typing import Any

from bench.figures import Figure
from bench.reports.timing import alternately, ratio


def encoding() -> Iterator[Figure]:
    import msgspec

    from reports.formats import FORMATS

    rows = [tuple(row) for row in _rows(50_000)]
    table = _table(rows)
    ours, theirs = alternately(
        lambda: [*FORMATS["json"].write(table, None)], lambda: msgspec.json.Encoder().encode(rows)
    )
    what = f"JSON of 50,000 rows: beside msgspec of the tuples ({median(theirs):.0f} ms)"
    yield Figure(what, ratio(ours, theirs), 3, "×", True)


def _rows(count: int) -> Iterator[list[Any]]:
    for n in range(count):
        yield [f"S{n % 2000:05}", "2026-11-02T00:00:00+01:00", "2026-11-03T00:00:00+01:00", n % 977, n / 7, 0.9981]


def _table(rows: Any) -> Any:
    from reports.formats import Column, Kind, Table

    kinds = {"store": Kind.TEXT, "start": Kind.INSTANT, "end": Kind.INSTANT, "visitors_in": Kind.WHOLE,
             "average": Kind.NUMBER, "coverage": Kind.SHARE}  # fmt: skip
    return Table({"report": "bench"}, [Column(name, kind) for name, kind in kinds.items()], rows)


def files(size: float) -> Iterator[Figure]:
    from multiprocessing import get_context

    for format, count in (("xlsx", 50_000), ("csv", max(500_000, round(5_000_000 * size)))):
        with get_context("spawn").Pool(1) as process:
            peak_mb, seconds = process.apply(written, (format, count))
        yield Figure(
            f"memory of a process that writes {count:,} rows as {format} ({seconds:.0f} s)", peak_mb, 200, "MB", True
        )

    days = max(180, round(1_800 * size))
    with get_context("spawn").Pool(1) as process:
        peak_mb, seconds, rows = process.apply(exported, (days,))
    yield Figure(f"memory of a process that exports {rows:,} quarters ({seconds:.0f} s)", peak_mb, 200, "MB", True)


def exported(days: int) -> tuple[float, float, int]:
    """The most memory of a process that has made twelve stores' footfall by quarter and zone into JSON; seconds, and rows."""
    import resource
    from datetime import UTC, datetime, timedelta

    import django

    django.setup()
    from bench.chain import LAST
    from ingest.models import Measure
    from reports.formats import FORMATS
    from reports.large import LargeReport
    from reports.request import ReportRequest
    from sites_app.access import Principal
    from sites_app.models import Store

    codes = tuple(Store.objects.order_by("code").values_list("code", flat=True)[:12])
    request = ReportRequest(Measure.FOOTFALL, LAST - timedelta(days=days), LAST, "15m", "zone", stores=codes)
    everybody = Principal("bench", frozenset({"read"}), sees_all=True)
    began = perf_counter()
    report = LargeReport(request, everybody, datetime.now(UTC))
    for _ in FORMATS["json"].write(report.table(lambda _share: None), None):
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, perf_counter() - began, report.rows_done


def written(format: str, count: int) -> tuple[float, float]:
    """The most memory of a process that has written a table, in megabytes, and how many seconds it took."""
    import resource

    from reports.formats import FORMATS

    began = perf_counter()
    for _ in FORMATS[format].write(_table(_rows(count)), None):
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, perf_counter() - began
