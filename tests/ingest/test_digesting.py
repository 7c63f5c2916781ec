"""An event that can't be digested for whatever reason holds up no other."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import OperationalError

from ingest import digest, facts
from ingest.models import Event, Quarantine, QueueSample
from sites_app.models import Controller
from tests import chain

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)


@pytest.fixture
def controller() -> Controller:
    controller = chain.controller(chain.store())
    chain.zone(controller, "till", "queue")
    for number in range(20):
        at = NOW + timedelta(seconds=number)
        data = {"zoneId": "till", "people_waiting": number}
        event = "queue.threshold_exceeded"
        body = {"eventId": f"E{number}", "event": event, "timestamp": at.isoformat(), "data": data}
        Event.objects.create(
            store_id=controller.store_id, controller_id=controller.pk, event_id=f"E{number}", event=event,
            observed_at=at, received_at=at, body=json.dumps(body).encode(),
        )  # fmt: skip
    return controller


def poisoned(error: Exception) -> Any:
    """Facts that can't be written where 13 people wait."""
    write = facts.write

    def broken(rows: facts.Facts) -> None:
        if any(row.people == 13 for row in rows.queues):
            raise error
        write(rows)

    return patch.object(facts, "write", broken)


def test_a_poisoned_event_is_set_aside_alone(controller: Controller) -> None:
    with poisoned(ZeroDivisionError()):
        assert digest.digest_batch(now=NOW) == 20
        assert digest.digest_batch(now=NOW) == 0
    assert set(QueueSample.objects.values_list("people", flat=True)) == set(range(20)) - {13}
    fault = Quarantine.objects.get()
    assert (fault.reason, fault.what) == ("Digesting it failed: ZeroDivisionError.", "event")
    assert json.loads(bytes(fault.body))["eventId"] == "E13"


def test_a_database_that_fails_is_no_events_fault(controller: Controller) -> None:
    with poisoned(OperationalError("no room")), pytest.raises(OperationalError):
        digest.digest_batch(now=NOW)
    assert not Event.objects.exclude(digested_at=None).exists()
    assert not Quarantine.objects.exists()
    assert digest.digest_batch(now=NOW) == 20
    assert QueueSample.objects.count() == 20


def test_digesting_again_changes_nothing(controller: Controller) -> None:
    digest.digest_batch(now=NOW)
    before = list(QueueSample.objects.order_by("observed_at").values())
    Event.objects.update(digested_at=None)
    digest.digest_batch(now=NOW)
    assert list(QueueSample.objects.order_by("observed_at").values()) == before
