"""How a controller and its streams stand after a turn: what is a fault of one answer, and what of the controller."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from ingest import polling
from ingest.models import FootfallInterval, OccupancySample, QueueSample, Stream
from sites_app.models import Controller
from tests import chain
from tests.ingest.scripted import NOW, Site, entrance, poll, registered, site, window_of
from tests.ingest.xcs import controller as http

pytestmark = pytest.mark.django_db
INTERVALS = ("footfall", "dwell", "paths")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def scripted() -> Iterator[Site]:
    with site() as scripted:
        yield scripted


@pytest.fixture
def controller(scripted: Site) -> Controller:
    scripted.says("/occupancy/current", [{"zoneId": "a", "current_people": 3}])
    scripted.says("/queue/status", [])
    scripted.says("/counts/interval", [])
    return registered(scripted, "a")


def stream(kind: str) -> Stream:
    return Stream.objects.get(kind=kind)


def due() -> dict[str, datetime]:
    return dict(Stream.objects.filter(stopped=False).values_list("kind", "due_at"))


@pytest.mark.parametrize("told", ["600", "Mon, 02 Nov 2026 10:10:07 GMT"])
def test_being_told_to_wait_holds_for_all_streams(scripted: Site, controller: Controller, told: str) -> None:
    scripted.refuses("/counts/interval", 429, "RATE_LIMITED", Retry_After=told, Date="Mon, 02 Nov 2026 10:00:07 GMT")
    poll(controller, "footfall")
    assert set(due()) == set(Stream.Kind.values)
    assert all(at >= NOW + 10 * MINUTE for at in due().values())
    assert not polling.claim_due(now=NOW + 9 * MINUTE)


def test_a_dead_controller_is_asked_for_one_stream_less_and_less_often() -> None:
    controller = chain.controller(chain.store())
    now, waits = NOW, []
    for _ in range(12):
        poll(controller, "live", now=now)
        assert len(set(due().values())) <= 2  # this stream's and all others'
        waits.append(max(due().values()) - now)
        now = max(due().values())
    assert waits[0] <= timedelta(seconds=5)
    assert all(7.5 * MINUTE <= wait <= 15 * MINUTE for wait in waits[-3:])
    controller.refresh_from_db()
    assert (controller.state, controller.consecutive_failures) == ("offline", 12)


def test_a_rejected_key_stops_all_streams_until_it_is_another(scripted: Site, controller: Controller) -> None:
    scripted.refuses("/occupancy/current", 401, "UNAUTHORIZED")
    poll(controller, "live")
    controller.refresh_from_db()
    assert controller.state == "unauthorized"
    assert set(Stream.objects.values_list("stopped", "last_error_code")) == {(True, "unauthorized")}
    assert not polling.claim_due(now=NOW + DAY)
    controller.api_key = "the-right-one"
    controller.save()
    assert set(polling.claim_due(now=NOW + DAY)[controller.pk]) == set(Stream.Kind.values)


def test_paths_that_are_disabled_are_asked_for_once_a_day_and_are_no_failure(
    scripted: Site, controller: Controller
) -> None:
    scripted.refuses("/analytics/paths", 403, "FEATURE_DISABLED")
    poll(controller, "live", "paths")
    controller.refresh_from_db()
    assert (controller.state, controller.path_analytics) == ("online", False)
    assert (due()["paths"], stream("paths").consecutive_failures) == (NOW + DAY, 0)
    assert stream("paths").last_error_code == "feature_disabled"
    assert due()["live"] <= NOW + MINUTE


@pytest.mark.parametrize(("kind", "path"), [("paths", "/analytics/paths"), ("footfall", "/counts/interval")])
def test_what_older_firmware_does_not_have_is_asked_for_once_a_day(
    scripted: Site, controller: Controller, kind: str, path: str
) -> None:
    scripted.refuses(path, 404, "NOT_FOUND")
    poll(controller, "live", kind)
    controller.refresh_from_db()
    assert (controller.state, due()[kind]) == ("online", NOW + DAY)


def test_what_a_wrong_address_does_not_have_is_asked_for_again_soon() -> None:
    with site() as elsewhere:
        controller = registered(elsewhere, "a")
        poll(controller, "live", *INTERVALS)
        controller.refresh_from_db()
        assert (controller.state, controller.path_analytics) == ("degraded", None)
        assert all(at <= NOW + 15 * MINUTE for at in due().values())
        for attempt in range(2, 4):
            poll(controller, "live", now=NOW + attempt * MINUTE)
        poll(controller, *INTERVALS, now=NOW + HOUR)
        controller.refresh_from_db()
        assert controller.state == "offline"
        assert all(due()[kind] <= NOW + HOUR + 15 * MINUTE for kind in INTERVALS)


def test_an_answer_that_older_firmware_does_not_have_leaves_the_others(scripted: Site, controller: Controller) -> None:
    scripted.refuses("/queue/status", 404, "NOT_FOUND")
    for minute in range(3):
        poll(controller, "live", now=NOW + minute * MINUTE)
    assert scripted.asked == ["/occupancy/current", "/queue/status", "/occupancy/current", "/occupancy/current"]
    assert OccupancySample.objects.get().people == 3
    assert (stream("live").lacks, stream("live").lacks_at) == ("queues", NOW)
    controller.refresh_from_db()
    assert controller.state == "online"


def test_after_a_day_the_firmware_may_be_newer(scripted: Site, controller: Controller) -> None:
    scripted.refuses("/queue/status", 404, "NOT_FOUND")
    poll(controller, "live")
    chain.zone(controller, "till", "queue")
    scripted.says("/queue/status", [{"zoneId": "till", "people_waiting": 2}], at=NOW + DAY)
    poll(controller, "live", now=NOW + DAY)
    assert QueueSample.objects.get().people == 2
    assert stream("live").lacks == ""


def test_discovery_does_without_what_older_firmware_does_not_have(scripted: Site) -> None:
    scripted.says("/occupancy/current", [{"zoneId": "a", "current_people": 3, "capacity": 8}])
    controller = registered(scripted)
    poll(controller, "discovery")
    assert controller.zones.get().capacity == 8
    assert stream("discovery").lacks == "counts queues sensors"


def test_one_answers_failure_leaves_the_other_of_the_same_stream(scripted: Site, controller: Controller) -> None:
    scripted.refuses("/queue/status", 500, "INTERNAL")
    poll(controller, "live")
    assert OccupancySample.objects.get().people == 3
    controller.refresh_from_db()
    assert (controller.state, controller.consecutive_failures) == ("degraded", 0)
    assert "fault of its own" in controller.last_error


def test_a_controller_is_degraded_as_long_as_one_of_its_streams_fails(scripted: Site, controller: Controller) -> None:
    scripted.refuses("/counts/interval", 500, "INTERNAL")
    poll(controller, "footfall")
    poll(controller, "live")
    controller.refresh_from_db()
    assert (controller.state, controller.last_success_at) == ("degraded", NOW)
    assert "fault of its own" in controller.last_error
    scripted.says("/counts/interval", [])
    poll(controller, "footfall", now=NOW + MINUTE)
    poll(controller, "live", now=NOW + MINUTE)
    controller.refresh_from_db()
    assert (controller.state, controller.last_error) == ("online", "")


def test_nothing_is_lost_where_nothing_answers_for_longer_than_a_first_contact_looks_back(
    scripted: Site, controller: Controller
) -> None:
    scripted.refuses("/counts/interval", 503, "UNAVAILABLE")
    poll(controller, "footfall")
    asked: list[tuple[datetime, datetime]] = []

    def answer(handler: http.Handler) -> None:
        asked.append(window_of(handler))
        handler.send(200, http.envelope([], (NOW + 30 * DAY).isoformat()))

    scripted.on("/counts/interval", answer)
    poll(controller, "footfall", now=NOW + 30 * DAY)
    assert asked[0][0] == NOW.replace(second=0)


def test_one_zones_dwell_that_fails_leaves_the_others(scripted: Site, controller: Controller) -> None:
    chain.zone(controller, "b")
    hour = {"start": "2026-11-02T09:00:00Z", "end": "2026-11-02T10:00:00Z"}
    scripted.refuses("/zones/a/dwell", 500, "INTERNAL")
    scripted.says("/zones/b/dwell", [{"zoneId": "b", "average_dwell_ms": 5, **hour}])
    outcome = poll(controller, "dwell")
    assert [reading.zone_id for reading in outcome.answers[0].readings] == ["b"]  # type: ignore[union-attr]
    assert scripted.asked == ["/zones/a/dwell", "/zones/b/dwell"]
    assert stream("dwell").consecutive_failures == 1


def test_a_failure_keeps_the_cursor_where_it_was(scripted: Site, controller: Controller) -> None:
    door = entrance(controller, "door")
    quarter = {"start": "2026-11-02T09:30:00Z", "end": "2026-11-02T09:45:00Z"}
    scripted.says("/counts/interval", [{"zoneId": "door", "in": 1, "out": 1, "complete": True, **quarter}])
    poll(controller, "footfall")
    poll(controller, "footfall", now=NOW + MINUTE)  # the first contact takes two windows
    before = stream("footfall").cursor
    scripted.writes("/counts/interval", b"<html>")
    poll(controller, "footfall", now=NOW + HOUR)
    assert stream("footfall").cursor == before == NOW.replace(second=0)
    assert FootfallInterval.objects.get().zone_id == door.pk
