"""Alerts of controllers, sensors and missing data: of what is lost, not of what hangs on it, until it has been back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from alerts.models import Alert, Suspicion
from ingest.models import Stream
from sites_app.models import Controller, Sensor, Store, Zone
from tests import chain
from tests.alerts.happening import MINUTE, NOW, at_once, inside, open_alerts, review, waited
from tests.fleet import Fleet
from tests.ingest.turns import ask

pytestmark = pytest.mark.django_db
HOUR = 60 * MINUTE


@pytest.mark.parametrize("state", Controller.State.values)
def test_a_controller_that_cannot_be_reached_or_entered_for_five_minutes_is_alerted(
    controller: Controller, state: str
) -> None:
    Controller.objects.update(state=state, last_error="It refused the connection.")
    assert review(NOW + 4 * MINUTE) == (0, 0)
    opened, _ = review(NOW + 5 * MINUTE)
    assert opened == (state in ("offline", "unauthorized"))
    if opened:
        assert Alert.objects.get().message == "Controller 1 can't be reached: It refused the connection."


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
