"""The report on paths: in each slot the pairs of zones between which people went, and the share of each from its start.

Paths of a store name its zones in full; those of a region or the chain meet by the zones' ids alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from reports import figures
from reports.queries.cells import Place
from reports.queries.reading import Reader
from reports.queries.scope import Scope
from reports.queries.showing import Showing
from reports.queries.slots import Slot
from reports.queries.statements import fetch
from reports.queries.windows import Period
from sites_app.models import Zone

Pair = tuple[str | None, str | None]
"""From and to; None is the outside."""
Pairs = Mapping[tuple[Place, ZoneInfo | None, int], Mapping[Pair, int]]
"""How many took each path, by place, clock and key."""
_BY_CODE = """
    LEFT JOIN sites_app_zone from_zone ON from_zone.id = rollup.from_zone_id
    LEFT JOIN sites_app_zone to_zone ON to_zone.id = rollup.to_zone_id
"""


@dataclass(frozen=True, slots=True)
class Paths:
    """Reads and shows the pairs of a report's slots. ``zone_ids``: only paths from or to these."""

    reader: Reader
    zone_ids: Sequence[int] | None = None

    def read(self, period: Period) -> Pairs:
        """The pairs of a period."""
        by_code = self.reader.members is not None
        names = ("from_zone.code", "to_zone.code") if by_code else ("from_zone_id", "to_zone_id")
        codes = {} if by_code else _codes(self.reader.scope)
        found: dict[tuple[Place, ZoneInfo | None, int], dict[Pair, int]] = defaultdict(lambda: defaultdict(int))
        for clock, _, read in self.reader.reads(period):
            apart = replace(
                read,
                apart=((names[0], "from_zone"), (names[1], "to_zone")),
                joins=_BY_CODE if by_code else "",
                rows=_condition(self.zone_ids),
                occurrence="",
            )
            for place, key, start, end, count, *_ in fetch(apart):
                pair = (start, end) if by_code else (codes.get(start), codes.get(end))
                found[place, clock, key][pair] += int(count)
        return found

    def rows(self, slots: Iterable[Slot], pairs: Sequence[Pairs], showing: Showing) -> Iterator[list[Any]]:
        """The rows of all slots: each pair that anybody went."""
        for slot in slots:
            of_slot = [_met(slot, which, of_period) for which, of_period in enumerate(pairs)]
            coverage = [
                showing.coverage(cell, expected) for cell, expected in zip(slot.known, slot.expected, strict=True)
            ]
            occurrences = [cell.occurrences if cell else 0 for cell in slot.known]
            shares = [figures.path_shares(of_period) for of_period in of_slot]
            for pair in sorted(of_slot[0], key=_in_order):
                yield [*slot.names, *_row(pair, of_slot, shares, coverage, occurrences, showing)]


def _row(
    pair: Pair,
    counts: Sequence[Mapping[Pair, int]],
    shares: Sequence[Mapping[Pair, float]],
    coverage: Sequence[float | None],
    occurrences: Sequence[int],
    showing: Showing,
) -> list[Any]:
    profile = showing.request.is_profile
    exact = [
        _mean(of_period.get(pair), times) if profile else of_period.get(pair)
        for of_period, times in zip(counts, occurrences, strict=True)
    ]
    shown = [figures.people(count) if profile else count for count in exact]
    share = [of_period.get(pair) for of_period in shares]
    row: list[Any] = [occurrences[0]] if profile else []
    row += [*pair, shown[0], figures.share(share[0]), coverage[0]]
    if len(counts) > 1:
        row += [shown[1], figures.share(share[1]), coverage[1]]
        row += [figures.share(figures.change(exact[0], exact[1])), figures.share(figures.change(share[0], share[1]))]
    return row


def _mean(count: int | None, occurrences: int) -> float | None:
    return count / occurrences if count is not None and occurrences else None


def _met(slot: Slot, which: int, pairs: Pairs) -> dict[Pair, int]:
    met: dict[Pair, int] = defaultdict(int)
    for clock, key in slot.at[which]:
        for pair, count in pairs.get((slot.place, clock, key), {}).items():
            met[pair] += count
    return met


def _in_order(pair: Pair) -> tuple[bool, str, bool, str]:
    start, end = pair
    return start is not None, start or "", end is not None, end or ""


def _codes(scope: Scope) -> dict[int, str]:
    """The zones of the report's stores, as reports write them."""
    stores = {store.pk: store.code for store in scope.stores}
    zones = Zone.objects.all() if scope.everything else Zone.objects.filter(store__in=stores)
    found = zones.order_by().values_list("pk", "store_id", "code")
    return {pk: f"{stores[store_id]}/{code}" for pk, store_id, code in found if store_id in stores}


def _condition(zone_ids: Sequence[int] | None) -> str:
    if zone_ids is None:
        return "from_zone_id >= 0"
    wanted = ", ".join(map(str, zone_ids)) or "-2"
    return f"from_zone_id >= 0 AND (from_zone_id IN ({wanted}) OR to_zone_id IN ({wanted}))"
