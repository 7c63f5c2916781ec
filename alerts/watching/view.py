"""What all that looks shares: the moment, the settings, and which alerts are open."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models

from alerts.policies import Policies
from alerts.rules import Key, Policy, Standing, Verdict


@dataclass(frozen=True, slots=True)
class View:
    """``stores`` are those that are watched: their region and their own capacity."""

    policies: Policies
    standing: Mapping[Key, Standing]
    stores: Mapping[int, tuple[int, int | None]]
    now: datetime

    def policy(self, kind: str, store_id: int) -> Policy:
        """The settings of a kind for a store."""
        return self.policies.of(kind, store_id, self.stores[store_id][0])

    def past_needed(self, key: Key, verdict: Verdict) -> timedelta | None:
        """How far back one has to look to decide: not at all where nothing can follow from it."""
        policy = self.policy(key[1], key[0])
        if key in self.standing:
            return policy.resolve_after if verdict is Verdict.CLEAR else None
        return policy.open_after if verdict is Verdict.OVER else None

    def is_there(self, appeared_at: datetime | None, retired_at: datetime | None) -> bool:
        """Whether a zone is there now."""
        return (appeared_at is None or appeared_at <= self.now) and (retired_at is None or self.now < retired_at)

    def holds(self, at: datetime | None, received_at: datetime | None, hold: timedelta) -> bool:
        """Whether a sample says anything of this moment: see ``reports.live``."""
        return at is not None and self.now < min(at, received_at or at) + hold


def samples_of(
    model: type[models.Model], zones: Iterable[tuple[int, int]], since: datetime, *columns: str
) -> dict[Hashable, list[tuple[Any, ...]]]:
    """The samples of these zones (store and zone) since an instant, by zone: when they were seen, and the columns.

    A sample is as old as its controller says, but no younger than we have it.
    """
    pairs = list(zones)
    if not pairs:
        return {}
    found: dict[Hashable, list[tuple[Any, ...]]] = {}
    rows = model._default_manager.filter(
        store_id__in={store for store, _ in pairs}, zone_id__in={zone for _, zone in pairs}, observed_at__gte=since
    )
    for zone_id, at, received_at, *values in rows.values_list("zone_id", "observed_at", "received_at", *columns):
        found.setdefault(zone_id, []).append((min(at, received_at), *values))
    return found
