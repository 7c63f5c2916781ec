"""A day as curves, with the same weekday before: occupancy against the capacity, visitors by the hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _

from ingest.models import Measure
from portal import charts, writing
from portal.charts import Chart, Line
from portal.figures import Row, clock_of
from portal.panels.basis import Basis
from portal.periods import WEEK
from reports.request import Granularity

_AROUND: dict[Granularity, int] = {"15m": 4, "hour": 1}
"""Buckets that are drawn before the store opens, and after it has closed."""


def occupancy(basis: Basis, capacity: int | None) -> Chart | None:
    """People in the store by the quarter of an hour; None where nothing is known of either day."""
    limit = (_("Capacity %(people)s") % {"people": writing.whole(capacity)}, float(capacity)) if capacity else None
    return _chart(basis, _("People in the store"), Measure.OCCUPANCY, "average_occupancy", "15m", limit)


def visitors(basis: Basis) -> Chart | None:
    """Visitors by the hour."""
    return _chart(basis, _("Visitors by hour"), Measure.FOOTFALL, "visitors_in", "hour", None)


def _chart(
    basis: Basis, title: str, measure: Measure, column: str, step: Granularity, limit: tuple[str, float] | None
) -> Chart | None:
    rows, before = (basis.of_day(day, measure, granularity=step, hours="all") for day in (basis.day, basis.day - WEEK))
    earlier = {clock_of(row): row[column] for row in before}
    values = [row[column] for row in rows]
    values_before = [earlier.get(clock_of(row)) for row in rows]
    shown = _shown(basis, rows, [*zip(values, values_before, strict=True)], _AROUND[step])
    labels = [clock_of(row) for row in rows[shown]]
    values, values_before = values[shown], values_before[shown]
    if not labels or all(value is None for value in (*values, *values_before)):
        return None
    names = [writing.short_day(day) for day in (basis.day, basis.day - WEEK)]
    lines = [Line(names[0], values), Line(names[1], values_before, faint=True)]
    past = sum(row["end"] <= basis.now.astimezone(basis.store.zone_info).isoformat() for row in rows[shown])
    end = str(rows[shown][-1]["end"])[11:16]
    return Chart(
        title,
        charts.curves(labels, lines, unit="number", limit=limit),
        [_("Time"), *names],
        [
            (label, writing.figure(value, "number"), writing.figure(value_before, "number"))
            for label, value, value_before in zip(labels, values, values_before, strict=True)
        ],
        charts.gaps(labels[:past], values[:past], end=labels[past] if past < len(labels) else end),
    )


def _shown(basis: Basis, rows: Sequence[Row], values: Sequence[tuple[object, object]], around: int) -> slice:
    """The part of the day that is worth drawing: a while around the trading hours; without any, the whole day."""
    times = [row["start"] for row in rows]
    spans = _open(basis, basis.day)
    inside = [n for n, time in enumerate(times) if any(start <= time < end for start, end in spans)]
    busy = [n for n, pair in enumerate(values) if any(pair)]
    if not inside:
        return slice(0, len(rows))
    first, last = min([inside[0] - around, *busy]), max([inside[-1] + around, *busy])
    return slice(max(0, first), last + 1)


def _open(basis: Basis, day: date) -> list[tuple[str, str]]:
    zone = basis.store.zone_info
    spans = basis.store.trading_hours().open_spans(day)
    return [(start.astimezone(zone).isoformat(), end.astimezone(zone).isoformat()) for start, end in spans]
