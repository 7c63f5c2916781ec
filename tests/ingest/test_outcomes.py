"""What comes of a turn: when the controller is asked again, and what is said of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from ingest import asking_now, backoff, polling, rounds
from ingest.models import OccupancySample, Quarantine, Stream
from sites_app.models import Controller
from tests import chain
from tests.fleet import Fleet, Site
from tests.ingest.conftest import Scripted
from tests.ingest.turns import NOW, ask, poll

pytestmark = pytest.mark.django_db
Kind = Stream.Kind
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def site(fleet: Fleet) -> Site:
    fleet.stop_clock(NOW)
    return fleet.site("S002")


@pytest.fixture
def controller(site: Site) -> Controller:
    return chain.registered(site)


def stream(controller: Controller, kind: str = Kind.LIVE) -> Stream:
    return Stream.objects.get(controller=controller, kind=kind)


def state(controller: Controller) -> str:
    controller.refresh_from_db()
    return controller.state


def test_a_rejected_key_stops_the_controller_until_it_changes(fleet: Fleet, site: Site, controller: Controller) -> None:
    controller.api_key = "revoked"
    controller.save()
    ask([controller], Kind.LIVE)
    assert state(controller) == "unauthorized"
    assert "The key was rejected" in controller.last_error
    assert polling.claim_due(now=NOW + 30 * DAY) == {}
    controller.api_key = site.api_key
    controller.save()
    assert set(polling.claim_due(now=NOW + MINUTE)[controller.pk]) == set(Kind.values)
    ask([controller], Kind.LIVE, now=NOW + MINUTE)
    assert (state(controller), controller.last_error) == ("online", "")


def test_a_rejected_key_that_is_taken_again_when_a_person_tries_resumes_all(
    fleet: Fleet, site: Site, controller: Controller
) -> None:
    fleet.fault(site, status=401)
    poll()
    assert polling.claim_due(now=NOW + DAY) == {}
    fleet.fault(site)
    ask([controller], Kind.DISCOVERY, now=NOW + DAY)
    assert state(controller) == "degraded"  # its other streams have yet to succeed
    assert set(polling.claim_due(now=NOW + DAY)[controller.pk]) == set(Kind.values) - {Kind.DISCOVERY}
    ask([controller], now=NOW + DAY)
    assert state(controller) == "online"


def test_a_controller_is_asked_again_when_it_said(fleet: Fleet, site: Site, controller: Controller) -> None:
    fleet.fault(site, status=429, retry_after=1234)
    ask([controller], Kind.LIVE)
    assert stream(controller).due_at == NOW + timedelta(seconds=1234)


def test_failures_are_asked_again_ever_later_up_to_a_quarter_of_an_hour(
    fleet: Fleet, site: Site, controller: Controller
) -> None:
    fleet.fault(site, status=503)
    waits = []
    for _ in range(12):
        ask([controller], Kind.LIVE)
        waits.append(stream(controller).due_at - NOW)
    assert timedelta(seconds=2.5) <= waits[0] <= timedelta(seconds=5)
    assert 7.5 * MINUTE <= waits[-1] <= 15 * MINUTE
    assert max(waits) <= 15 * MINUTE
    fleet.fault(site)
    ask([controller], Kind.LIVE)
    assert stream(controller).consecutive_failures == 0
    assert stream(controller).due_at <= NOW + MINUTE


def test_the_delay_doubles_and_jitter_takes_up_to_half_of_it() -> None:
    plain = [backoff.delay(failures, 0.0) for failures in range(1, 30)]
    assert all(after == min(2 * before, 15 * MINUTE) for before, after in pairwise(plain))
    assert backoff.delay(3, 0.999) > plain[2] / 2
    assert backoff.delay(1, 0.5, told=10 * MINUTE) == 10 * MINUTE
    assert backoff.delay(20, 0.0, told=MINUTE) == 15 * MINUTE


def test_a_controller_is_offline_after_three_failures_and_back_after_one_success(
    fleet: Fleet, site: Site, controller: Controller
) -> None:
    poll()
    Controller.objects.filter(pk=controller.pk).update(base_url="http://127.0.0.1:9/api/v1")
    states = []
    for _ in range(3):
        ask([controller], Kind.LIVE, now=NOW + MINUTE)
        states.append(state(controller))
    assert states == ["degraded", "degraded", "offline"]
    assert (controller.consecutive_failures, controller.last_success_at) == (3, NOW)
    assert "refused the connection" in controller.last_error
    Controller.objects.filter(pk=controller.pk).update(base_url=site.base_url)
    ask([controller], Kind.LIVE, now=NOW + 2 * MINUTE)
    assert (state(controller), controller.consecutive_failures, controller.last_error) == ("online", 0, "")


def test_a_controller_is_degraded_as_long_as_one_of_its_streams_fails(scripted: Scripted) -> None:
    controller = chain.controller(chain.store(), base_url=scripted.base_url)
    chain.zone(controller, "floor")
    scripted.rows = {"/occupancy/current": [{"zoneId": "floor", "current_people": 5}], "/counts/interval": 500}
    ask([controller], Kind.LIVE, Kind.FOOTFALL)
    assert state(controller) == "degraded"
    ask([controller], Kind.LIVE)
    assert (state(controller), controller.last_success_at) == ("degraded", NOW)
    assert "500" in controller.last_error
    scripted.rows["/counts/interval"] = []
    ask([controller], Kind.FOOTFALL)
    assert (state(controller), controller.last_error) == ("online", "")


def test_disabled_paths_are_a_fact_that_is_asked_for_once_a_day(fleet: Fleet) -> None:
    fleet.stop_clock(NOW)
    controller = chain.registered(fleet.site("S011"))
    poll()
    assert (state(controller), controller.path_analytics, controller.consecutive_failures) == ("online", False, 0)
    paths = stream(controller, Kind.PATHS)
    assert (paths.due_at, paths.consecutive_failures, paths.stopped) == (NOW + DAY, 0, False)
    assert paths.last_error_code == "feature_disabled"


def test_paths_that_are_enabled_later_are_found(fleet: Fleet, site: Site, controller: Controller) -> None:
    fleet.fault(site, status=403)
    ask([controller], Kind.PATHS)
    assert (state(controller), controller.path_analytics) == ("new", False)
    fleet.fault(site)
    ask([controller], now=NOW + DAY)
    assert (state(controller), controller.path_analytics) == ("online", True)


def test_firmware_without_paths_is_no_failure_either(fleet: Fleet) -> None:
    fleet.stop_clock(NOW)
    controller = chain.registered(fleet.site("S007"))
    poll()
    assert (state(controller), controller.path_analytics) == ("online", False)
    assert stream(controller, Kind.PATHS).due_at == NOW + DAY
    assert stream(controller, Kind.PATHS).consecutive_failures == 0


def test_firmware_without_queues_and_sensors_is_asked_for_what_it_has(scripted: Scripted) -> None:
    controller = chain.controller(chain.store(), base_url=scripted.base_url)
    scripted.rows = {"/occupancy/current": [{"zoneId": "floor", "current_people": 5}], "/counts/interval": []}
    ask([controller])
    assert state(controller) == "online"
    assert OccupancySample.objects.get().people == 5


def test_a_wrong_path_in_the_address_is_no_old_firmware(site: Site, controller: Controller) -> None:
    Controller.objects.filter(pk=controller.pk).update(base_url=site.base_url.replace("v1", "v2"))
    for _ in range(3):
        ask([controller])
    assert state(controller) == "offline"
    ask([controller], Kind.PATHS)
    assert state(controller) == "offline"


def test_occupancy_is_kept_when_the_queues_fail(scripted: Scripted) -> None:
    controller = chain.controller(chain.store(), base_url=scripted.base_url)
    chain.zone(controller, "floor")
    scripted.rows = {"/occupancy/current": [{"zoneId": "floor", "current_people": 5}], "/queue/status": 500}
    ask([controller], Kind.LIVE)
    assert OccupancySample.objects.get().people == 5
    assert state(controller) == "degraded"


def test_how_far_a_controllers_clock_is_off_is_told(fleet: Fleet, site: Site, controller: Controller) -> None:
    fleet.fault(site, clock_skew_s=-42)
    ask([controller], Kind.LIVE)
    state(controller)
    assert controller.clock_skew_ms == -42_000


def test_samples_from_the_future_are_set_aside(fleet: Fleet, site: Site, controller: Controller) -> None:
    fleet.fault(site, clock_skew_s=3600)
    ask([controller], Kind.LIVE)
    assert not OccupancySample.objects.exists()
    reasons = set(Quarantine.objects.values_list("reason", "pointer"))
    assert reasons == {("3,600 s ahead of our clock: set the controller's.", "/timestamp")}


def test_asking_now_keeps_the_dispatcher_away_meanwhile(
    controller: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed: list[object] = []
    poll_all = rounds.poll_all

    def watched(*arguments: object) -> object:
        claimed.append(polling.claim_due(now=datetime.now(NOW.tzinfo)))
        return poll_all(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(rounds, "poll_all", watched)
    asking_now.ask([controller], Kind.values)
    assert claimed == [{}]
