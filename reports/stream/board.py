"""What is current in all stores, in memory: the last look at each, and when it goes stale."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from datetime import datetime

from reports.api.answers import without_age
from reports.stream.changes import Current, Kind, Look


class Board:
    """The current occupancy and queues of each store."""

    def __init__(self) -> None:
        self._by_store: dict[int, dict[tuple[Kind, int], Current]] = {}
        self._stale_at: dict[int, datetime] = {}

    def take(self, look: Look) -> list[Current]:
        """Put up what a look has found; what of it differs from what was there by more than its age."""
        found: dict[int, dict[tuple[Kind, int], Current]] = {store_id: {} for store_id in look.store_ids}
        for current in look.currents:
            found.setdefault(current.store_id, {})[current.key] = current
        changed = [
            current
            for store_id, currents in found.items()
            for key, current in currents.items()
            if _differs(self._by_store.get(store_id, {}).get(key), current)
        ]
        for store_id, currents in found.items():
            self._by_store[store_id] = currents
            self._note_stale(store_id, currents.values())
        return changed

    def keep(self, store_ids: Set[int]) -> None:
        """Forget all other stores."""
        for store_id in self._by_store.keys() - store_ids:
            del self._by_store[store_id]
            self._stale_at.pop(store_id, None)

    def stale(self, now: datetime) -> list[int]:
        """The stores in which something no longer holds."""
        return [store_id for store_id, at in self._stale_at.items() if at <= now]

    def of(self, store_ids: Iterable[int]) -> Iterator[Current]:
        """All that is current in these stores."""
        for store_id in store_ids:
            yield from self._by_store.get(store_id, {}).values()

    def _note_stale(self, store_id: int, currents: Iterable[Current]) -> None:
        earliest = min((current.stale_at for current in currents if current.stale_at), default=None)
        if earliest is None:
            self._stale_at.pop(store_id, None)
        else:
            self._stale_at[store_id] = earliest


def _differs(before: Current | None, now: Current) -> bool:
    return before is None or without_age(before.answer) != without_age(now.answer)
