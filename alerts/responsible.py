"""Who is responsible for a store: its people by membership in its region or one above, head office last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Q

from sites_app.models import Membership, Region, Role


@dataclass(frozen=True, slots=True)
class Responsible:
    """People with an address, by the region that they look after (None: all), with their preferences at hand."""

    people: dict[int | None, list[User]]
    parents: Mapping[int, int | None]

    def of(self, region_id: int) -> Iterator[tuple[User, bool]]:
        """Each of a region's people once, and whether it's as head office, for all stores, that they are."""
        seen: set[int] = set()
        for at in (*upwards(region_id, self.parents), None):
            for user in self.people.get(at, ()):
                if user.pk not in seen:
                    seen.add(user.pk)
                    yield user, at is None


def upwards(region_id: int, parents: Mapping[int, int | None]) -> Iterator[int]:
    """A region and those that it lies in."""
    at: int | None = region_id
    while at is not None:
        yield at
        at = parents[at]


def load(region_ids: Iterable[int]) -> Responsible:
    """Those who can be responsible for stores of these regions; two queries."""
    parents = dict(Region.objects.values_list("pk", "parent_id"))
    wanted = {above for region_id in region_ids for above in upwards(region_id, parents)}
    memberships = Membership.objects.filter(Q(region=None) | Q(region__in=wanted), user__is_active=True)
    memberships = memberships.exclude(role=Role.AUDITOR)  # who looks at what others did sees to nothing
    people: dict[int | None, list[User]] = defaultdict(list)
    for membership in memberships.exclude(user__email="").select_related("user__alert_mail").order_by("pk"):
        people[membership.region_id].append(membership.user)
    return Responsible(people, parents)
