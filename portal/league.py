"""A league table: a metric of each store over a period, what it was before, and its course in small."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import urlencode

from portal import charts, figures
from portal.asked import Filters
from portal.figures import Metric, Row
from portal.periods import Period
from reports import queries
from reports.calendar import QUARTER, quarter_number, window_for
from reports.figures import change
from reports.queries.scope import trading_of
from reports.request import Compare, ReportRequest
from reports.trading import Trading
from sites_app.access import Principal
from sites_app.models import Store

PERS = ("", "m2", "hour")
_QUARTERS_AN_HOUR = timedelta(hours=1) // QUARTER


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is compared, fully said. ``per``: nothing, a square metre (``m2``), or a trading hour (``hour``)."""

    metric: Metric
    period: Period
    compare: Compare
    like_for_like: bool
    per: str
    filters: Filters
    order: str

    def request(self, stores: tuple[str, ...] = (), **wanted: Any) -> ReportRequest:
        """The report that answers it."""
        whole = ReportRequest(
            self.metric.measure,
            self.period.start,
            self.period.end,
            stores=stores,
            regions=(self.filters.region,) if self.filters.region else (),
            tags=(self.filters.tag,) if self.filters.tag else (),
            compare=self.compare,
            like_for_like=self.like_for_like,
        )
        return replace(whole, **wanted)

    @property
    def export_query(self) -> str:
        """The same report of the API, without its format."""
        request = self.request()
        asked = [("start", request.start.isoformat()), ("end", request.end.isoformat())]
        asked += [("region", code) for code in request.regions] + [("tag", tag) for tag in request.tags]
        if request.compare:
            asked += [("compare", request.compare), ("like_for_like", str(request.like_for_like).lower())]
        return urlencode([*asked, ("order", f"-{self.metric.name}")])


COMPARABLE = 0.8
"""So much must be known of both periods, as of a store that is like for like."""


class _Store(NamedTuple):
    """What is needed of thousands of stores: not all that is known of them, which takes longer than the report."""

    pk: int
    code: str
    name: str
    region: str
    area: Decimal | None
    hours: str | None


_FIELDS = ("pk", "code", "name", "region__name", "floor_area_m2", "report_basis__hours_digest")


@dataclass(frozen=True, slots=True)
class Entry:
    """A store in the table. ``spark`` is its course over the period, as an SVG path."""

    code: str
    name: str
    region: str
    value: float | None
    before: float | None
    coverage: float | None
    known_before: float | None = None
    spark: str = ""
    share: int = 0

    @property
    def change(self) -> float | None:
        """None also where too little is known of either period: a week of gaps would look like growth ever after."""
        known = (self.coverage, self.known_before)
        comparable = all(share is not None and share >= COMPARABLE for share in known)
        return change(self.value, self.before) if comparable else None


@dataclass(frozen=True, slots=True)
class League:
    """The table. ``total`` is of all stores together, where that makes sense."""

    comparison: Comparison
    entries: Sequence[Entry]
    total: Entry | None
    left_out: int
    """Stores that have no area, where it's compared by square metre."""

    @classmethod
    def of(cls, comparison: Comparison, principal: Principal, *, now: datetime) -> League:
        """The stores in sight, in the order that was asked for."""
        stores = comparison.filters.narrow(Store.objects.visible_to(principal))
        visible = {row[1]: _Store(*row) for row in stores.order_by().values_list(*_FIELDS)}
        # The engine narrows by regions and tags itself; a search is ours.
        searched = tuple(visible) if comparison.filters.search else ()
        if comparison.filters.search and not searched:
            return cls(comparison, [], None, 0)
        report = queries.run(comparison.request(searched), principal, now=now, row_limit=None)
        rows = [queries.named(report.columns, row) for row in report.rows]
        per_hour = comparison.per == "hour"
        by = _Per(comparison, now, trading_of({one.pk: one.hours for one in visible.values()}) if per_hour else {})
        entries = [by.entry(visible[row["store"]], row) for row in rows if row["store"] in visible]
        kept = [entry for entry in entries if entry is not None]
        total = by.total(report.totals) if len(kept) > 1 else None
        return cls(comparison, _ordered(kept, comparison.order), total, len(entries) - len(kept))

    def with_sparks(self, entries: Sequence[Entry], principal: Principal, *, now: datetime) -> list[Entry]:
        """These of the entries, with their courses and bars."""
        if not entries:
            return []
        days = self.comparison.period.days
        step = "hour" if days <= 2 else "day" if days <= 100 else "week"
        codes = tuple(entry.code for entry in entries)
        request = self.comparison.request(codes, granularity=step, compare="", like_for_like=False, regions=(), tags=())
        courses: dict[str, list[Any]] = defaultdict(list)
        for row in figures.rows_of(request, principal, now):
            courses[row["store"]].append(row[self.comparison.metric.name])
        longest = max((entry.value for entry in self.entries if entry.value), default=0)
        return [_with_spark(entry, courses[entry.code], longest) for entry in entries]


def _with_spark(entry: Entry, values: Sequence[Any], longest: float) -> Entry:
    highest = max(figures.known(values), default=0)
    # In thousandths: shares are drawn, too.
    scaled = [None if value is None else round(1000 * value) for value in values]
    share = charts.bar_share(entry.value, longest) if longest else 0  # type: ignore[arg-type]
    return replace(entry, spark=charts.spark_path(scaled, highest=round(1000 * highest)), share=share)


def _ordered(entries: list[Entry], order: str) -> list[Entry]:
    """By a column; what isn't known comes last, whichever way."""
    column, backwards = order.removeprefix("-"), order.startswith("-")
    if column == "name":
        return sorted(entries, key=lambda entry: entry.name.casefold(), reverse=backwards)
    known = [entry for entry in entries if getattr(entry, column) is not None]
    unknown = [entry for entry in entries if getattr(entry, column) is None]
    return [*sorted(known, key=lambda entry: getattr(entry, column), reverse=backwards), *unknown]


@dataclass(frozen=True, slots=True)
class _Per:
    """Figures per square metre or trading hour."""

    comparison: Comparison
    now: datetime
    trading: Mapping[int, Trading]

    def entry(self, store: _Store, row: Row) -> Entry | None:
        """A store's; None where it has no area to be measured by."""
        size = self._size(store)
        if size is None:
            return None
        before = row.get("previous") or {}
        value, earlier = (of.get(self.comparison.metric.name) for of in (row, before))
        # Hours before were as many, by and large: a window of whole weeks has the same.
        return Entry(
            store.code,
            store.name,
            store.region,
            _by(value, size),
            _by(earlier, size),
            row["coverage"],
            before.get("coverage"),
        )

    def total(self, totals: Any) -> Entry | None:
        if self.comparison.per:
            return None
        before = totals.get("previous") or {}
        value, earlier = (of.get(self.comparison.metric.name) for of in (totals, before))
        return Entry("", "", "", value, earlier, totals["coverage"], before.get("coverage"))

    def _size(self, store: _Store) -> Decimal | float | None:
        if self.comparison.per == "m2":
            return store.area
        return self._trading_hours(store) if self.comparison.per == "hour" else 1

    def _trading_hours(self, store: _Store) -> float | None:
        """The store's open hours in the period, as far as it's over."""
        days = self.trading[store.pk]
        window = window_for(self.comparison.period.start, self.comparison.period.end, days.zone)
        start, end = (quarter_number(at) for at in (window.start, min(window.end, max(window.start, self.now))))
        return days.open_between(start, end) / _QUARTERS_AN_HOUR or None


def _by(value: float | None, size: Decimal | float) -> float | None:
    return None if value is None else value / float(size)
