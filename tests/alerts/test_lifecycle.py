"""Alerts: opened once for what lasts, resolved by themselves, never by what isn't known, and without flapping."""

from __future__ import annotations

from datetime import datetime, timedelta

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts import lifecycle
from alerts.models import Alert, AlertRule, Suspicion
from ingest.models import Stream
from reports import live
from sites_app.models import Controller, Sensor, Store, Zone
from tests import chain
from tests.alerts.happening import MINUTE, NOW, at_once, inside, open_alerts, waited, waiting
from tests.fleet import Fleet
from tests.ingest.turns import ask

pytestmark = pytest.mark.django_db
HOUR = 60 * MINUTE


@pytest.fixture
def controller() -> Controller:
    """One that answers."""
    return chain.controller(chain.store(capacity=100), state="online", last_success_at=NOW)


@pytest.fixture
def till(controller: Controller) -> Zone:
    return chain.zone(controller, "till", "queue", name="Checkout 1")


@pytest.fixture
def floor(controller: Controller) -> Zone:
    return chain.zone(controller, "floor")


def review(now: datetime = NOW) -> tuple[int, int]:
    return lifecycle.review(now=now)


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


# Equipment.


@pytest.mark.parametrize("state", Controller.State.values)
def test_a_controller_that_cannot_be_reached_or_entered_for_five_minutes_is_alerted(
    controller: Controller, state: str
) -> None:
    Controller.objects.update(state=state, last_error="It refused the connection.")
    assert review(NOW + 4 * MINUTE) == (0, 0)
    opened, _ = review(NOW + 5 * MINUTE)
    assert opened == (state in ("offline", "unauthorized"))
    if opened:
        assert Alert.objects.get().message == "Controller Controller 1 can't be reached: It refused the connection."


def test_a_controller_is_resolved_once_it_has_answered_for_two_minutes_and_not_by_our_own_standstill(
    controller: Controller,
) -> None:
    Controller.objects.update(state="offline")
    assert review(NOW + HOUR) == (1, 0)
    Controller.objects.update(state="online", last_success_at=NOW + HOUR)
    assert review(NOW + HOUR) == (0, 0)
    # Nobody has asked it since: it's online only by an old word.
    assert review(NOW + 2 * HOUR) == (0, 0)
    for minutes in (1, 2, 3):
        now = NOW + 2 * HOUR + minutes * MINUTE
        Controller.objects.update(last_success_at=now)
        assert review(now) == (0, int(minutes == 3))


def test_a_controller_that_is_switched_off_here_is_no_longer_watched(controller: Controller) -> None:
    Controller.objects.update(state="offline")
    assert review(NOW + HOUR) == (1, 0)
    Controller.objects.update(enabled=False)
    assert review(NOW + HOUR) == (0, 1)
    assert Alert.objects.get().resolution == "unwatched"


def test_zones_of_a_controller_that_is_switched_off_are_no_longer_watched(till: Zone, floor: Zone) -> None:
    at_once("occupancy_critical")
    waited(till, [11] * 6)
    inside(floor, 100)
    assert review() == (2, 0)
    Controller.objects.update(enabled=False)
    assert review(NOW + HOUR) == (0, 2)


def test_a_store_that_has_not_opened_yet_is_not_watched(controller: Controller) -> None:
    Controller.objects.update(state="offline")
    Store.objects.update(opened_on=NOW.date() + timedelta(days=1))
    assert review(NOW + HOUR) == (0, 0)
    Store.objects.update(opened_on=NOW.date())
    assert review(NOW + HOUR) == (1, 0)


def test_a_store_that_is_closed_for_good_is_no_longer_watched(controller: Controller) -> None:
    Controller.objects.update(state="offline")
    assert review(NOW + HOUR) == (1, 0)
    Store.objects.update(closed_on=NOW.date() - timedelta(days=1))
    assert review(NOW + HOUR) == (0, 1)


