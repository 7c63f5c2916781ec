"""Alerts: opened once for what lasts, resolved by themselves, never by what isn't known, and without flapping."""

from __future__ import annotations

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts import lifecycle
from alerts.models import Alert, AlertRule
from reports import live
from sites_app.models import Sensor, Zone
from tests import chain
from tests.alerts.happening import MINUTE, NOW, at_once, inside, open_alerts, review, waited, waiting

pytestmark = pytest.mark.django_db
HOUR = 60 * MINUTE


# Queues.


def test_a_queue_is_alerted_once_it_has_been_too_long_for_five_minutes(till: Zone) -> None:
    waited(till, [11] * 5)
    assert review() == (0, 0)
    waiting(till, 12, NOW + MINUTE)
    assert review(NOW + MINUTE) == (1, 0)
    alert = Alert.objects.get()
    assert (alert.kind, alert.subject, alert.opened_at) == ("queue_over_threshold", "till", NOW + MINUTE)
    assert (alert.value, alert.limit, alert.since, alert.controller_id) == (
        12,
        10,
        NOW - 4 * MINUTE,
        till.controller_id,
    )
    assert alert.message == "Checkout 1: 12 people waiting, more than 10"
    waiting(till, 15, NOW + 2 * MINUTE)
    assert review(NOW + 2 * MINUTE) == (0, 0)
    assert Alert.objects.count() == 1


def test_a_queue_that_was_short_or_unknown_for_a_moment_has_not_been_too_long(till: Zone) -> None:
    waited(till, [11, 11, 11, 10, 11, 11, 11, 11])
    assert review() == (0, 0)
    other = chain.zone(till.controller, "desk", "queue")
    waited(other, [11, 11, 11, 11], until=NOW - 4 * MINUTE)
    waited(other, [11], until=NOW)  # what holds for three minutes leaves one unknown
    assert review() == (0, 0)


def test_a_queue_around_its_threshold_does_not_flap(till: Zone) -> None:
    at_once("queue_over_threshold")
    waiting(till, 11)
    assert review() == (1, 0)
    for minute in range(1, 20):
        now = NOW + minute * MINUTE
        waiting(till, 9 + minute % 4, now)
        assert review(now) == (0, 0)
    waiting(till, 8, NOW + HOUR)
    assert review(NOW + HOUR) == (0, 1)


def test_a_queue_is_resolved_once_it_has_been_well_for_two_minutes(till: Zone) -> None:
    waited(till, [11] * 6)
    assert review() == (1, 0)
    waited(till, [4, 4], until=NOW + 2 * MINUTE)
    assert review(NOW + 2 * MINUTE) == (0, 0)
    waited(till, [11], until=NOW + 3 * MINUTE)
    assert review(NOW + 3 * MINUTE) == (0, 0)
    waited(till, [4, 4, 4], until=NOW + 6 * MINUTE)
    assert review(NOW + 6 * MINUTE) == (0, 1)
    alert = Alert.objects.get()
    assert (alert.resolved_at, alert.resolution) == (NOW + 6 * MINUTE, "cleared")


def test_what_is_stale_neither_opens_nor_resolves(till: Zone, floor: Zone) -> None:
    at_once("occupancy_critical")
    waited(till, [11] * 6)
    inside(floor, 100)
    assert review() == (2, 0)
    assert review(NOW + 10 * HOUR) == (0, 0)
    other = chain.zone(chain.controller(chain.store("S2")), "till", "queue")
    waited(other, [11] * 6)
    assert review(NOW + 4 * MINUTE) == (0, 0)


def test_a_queue_without_a_threshold_is_never_too_long_unless_a_rule_gives_one(till: Zone) -> None:
    waited(till, [500] * 6, threshold=None)
    assert review() == (0, 0)
    AlertRule.objects.create(kind="queue_over_threshold", store=till.store, threshold=6)
    assert review() == (1, 0)
    assert Alert.objects.get().limit == 6


