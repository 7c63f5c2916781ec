"""Queues: how long each is now, and since when it has been too long, or well again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from alerts.models import Alert
from alerts.rules import Key, Policy, Sample, Verdict, Watched, of_queue, steady_since
from alerts.watching.view import View, samples_of
from ingest.models import QueueSample
from sites_app.models import Zone
from sites_app.models.controllers import HOLD_INTERVALS


class _Queue(NamedTuple):
    store_id: int
    zone_id: int
    code: str
    name: str
    controller_id: UUID
    poll_interval_s: int
    appeared_at: datetime | None
    retired_at: datetime | None
    at: datetime | None
    received_at: datetime | None
    people: int | None
    threshold: int | None

    @property
    def key(self) -> Key:
        return self.store_id, Alert.Kind.QUEUE, self.code

    @property
    def hold(self) -> timedelta:
        return timedelta(seconds=HOLD_INTERVALS * self.poll_interval_s)


_COLUMNS = (
    "store_id",
    "pk",
    "code",
    "name",
    "controller_id",
    "controller__poll_interval_s",
    "appeared_at",
    "retired_at",
    "state__queue_at",
    "state__queue_received_at",
    "state__people_waiting",
    "state__threshold",
)


def watch(view: View) -> list[Watched]:
    """All queues of the stores."""
    judged = [(queue, _verdict(queue, view)) for queue in _queues(view)]
    since = _since(judged, view)
    return [_watched(queue, verdict, since.get(queue.zone_id), view) for queue, verdict in judged]


def _queues(view: View) -> Iterator[_Queue]:
    zones = Zone.objects.filter(kind=Zone.Kind.QUEUE, controller__enabled=True).order_by()
    for queue in map(_Queue._make, zones.values_list(*_COLUMNS)):
        if queue.store_id in view.stores and view.is_there(queue.appeared_at, queue.retired_at):
            yield queue


def _verdict(queue: _Queue, view: View) -> Verdict:
    if not view.holds(queue.at, queue.received_at, queue.hold):
        return Verdict.UNKNOWN
    return of_queue(queue.people, queue.threshold, view.policy(Alert.Kind.QUEUE, queue.store_id))


def _since(judged: list[tuple[_Queue, Verdict]], view: View) -> dict[int, datetime | None]:
    """Since when what is judged has been so; only where an alert may follow."""
    wanted = [
        (queue, verdict, past)
        for queue, verdict in judged
        if (past := view.past_needed(queue.key, verdict)) is not None
    ]
    if not wanted:
        return {}
    earliest = min(view.now - past - queue.hold for queue, _, past in wanted)
    zones = [(queue.store_id, queue.zone_id) for queue, _, _ in wanted]
    samples = samples_of(QueueSample, zones, earliest, "people", "threshold")
    return {
        queue.zone_id: _steady(queue, verdict, view.now - past, samples.get(queue.zone_id, []), view)
        for queue, verdict, past in wanted
    }


def _steady(
    queue: _Queue, verdict: Verdict, start: datetime, rows: list[tuple[datetime, int, int | None]], view: View
) -> datetime | None:
    policy: Policy = view.policy(Alert.Kind.QUEUE, queue.store_id)
    samples = [Sample(*row) for row in rows]
    return steady_since(
        {queue.zone_id: (samples, queue.hold)},
        lambda people, limit: of_queue(people, limit, policy) is verdict,
        start,
        view.now,
    )


def _watched(queue: _Queue, verdict: Verdict, since: datetime | None, view: View) -> Watched:
    policy = view.policy(Alert.Kind.QUEUE, queue.store_id)
    return Watched(
        *queue.key,
        name=queue.name or queue.code,
        verdict=verdict,
        since=since,
        value=queue.people,
        limit=policy.threshold if policy.threshold is not None else queue.threshold,
        controller_id=queue.controller_id,
    )