def test_a_sensor_that_is_lost_for_five_minutes_is_alerted_until_it_has_been_back_for_five(
    controller: Controller,
) -> None:
    def told(status: str, at: datetime) -> tuple[int, int]:
        Sensor.objects.update(status=status, status_at=at)
        return review(at)

    Sensor.objects.create(controller=controller, sensor_id="80:1F", name="Door left", status="online", status_at=NOW)
    assert told("offline", NOW) == (0, 0)
    assert told("online", NOW + 3 * MINUTE) == (0, 0)
    assert told("offline", NOW + 6 * MINUTE) == (0, 0)
    assert Suspicion.objects.get().since == NOW + 6 * MINUTE
    assert told("offline", NOW + 11 * MINUTE) == (1, 0)
    assert Alert.objects.get().message == "Sensor Door left is lost, says its controller Controller 1"
    assert not Suspicion.objects.exists()
    assert review(NOW + 5 * HOUR) == (0, 0)  # nobody has said anything for hours
    assert told("online", NOW + 6 * HOUR) == (0, 0)
    assert told("online", NOW + 6 * HOUR + 5 * MINUTE) == (0, 1)


def test_a_sensor_of_a_controller_that_is_lost_itself_is_not_judged(controller: Controller) -> None:
    at_once("sensor_offline")
    Sensor.objects.create(controller=controller, sensor_id="80:1F", status="offline", status_at=NOW)
    Controller.objects.update(state="offline")
    assert review() == (0, 0)
    Controller.objects.update(state="online")
    assert review() == (1, 0)


def test_intervals_that_are_missing_are_alerted_once_a_controller_and_resolved_when_healed(
    controller: Controller,
) -> None:
    for kind in ("footfall", "dwell"):
        Stream.objects.create(
            controller=controller, kind=kind, due_at=NOW, cursor=NOW - 5 * HOUR, watched_from=NOW - 10 * HOUR
        )
    assert review() == (1, 0)
    alert = Alert.objects.get()
    assert (alert.kind, alert.detail) == ("data_gap", "dwell, footfall")
    assert alert.since == NOW - 5 * HOUR + 30 * MINUTE
    Stream.objects.update(cursor=NOW)
    assert review(NOW + MINUTE) == (0, 1)


def test_a_gap_is_not_alerted_while_its_controller_is_lost_nor_resolved(controller: Controller) -> None:
    stream = Stream.objects.create(
        controller=controller, kind="footfall", due_at=NOW, cursor=NOW - 5 * HOUR, watched_from=NOW - 10 * HOUR
    )
    Controller.objects.update(state="offline")
    review(NOW)
    assert open_alerts() == []
    Controller.objects.update(state="online")
    review(NOW)
    assert open_alerts() == [("data_gap", "Controller 1")]
    Controller.objects.update(state="offline")
    Stream.objects.filter(pk=stream.pk).update(cursor=NOW)
    assert review(NOW) == (0, 0)


def test_a_kind_that_is_not_watched_resolves_what_is_open(till: Zone) -> None:
    waited(till, [11] * 6)
    assert review() == (1, 0)
    AlertRule.objects.create(kind="queue_over_threshold", region=till.store.region, enabled=False)
    assert review() == (0, 1)


# All of it.


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


def test_a_controllers_outage_is_alerted_and_resolved_by_polling_alone(fleet: Fleet) -> None:
    at_once("controller_offline")
    fleet.stop_clock(NOW)
    site = fleet.site("S002")
    controller = chain.registered(site)
    ask([controller], Stream.Kind.LIVE, now=NOW)
    fleet.fault(site, status=503)
    for _ in range(3):
        ask([controller], Stream.Kind.LIVE, now=NOW)
    review()
    assert ("controller_offline", "Controller 1") in open_alerts()
    fleet.fault(site)
    ask([controller], Stream.Kind.LIVE, now=NOW)
    review()
    assert ("controller_offline", "Controller 1") not in open_alerts()


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
