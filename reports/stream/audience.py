"""Which stores a listener hears of: what its principal sees, narrowed by its filters; from memory, without a query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sites_app.access import Principal
from sites_app.models import Region, Store
from sites_app.problems import parameter_problem


@dataclass(frozen=True, slots=True)
class Filters:
    """What a listener asked for: stores and regions by code, and tags; nothing means all."""

    stores: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a store is."""

    store_id: int
    code: str
    region_id: int
    tags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Directory:
    """All stores and regions, as of one moment."""

    places: dict[str, Place] = field(default_factory=dict)
    regions: dict[str, int] = field(default_factory=dict)
    children: dict[int, list[int]] = field(default_factory=dict)
    store_ids: frozenset[int] = frozenset()

    @classmethod
    def load(cls) -> Directory:
        """Two queries."""
        regions, children = {}, defaultdict(list)
        for pk, code, parent_id in Region.objects.order_by("pk").values_list("pk", "code", "parent_id"):
            regions[code] = pk
            children[parent_id or 0].append(pk)
        rows = Store.objects.order_by("pk").values_list("pk", "code", "region_id", "tags")
        places = {code: Place(pk, code, region_id, frozenset(tags)) for pk, code, region_id, tags in rows}
        return cls(places, regions, dict(children), frozenset(place.store_id for place in places.values()))

    def knows(self, filters: Filters) -> bool:
        """Whether all that is filtered by is in here."""
        return filters.stores <= self.places.keys() and filters.regions <= self.regions.keys()

    def stores(self, principal: Principal, filters: Filters) -> frozenset[int]:
        """The stores that a principal hears of."""
        seen = None if principal.sees_all else set(self._under(principal.region_ids))
        wanted = set(self._under(self.regions[code] for code in filters.regions & self.regions.keys()))
        return frozenset(
            place.store_id
            for place in self._candidates(filters)
            if (seen is None or place.region_id in seen)
            and (not filters.regions or place.region_id in wanted)
            and (not filters.tags or place.tags & filters.tags)
        )

    def _candidates(self, filters: Filters) -> Iterable[Place]:
        if not filters.stores:
            return self.places.values()
        return [self.places[code] for code in filters.stores & self.places.keys()]

    def check(self, principal: Principal, filters: Filters) -> None:
        """Refuse filters by what isn't there or isn't for this principal to see: raises a problem that names it."""
        seen = None if principal.sees_all else set(self._under(principal.region_ids))
        for code in sorted(filters.stores):
            place = self.places.get(code)
            if place is None or (seen is not None and place.region_id not in seen):
                raise parameter_problem("store", f"There is no store '{code}' that you can see.")
        for code in sorted(filters.regions):
            region_id = self.regions.get(code)
            if region_id is None or (seen is not None and region_id not in seen):
                raise parameter_problem("region", f"There is no region '{code}' that you can see.")

    def _under(self, region_ids: Iterable[int]) -> Iterator[int]:
        """These regions and all under them."""
        waiting = list(region_ids)
        while waiting:
            region_id = waiting.pop()
            yield region_id
            waiting += self.children.get(region_id, ())
