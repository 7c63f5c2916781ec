"""What happens in stores, as controllers would have told it, minute by minute."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from alerts import lifecycle
from alerts.models import Alert, AlertRule
from ingest import facts
from sites_app.models import Zone

NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def waiting(zone: Zone, people: int, at: datetime = NOW, threshold: int | None = 10) -> None:
    """A sample of a queue."""
    row = facts.QueueRow(zone.store_id, zone.pk, at, at, people, None, None, threshold)
    facts.write(facts.Facts(queues=[row]))


def inside(zone: Zone, people: int, at: datetime = NOW) -> None:
    """A sample of an area's occupancy."""
    facts.write(facts.Facts(occupancy=[facts.OccupancyRow(zone.store_id, zone.pk, at, at, people, None)]))


def waited(zone: Zone, lengths: Iterable[int], *, until: datetime = NOW, threshold: int | None = 10) -> None:
    """A sample a minute, the last of them at ``until``."""
    lengths = list(lengths)
    for back, people in enumerate(reversed(lengths)):
        waiting(zone, people, until - back * MINUTE, threshold)


def at_once(kind: str, **fields: object) -> AlertRule:
    """A rule for all stores that opens and resolves without waiting."""
    return AlertRule.objects.create(kind=kind, **{"open_after_minutes": 0, "resolve_after_minutes": 0, **fields})


def open_alerts() -> list[tuple[str, str]]:
    """Kind and subject of what is open."""
    return list(Alert.objects.open().order_by("kind", "subject").values_list("kind", "subject"))


def review(now: datetime = NOW) -> tuple[int, int]:
    """How many alerts a review at this instant opened and resolved."""
    return lifecycle.review(now=now)
