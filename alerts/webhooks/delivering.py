"""Deliveries: claimed from the table, tried side by side, retried with back-off for a day.

The table is the truth: a claim that comes to nothing, because its process died, is due again by itself. So a message may
come twice, with the same ``webhook-id``; it's never lost.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import connection, transaction

from alerts.models import EventType, WebhookDelivery, WebhookEndpoint, WebhookMessage
from alerts.shown import message_body
from alerts.webhooks import endpoints
from alerts.webhooks.attempts import Attempt, Outcome, attempt
from sites_app.secrets import SecretUnreadable

log = structlog.get_logger(__name__)

AT_ONCE = 32
PER_ENDPOINT = 8
"""One that answers slowly gets no more of a round than this, so that others get theirs."""
BUSY = timedelta(seconds=10)
"""Rounds that take longer leave the rest to the next tick: mail is waiting for the same worker."""
LEASE = timedelta(minutes=2)
"""Longer than a round takes: each of its deliveries has a thread, and ``attempts.LIMITS`` its end."""

FIRST, LONGEST = timedelta(seconds=5), timedelta(hours=2)
_GROWTH = 4

# By endpoint in turns: the oldest of each first.
_CLAIM = """
    WITH due AS (
        SELECT delivery.id, row_number() OVER (PARTITION BY endpoint_id ORDER BY due_at) AS turn, due_at
        FROM alerts_webhookdelivery AS delivery
        JOIN alerts_webhookendpoint AS endpoint ON endpoint.id = endpoint_id AND endpoint.enabled
        WHERE state = 'waiting' AND due_at <= %(now)s
    ), claimed AS (
        SELECT delivery.id FROM alerts_webhookdelivery AS delivery
        JOIN due ON due.id = delivery.id AND due.turn <= %(per_endpoint)s
        WHERE delivery.state = 'waiting' AND delivery.due_at <= %(now)s
        ORDER BY due.turn, due.due_at LIMIT %(at_once)s
        FOR UPDATE OF delivery SKIP LOCKED
    )
    UPDATE alerts_webhookdelivery AS delivery SET due_at = %(until)s, attempts = attempts + 1, attempted_at = %(now)s
    FROM claimed WHERE claimed.id = delivery.id
    RETURNING delivery.id
"""


def deliver_due(*, clock: Callable[[], datetime]) -> int:
    """Try what is due, side by side, until nothing is; how many were tried."""
    tried, until = 0, clock() + BUSY
    while clock() < until and (claimed := claim(now=clock())):
        deliver(claimed, clock=clock)
        tried += len(claimed)
    return tried


def claim(*, now: datetime) -> list[UUID]:
    """Take what is due for one round, and give up what has been tried for long enough."""
    WebhookDelivery.objects.filter(state=WebhookDelivery.State.WAITING, give_up_at__lte=now, due_at__lte=now).update(
        state=WebhookDelivery.State.FAILED
    )
    with connection.cursor() as cursor:
        bounds = {"at_once": AT_ONCE, "per_endpoint": PER_ENDPOINT}
        cursor.execute(_CLAIM, {"now": now, "until": now + LEASE, **bounds})
        return [row[0] for row in cursor.fetchall()]


def deliver(ids: Sequence[UUID], *, clock: Callable[[], datetime]) -> list[Outcome]:
    """Try these deliveries, which were claimed, and note how each ended."""
    found = WebhookDelivery.objects.filter(pk__in=ids).select_related("endpoint", "message")
    deliveries = list(found)
    wanted = [_attempt(delivery, clock()) for delivery in deliveries]
    with ThreadPoolExecutor(max(1, len(wanted))) as threads:
        outcomes = list(threads.map(attempt, wanted))
    for delivery, outcome in zip(deliveries, outcomes, strict=True):
        settle(delivery, outcome, now=clock())
    return outcomes


def _attempt(delivery: WebhookDelivery, now: datetime) -> Attempt:
    endpoint, message = delivery.endpoint, delivery.message
    try:
        keys = endpoints.keys_of(endpoint, now)
    except SecretUnreadable:
        keys = ()  # without a signature nothing is sent: see ``attempts``
    return Attempt(endpoint.url, message.webhook_id, message.body, keys)


@transaction.atomic
def settle(delivery: WebhookDelivery, outcome: Outcome, *, now: datetime) -> None:
    """Note how an attempt ended: done, to be tried again, or given up; and what that says of the endpoint.

    An attempt that was overtaken, because its lease ran out, only counts if it succeeded.
    """
    waiting = WebhookDelivery.objects.filter(pk=delivery.pk, state=WebhookDelivery.State.WAITING)
    told = {"status": outcome.status, "error": outcome.error, "duration_ms": outcome.duration_ms}
    if outcome.delivered:
        waiting.update(state=WebhookDelivery.State.DELIVERED, delivered_at=now, **told)
        endpoints.succeeded(delivery.endpoint, now=now)
        return
    log.warning("webhook_failed", delivery=str(delivery.pk), status=outcome.status, error=outcome.error)
    again = retry_at(now, delivery.attempts, random.random(), outcome.retry_after)  # noqa: S311 - spreads load
    mine = waiting.filter(attempts=delivery.attempts)
    if again >= delivery.give_up_at:
        mine.update(state=WebhookDelivery.State.FAILED, **told)
    else:
        mine.update(due_at=again, **told)
    endpoints.failed(delivery.endpoint, outcome, now=now)


def retry_at(now: datetime, attempts: int, jitter: float, told: timedelta | None = None) -> datetime:
    """When to try again: after 5 s, 20 s, 80 s and so on to two hours, shortened by up to a quarter by ``jitter``.

    Where the endpoint said how long to wait, not sooner.
    """
    grown: timedelta = min(FIRST * _GROWTH ** min(attempts - 1, 10), LONGEST)
    return now + max(grown * (1 - jitter / 4), told or timedelta())


def replay(delivery: WebhookDelivery, *, now: datetime) -> bool:
    """Send a message again that was delivered or given up; whether it's now due."""
    over = WebhookDelivery.objects.filter(pk=delivery.pk).exclude(state=WebhookDelivery.State.WAITING)
    due = over.filter(endpoint__enabled=True).update(
        state=WebhookDelivery.State.WAITING, attempts=0, due_at=now, give_up_at=now + endpoints.PATIENCE
    )
    delivery.refresh_from_db()
    return bool(due)


def try_out(endpoint: WebhookEndpoint, *, clock: Callable[[], datetime]) -> WebhookDelivery:
    """Deliver a test at once, and only once, whether the endpoint is enabled or not."""
    now = clock()
    body = message_body(EventType.TEST, {"endpoint": str(endpoint.pk)}, now)
    with transaction.atomic():
        message = WebhookMessage.objects.create(type=EventType.TEST, occurred_at=now, body=body)
        delivery = WebhookDelivery.objects.create(
            endpoint=endpoint,
            message=message,
            attempts=1,
            created_at=now,
            attempted_at=now,
            due_at=now + LEASE,
            give_up_at=now,
        )
    deliver([delivery.pk], clock=clock)
    delivery.refresh_from_db()
    return delivery


def forget(*, before: datetime) -> int:
    """Forget messages of before, with their deliveries; how many."""
    return WebhookMessage.objects.filter(occurred_at__lt=before).delete()[0]
