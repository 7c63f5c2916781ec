"""Two to six stores beside each other, as curves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from portal import charts, figures, writing
from portal.charts import Chart, Line
from portal.league import Comparison
from sites_app.access import Principal
from sites_app.models import Store

LEAST_BESIDE, MOST_BESIDE = 2, 6
_PLAIN: dict[str, Any] = {"regions": (), "tags": (), "compare": "", "like_for_like": False}


def beside(comparison: Comparison, codes: Sequence[str], principal: Principal, *, now: datetime) -> Chart | None:
    """The stores' courses over the period; None for fewer than two stores. Each on its own clock."""
    visible = Store.objects.visible_to(principal).in_bulk(codes, field_name="code")
    stores = [visible[code] for code in codes if code in visible]
    if len(stores) < LEAST_BESIDE:
        return None
    wanted = comparison.request(tuple(visible), granularity=comparison.period.step, **_PLAIN)
    values: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in figures.rows_of(wanted, principal, now):
        values[row["store"]][str(row["start"])[:16]] = row[comparison.metric.name]
    times = sorted({time for of_store in values.values() for time in of_store})
    is_fine, is_one_day = comparison.period.step in ("15m", "hour"), len({time[:10] for time in times}) == 1
    labels = [_label(time, with_day=not (is_fine and is_one_day), with_time=is_fine) for time in times]
    lines = [Line(store.name, [values[store.code].get(time) for time in times]) for store in stores]
    unit = comparison.metric.unit
    return Chart(
        str(comparison.metric.title),
        charts.curves(labels, lines, unit=unit, by_day=is_fine and not is_one_day),
        ["", *(line.name for line in lines)],
        [
            (label, *(writing.figure(line.values[number], unit) for line in lines))
            for number, label in enumerate(labels)
        ],
    )


def _label(time: str, *, with_day: bool, with_time: bool) -> str:
    day = writing.short_day(date.fromisoformat(time[:10])) if with_day else ""
    return f"{day} {time[11:] if with_time else ''}".strip()
