"""The usual week: each hour of each weekday over four weeks, as a table whose cells are shaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from django.utils.dateformat import format as write_date
from django.utils.translation import gettext as _

from ingest.models import Measure
from portal import charts, writing
from portal.figures import known
from portal.panels.basis import Basis

HOURS_IN_HALF = 14


class Cell(NamedTuple):
    """An hour of a weekday."""

    text: str
    level: str


@dataclass(frozen=True, slots=True)
class Heat:
    """Rows are weekdays from Monday on; ``what`` says what the cells tell."""

    what: str
    hours: Sequence[int]
    days: Sequence[tuple[str, Sequence[Cell]]]
    busiest: str

    @property
    def is_long(self) -> bool:
        """Whether it takes the page's whole width: figures of so many hours don't fit into half of it."""
        return len(self.hours) > HOURS_IN_HALF


def heat(basis: Basis) -> Heat | None:
    """Visitors by hour where the store has entrances, else people in it; None where nothing is known."""
    for measure, column, what in (
        (Measure.FOOTFALL, "visitors_in", _("Visitors in an hour, on average")),
        (Measure.OCCUPANCY, "average_occupancy", _("People in the store, on average")),
    ):
        rows = basis.of_past(measure, granularity="hour_of_week")
        values = {(row["day_of_week"], row["hour_of_day"]): row[column] for row in rows}
        if known(list(values.values())):
            return _heat(values, what)
    return None


def _heat(values: dict[tuple[int, int], float | None], what: str) -> Heat:
    there = {hour for (_day, hour), value in values.items() if value is not None}
    hours = range(min(there), max(there) + 1)
    highest = max(known(list(values.values())))
    days = [
        (weekday(day), [_cell(values.get((day, hour)), highest) for hour in hours])
        for day in range(1, 8)
    ]  # fmt: skip
    day, hour = max((at for at in values if values[at] is not None), key=lambda at: values[at] or 0)
    return Heat(what, hours, days, _("Busiest: %(day)s, %(hour)d:00") % {"day": weekday(day), "hour": hour})


def _cell(value: float | None, highest: float) -> Cell:
    return Cell(writing.whole(value) if value is not None else "", charts.heat_level(value, highest))


def weekday(number: int) -> str:
    """The short name of a weekday, 1 being Monday."""
    return write_date(date(2024, 1, 1) + timedelta(days=number - 1), "D")
