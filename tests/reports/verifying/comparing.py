"""The engine's answer beside that of brute force, cell by cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from reports import queries
from reports.queries import named
from reports.request import ReportRequest
from sites_app.access import Principal
from tests.reports.verifying.brute import Brute, Row

EVERYBODY = Principal("everybody", frozenset({"read"}), sees_all=True)


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell in which the two disagree."""

    request: ReportRequest
    row: int
    column: str
    engine: Any
    brute: Any

    def __str__(self) -> str:
        return f"{self.request}: row {self.row}, {self.column}: {self.engine!r} is not {self.brute!r}"


def differences(brute: Brute, request: ReportRequest) -> tuple[int, list[Difference]]:
    """How many cells were compared, and those that differ."""
    report = queries.run(request, EVERYBODY, now=brute.chain.now, row_limit=None)
    rows = [named(report.columns, row) for row in report.rows]
    wanted, totals = brute.report(request)
    found: list[Difference] = []
    count = 0
    for number, (ours, theirs) in enumerate(zip_longest([*rows, report.totals], [*wanted, totals])):
        for column, one, other in _cells(ours, theirs):
            count += 1
            if one != other:
                found.append(Difference(request, number, column, one, other))
    return count, found


def _cells(ours: Any, theirs: Row | None) -> Iterator[tuple[str, Any, Any]]:
    if ours is None or theirs is None:
        yield "", ours, theirs
        return
    for name, value in theirs.items():
        if isinstance(value, dict):
            for column, one, other in _cells(ours.get(name), value):
                yield f"{name}.{column}", one, other
        else:
            yield name, ours.get(name, "missing"), value
    unasked = _more(ours, theirs)
    for name in unasked:
        yield name, ours[name], "missing"


def _more(ours: dict[str, Any], theirs: Row) -> Iterable[str]:
    # A profile's rows name the whole window, and of an hour of a week also its day and hour.
    return [name for name in ours if name not in theirs and name not in ("start", "end", "day_of_week", "hour_of_day")]
