"""What is to be told of alerts, as rows: written in the transaction of what happened, and told from there.

Nothing here speaks to anybody. When the transaction is rolled back, or its process dies, nobody is told of what didn't happen;
when it's committed, nothing that did is lost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import prefetch_related_objects

from alerts import mail, responsible
from alerts.models import Alert, EventType, Notice, WebhookDelivery, WebhookEndpoint, WebhookMessage
from alerts.responsible import Responsible
from alerts.shown import alert_content, message_body
from alerts.webhooks.endpoints import PATIENCE

_MAILED = {EventType.OPENED: Notice.Event.OPENED, EventType.RESOLVED: Notice.Event.RESOLVED}
_BATCH = 1000


def tell(event: EventType, alerts: Sequence[Alert], *, now: datetime) -> None:
    """Tell of alerts that were just opened, acknowledged or resolved. To be called in that transaction."""
    if not alerts:
        return
    prefetch_related_objects(alerts, "store__region")
    people = responsible.load({alert.store.region_id for alert in alerts})
    _tell_programs(event, alerts, people, now)
    if event in _MAILED:
        notices = mail.notices(_MAILED[event], alerts, people, now=now)
        Notice.objects.bulk_create(notices, batch_size=_BATCH, ignore_conflicts=True)


def _tell_programs(event: EventType, alerts: Sequence[Alert], people: Responsible, now: datetime) -> None:
    listening = _Listening(event, people.parents)
    messages, deliveries = [], []
    for alert in alerts:
        told = listening.to(alert.store.region_id)
        if not told:
            continue
        body = message_body(event, alert_content(alert), now)
        message = WebhookMessage(type=event, store_id=alert.store_id, occurred_at=now, body=body)
        messages.append(message)
        deliveries += [
            WebhookDelivery(endpoint=endpoint, message=message, created_at=now, due_at=now, give_up_at=now + PATIENCE)
            for endpoint in told
        ]
    WebhookMessage.objects.bulk_create(messages, batch_size=_BATCH)
    WebhookDelivery.objects.bulk_create(deliveries, batch_size=_BATCH)


class _Listening:
    """The endpoints that want to hear of an event, by the region that it happens in."""

    def __init__(self, event: EventType, parents: Mapping[int, int | None]) -> None:
        self._parents = parents
        self._everywhere: list[WebhookEndpoint] = []
        self._by_region: dict[int, list[WebhookEndpoint]] = defaultdict(list)
        for endpoint in WebhookEndpoint.objects.on().prefetch_related("regions"):
            if not endpoint.event_types or event in endpoint.event_types:
                regions = endpoint.regions.all()
                for region in regions:
                    self._by_region[region.pk].append(endpoint)
                if not regions:
                    self._everywhere.append(endpoint)

    def to(self, region_id: int) -> Iterable[WebhookEndpoint]:
        """Those who hear of a store in this region; each once."""
        above = responsible.upwards(region_id, self._parents)
        heard = [endpoint for region in above for endpoint in self._by_region.get(region, ())]
        return {endpoint.pk: endpoint for endpoint in (*self._everywhere, *heard)}.values()
