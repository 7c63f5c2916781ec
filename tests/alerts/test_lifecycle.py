"""Alerts: opened once for what needs attention, resolved by themselves, and open again when it comes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts import lifecycle, rules
from alerts.models import Alert
from ingest import facts
from ingest.models import Stream
from sites_app.models import Controller, Zone
from tests import chain
from tests.fleet import Fleet
from tests.ingest.turns import ask

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def controller() -> Controller:
    return chain.controller(chain.store(capacity=100))


@pytest.fixture
def till(controller: Controller) -> Zone:
    return chain.zone(controller, "till", "queue", name="Checkout 1")


@pytest.fixture
def floor(controller: Controller) -> Zone:
    return chain.zone(controller, "floor")


def waiting(zone: Zone, people: int, at: datetime = NOW, threshold: int | None = 10) -> None:
    row = facts.QueueRow(zone.store_id, zone.pk, at, at, people, None, None, threshold)
    facts.write(facts.Facts(queues=[row]))


def inside(zone: Zone, people: int, at: datetime = NOW) -> None:
    facts.write(facts.Facts(occupancy=[facts.OccupancyRow(zone.store_id, zone.pk, at, at, people, None)]))


def open_alerts() -> list[tuple[str, str]]:
    return list(Alert.objects.open().order_by("kind").values_list("kind", "subject"))


def test_a_queue_over_its_threshold_is_alerted_once_until_it_is_over(till: Zone) -> None:
    waiting(till, 10)
    assert lifecycle.review(now=NOW) == (0, 0)
    waiting(till, 11, NOW + MINUTE)
    assert lifecycle.review(now=NOW + MINUTE) == (1, 0)
    alert = Alert.objects.get()
    assert (alert.kind, alert.subject, alert.opened_at) == ("queue_over_threshold", "till", NOW + MINUTE)
    assert alert.message == "Checkout 1: 11 people waiting, more than 10"
    waiting(till, 15, NOW + 2 * MINUTE)
    assert lifecycle.review(now=NOW + 2 * MINUTE) == (0, 0)
    waiting(till, 3, NOW + 3 * MINUTE)
    assert lifecycle.review(now=NOW + 3 * MINUTE) == (0, 1)
    alert.refresh_from_db()
    assert alert.resolved_at == NOW + 3 * MINUTE
    waiting(till, 12, NOW + 4 * MINUTE)
    assert lifecycle.review(now=NOW + 4 * MINUTE) == (1, 0)
    assert Alert.objects.count() == 2


def test_a_queue_without_a_threshold_is_never_over_it(till: Zone) -> None:
    waiting(till, 500, threshold=None)
    assert lifecycle.review(now=NOW) == (0, 0)


def test_a_figure_that_holds_no_longer_alerts_nobody(till: Zone, floor: Zone) -> None:
    waiting(till, 11)
    inside(floor, 100)
    assert lifecycle.review(now=NOW + 4 * MINUTE) == (0, 0)


@pytest.mark.parametrize(("people", "opened"), [(94, 0), (95, 1), (120, 1)])
def test_a_store_that_is_nearly_full_is_alerted(floor: Zone, people: int, opened: int) -> None:
    inside(floor, people)
    assert lifecycle.review(now=NOW) == (opened, 0)
    assert open_alerts() == [("occupancy_critical", "")] * opened


@pytest.mark.parametrize("state", Controller.State.values)
def test_a_controller_that_cannot_be_reached_or_entered_is_alerted(controller: Controller, state: str) -> None:
    Controller.objects.update(state=state, last_error="It refused the connection.")
    opened, _ = lifecycle.review(now=NOW)
    assert opened == (state in ("offline", "unauthorized"))
    if opened:
        assert Alert.objects.get().message == "Controller 1: It refused the connection."
        Controller.objects.update(enabled=False)
        assert lifecycle.review(now=NOW + MINUTE) == (0, 1)


def test_each_store_and_zone_has_its_own_alert(till: Zone) -> None:
    other = chain.zone(chain.controller(chain.store("S2")), "till", "queue")
    desk = chain.zone(till.controller, "desk", "queue")
    for zone in (till, other, desk):
        waiting(zone, 11)
    assert lifecycle.review(now=NOW) == (3, 0)
    waiting(desk, 2, NOW + MINUTE)
    assert lifecycle.review(now=NOW + MINUTE) == (0, 1)
    assert set(Alert.objects.open().values_list("store__code", "subject")) == {("S1", "till"), ("S2", "till")}


def test_an_alert_that_another_worker_opened_meanwhile_is_not_opened_twice(
    till: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting(till, 11)
    finding = rules.Finding(till.store_id, Alert.Kind.QUEUE, "till", "11 people waiting")
    seen_before: Any = Alert.objects.none
    with monkeypatch.context() as patched:
        lifecycle.settle([finding], now=NOW)
        patched.setattr(type(Alert.objects.all()), "open", lambda _: seen_before())
        lifecycle.settle([finding], now=NOW)
    assert Alert.objects.count() == 1


def test_a_controllers_outage_is_alerted_and_resolved_by_polling_alone(fleet: Fleet) -> None:
    fleet.stop_clock(NOW)
    site = fleet.site("S002")
    controller = chain.registered(site)
    ask([controller], Stream.Kind.LIVE, now=NOW)
    fleet.fault(site, status=503)
    for _ in range(3):
        ask([controller], Stream.Kind.LIVE, now=NOW)
    lifecycle.review(now=NOW)
    assert open_alerts() == [("controller_offline", "Controller 1")]
    fleet.fault(site)
    ask([controller], Stream.Kind.LIVE, now=NOW)
    lifecycle.review(now=NOW)
    assert open_alerts() == []