def test_each_store_and_zone_has_its_own_alert(till: Zone) -> None:
    other = chain.zone(chain.controller(chain.store("S2")), "till", "queue")
    desk = chain.zone(till.controller, "desk", "queue")
    for zone in (till, other, desk):
        waited(zone, [11] * 6)
    assert review() == (3, 0)
    waited(desk, [2, 2, 2], until=NOW + 3 * MINUTE)
    assert review(NOW + 3 * MINUTE) == (0, 1)
    assert set(Alert.objects.open().values_list("store__code", "subject")) == {("S1", "till"), ("S2", "till")}


# Occupancy.


@pytest.mark.parametrize(("people", "opened"), [(94, 0), (95, 1), (120, 1)])
def test_a_store_that_is_nearly_full_for_two_minutes_is_alerted(floor: Zone, people: int, opened: int) -> None:
    inside(floor, people, NOW - 2 * MINUTE)
    inside(floor, people, NOW - MINUTE)
    assert review(NOW - MINUTE) == (0, 0)
    assert review() == (opened, 0)
    assert open_alerts() == [("occupancy_critical", "")] * opened


def test_a_store_s_occupancy_is_the_sum_that_live_shows(floor: Zone) -> None:
    at_once("occupancy_critical")
    other = chain.zone(floor.controller, "hall")
    inside(floor, 90)
    assert review() == (0, 0)  # half of it isn't known
    inside(other, 8)
    assert review() == (1, 0)
    (shown,) = live.occupancy(live.Scope(None), now=NOW)
    alert = Alert.objects.get()
    assert (
        (shown.people, shown.capacity, shown.status) == (alert.value, alert.limit, "critical") == (98, 100, "critical")
    )
    inside(other, 0, NOW + MINUTE)
    assert review(NOW + MINUTE) == (0, 0)  # 90 is more than 0.9 × 95
    inside(floor, 85, NOW + 2 * MINUTE)
    assert review(NOW + 2 * MINUTE) == (0, 1)


# All of it.


def test_a_kind_that_is_not_watched_resolves_what_is_open(till: Zone) -> None:
    waited(till, [11] * 6)
    assert review() == (1, 0)
    AlertRule.objects.create(kind="queue_over_threshold", region=till.store.region, enabled=False)
    assert review() == (0, 1)


def test_of_two_reviews_at_once_the_second_leaves_it_to_the_first(till: Zone) -> None:
    waited(till, [11] * 6)
    with psycopg.connect(settings.DATABASE_URL.rpartition("/")[0] + "/" + connection.settings_dict["NAME"]) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [lifecycle._LOCK])
        assert review() == (0, 0)
        other.rollback()
    assert review() == (1, 0)


def test_ten_stores_cost_no_more_queries_than_one(till: Zone, floor: Zone) -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            review()
        return len(queries)

    def trouble(till: Zone, floor: Zone) -> None:
        waited(till, [11] * 6)
        inside(floor, 99, NOW - 2 * MINUTE)
        inside(floor, 99)
        sensor = {"controller": till.controller, "sensor_id": "80:1F", "status": "offline"}
        Sensor.objects.create(**sensor, status_at=NOW)

    trouble(till, floor)
    alone = cost()
    assert Alert.objects.count() == 2
    for number in range(10):
        controller = chain.controller(chain.store(f"N{number}", capacity=100), state="online", last_success_at=NOW)
        trouble(chain.zone(controller, "till", "queue"), chain.zone(controller, "floor"))
    assert cost() == alone
    assert Alert.objects.count() == 22


def test_an_alert_is_acknowledged_once_and_only_while_it_is_open(till: Zone) -> None:
    waited(till, [11] * 6)
    review()
    alert = Alert.objects.get()
    assert lifecycle.acknowledge(alert, by="anna", note="On it", now=NOW + MINUTE)
    assert (alert.acknowledged_at, alert.acknowledged_by, alert.note) == (NOW + MINUTE, "anna", "On it")
    assert not lifecycle.acknowledge(alert, by="bert", now=NOW + 2 * MINUTE)
    assert alert.acknowledged_by == "anna"
    waited(till, [1, 1, 1], until=NOW + 3 * MINUTE)
    assert review(NOW + 3 * MINUTE) == (0, 1)
    waited(till, [11] * 6, until=NOW + HOUR)
    assert review(NOW + HOUR) == (1, 0)
    assert Alert.objects.open().get().acknowledged_at is None
