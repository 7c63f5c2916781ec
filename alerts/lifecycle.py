"""The life of an alert: opened once when it's found, resolved when it's found no longer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from alerts import rules
from alerts.models import Alert
from reports import live
from sites_app.models import Controller, Store


def review(*, now: datetime) -> tuple[int, int]:
    """Look at everything that there is a rule for; how many alerts were opened and resolved."""
    stores = Store.objects.all()
    return settle(
        [
            *rules.of_queues(live.queues(stores, now=now)),
            *rules.of_occupancy(live.occupancy(stores, now=now)),
            *rules.of_controllers(Controller.objects.all()),
        ],
        now=now,
    )


@transaction.atomic
def settle(findings: Iterable[rules.Finding], *, now: datetime) -> tuple[int, int]:
    """Bring the open alerts in step with what was found; how many were opened and resolved."""
    found = {finding[:3]: finding for finding in findings}
    standing = {(alert.store_id, alert.kind, alert.subject): alert.pk for alert in Alert.objects.open()}
    opened = [
        Alert(
            store_id=finding.store_id,
            kind=finding.kind,
            subject=finding.subject,
            message=finding.message,
            opened_at=now,
        )
        for key, finding in found.items()
        if key not in standing
    ]
    Alert.objects.bulk_create(opened, ignore_conflicts=True)
    resolved = Alert.objects.filter(pk__in=[pk for key, pk in standing.items() if key not in found])
    return len(opened), resolved.update(resolved_at=now)
