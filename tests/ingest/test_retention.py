"""What came in is kept for as long as it's said, and no longer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import override_settings

from ingest import quarantine, retention
from ingest.models import Event, HealedGap, Quarantine
from ingest.quarantine import Fault
from tests import chain

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)


def days(number: int) -> timedelta:
    return timedelta(days=number)


@override_settings(EVENT_RETENTION_DAYS=30, QUARANTINE_RETENTION_DAYS=10)
def test_events_faults_and_gaps_go_when_they_are_past_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_BATCH", 2)
    controller = chain.controller(chain.store())
    for age in (0, 29, 31, 32, 33, 34, 35):
        at = NOW - days(age)
        digested = None if age == 35 else at
        Event.objects.create(
            store_id=controller.store_id, controller_id=controller.pk, event_id=f"E{age}", event="sensor.online",
            observed_at=at, received_at=at, body=b"{}", digested_at=digested,
        )  # fmt: skip
        HealedGap.objects.create(controller=controller, kind="paths", start=at - days(1), end=at, healed_at=at)
    for age in (0, 9, 11):
        fault = Fault(controller.store_id, controller.pk, "poll", "live", "", f"/{age}", b"", "row")
        quarantine.keep([fault], received_at=NOW - days(age))
    assert retention.expire(now=NOW) == {"events": 4, "faults": 1, "gaps": 5}
    assert set(Event.objects.values_list("event_id", flat=True)) == {"E0", "E29", "E35"}  # E35 isn't digested yet
    assert set(Quarantine.objects.values_list("pointer", flat=True)) == {"/0", "/9"}
    assert HealedGap.objects.count() == 2
