"""What a page was asked for by its address. What makes no sense there is passed over: an address is to be typed by people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.http import QueryDict

from sites_app.access import Principal
from sites_app.models import Region, Store, StoreQuerySet

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Filters:
    """Which of the stores in sight: of a region and all under it, with a tag, with a word in its name, code or city."""

    region: str = ""
    tag: str = ""
    search: str = ""

    @classmethod
    def of(cls, given: QueryDict) -> Filters:
        return cls(*(text(given, name) for name in ("region", "tag", "q")))

    def narrow(self, stores: StoreQuerySet) -> StoreQuerySet:
        """These of the stores."""
        if self.region:
            stores = stores.under(Region.objects.filter(code=self.region).values_list("pk", flat=True))
        if self.tag:
            stores = stores.filter(tags__contains=[self.tag])
        for word in self.search.split():
            stores = stores.filter(Q(code__icontains=word) | Q(name__icontains=word) | Q(city__icontains=word))
        return stores


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be filtered by: regions in the order of their tree, each with its depth; tags."""

    regions: Sequence[tuple[str, str]]
    tags: Sequence[str]

    @classmethod
    def of(cls, principal: Principal) -> Choices:
        rows = Region.objects.visible_to(principal).values_list("pk", "parent_id", "code", "name")
        tags = Store.objects.visible_to(principal).values_list("tags", flat=True).distinct()
        return cls(_tree(list(rows)), sorted({tag for of_store in tags for tag in of_store}))


def _tree(rows: list[tuple[int, int | None, str, str]]) -> list[tuple[str, str]]:
    """Each region under its parent, moved in."""
    known = {pk for pk, *_ in rows}
    children: dict[int | None, list[tuple[int, str, str]]] = {}
    for pk, parent, code, name in sorted(rows, key=lambda row: row[3]):
        children.setdefault(parent if parent in known else None, []).append((pk, code, name))

    def under(parent: int | None, depth: int) -> list[tuple[str, str]]:
        found = []
        for pk, code, name in children.get(parent, ()):
            found += [(code, "\u2003" * depth + name), *under(pk, depth + 1)]
        return found

    return under(None, 0)


def text(given: QueryDict, name: str) -> str:
    """A word from the address."""
    return given.get(name, "").replace("\0", "").strip()[:100]


def one_of(given: QueryDict, name: str, known: Sequence[str]) -> str:
    """One of some words; the first where it's none of them."""
    value = given.get(name, "")
    return value if value in known else known[0]


def page_of(rows: Any, given: QueryDict, size: int = PAGE_SIZE) -> Page[Any]:
    """The page that was asked for, or the nearest that there is."""
    return Paginator(rows, size).get_page(given.get("page"))
