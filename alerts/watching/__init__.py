"""What the rules look at: figures and equipment of all stores at once, a few queries whatever their number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from alerts.policies import Policies
from alerts.rules import Key, Policy, Standing, Watched
from alerts.watching import equipment, occupancy, queues
from alerts.watching.view import View
from sites_app.models import Store

__all__ = ["Look", "look"]


@dataclass(frozen=True, slots=True)
class Look:
    """What was found, and with which settings it's to be judged."""

    found: list[Watched]
    view: View

    def policy(self, watched: Watched) -> Policy:
        """The settings for what was found."""
        return self.view.policy(watched.kind, watched.store_id)


def look(policies: Policies, standing: Mapping[Key, Standing], *, now: datetime) -> Look:
    """Look at everything that there is a rule for, in all stores that trade at all."""
    view = View(policies, standing, _stores(now), now)
    found = [
        *queues.watch(view),
        *occupancy.watch(view),
        *equipment.controllers(view),
        *equipment.sensors(view),
        *equipment.gaps(view),
    ]
    return Look([watched for watched in found if view.policy(watched.kind, watched.store_id).enabled], view)


def _stores(now: datetime) -> dict[int, tuple[int, int | None]]:
    """Region and capacity of the stores that have opened and aren't closed for good."""
    trading = Store.objects.exclude(closed_on__lt=now.date()).exclude(opened_on__gt=now.date())
    return {pk: (region_id, capacity) for pk, region_id, capacity in trading.values_list("pk", "region", "capacity")}
