"""What firmware 3 and 4 push: counts by element, and single events."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta

from ingest.models import Event, FootfallInterval, Quarantine
from sites_app.models import Sensor, Zone
from tests.ingest.xovis.conftest import Push
from tests.ingest.xovis.examples import NOON, OLDER_COUNTS, OLDER_EVENTS, QUARTER, line, logics_push, record


def footfall() -> list[tuple[object, ...]]:
    return list(FootfallInterval.objects.values_list("start", "end", "count_in", "count_out", "complete"))


def test_counts_of_a_line_become_its_footfall(push: Push) -> None:
    push(OLDER_COUNTS)
    assert footfall() == [(NOON, NOON + QUARTER, 7, 5, False)]
    assert list(Zone.objects.values_list("zone_id", "name", "kind")) == [("logic:1", "Line 1", "entrance")]
    sensor = Sensor.objects.get()
    assert (sensor.sensor_id, sensor.type, sensor.status) == ("00:6E:02:00:00:01", "PC2", "online")


def test_the_same_counts_in_the_newer_form_change_nothing(push: Push) -> None:
    push(OLDER_COUNTS)
    push(logics_push(line(record(fw=7, bw=5))))
    assert footfall() == [(NOON, NOON + QUARTER, 7, 5, False)]


def test_a_code_that_is_not_ok_degrades_the_sensor_until_it_is_again(push: Push) -> None:
    for minute, code in enumerate(("OK", "ERROR", "OK", "ERROR")):
        content = deepcopy(OLDER_COUNTS)
        content["status"]["code"] = code
        content["sensor-time"]["time"] = (NOON + timedelta(minutes=minute)).isoformat()
        push(content)
        assert Sensor.objects.get().status == ("online" if code == "OK" else "degraded")


def test_a_label_of_a_wrong_type_is_named(push: Push) -> None:
    content = deepcopy(OLDER_COUNTS)
    content["content"]["element"][0]["measurement"][0]["value"][0]["value"] = "7"
    push(content)
    assert Quarantine.objects.get().pointer == "/content/element/0/measurement/0/value/0/value"
    assert footfall() == []


def test_single_events_are_kept_once_and_count_nothing(push: Push) -> None:
    push(OLDER_EVENTS)
    push(OLDER_EVENTS)
    kept = Event.objects.order_by("observed_at")
    assert [event.event for event in kept] == ["xovis.line_crossing", "xovis.zone_exit"]
    assert kept[0].observed_at == NOON + timedelta(milliseconds=11_250)
    assert all(event.digested_at for event in kept)
    assert footfall() == []


def test_two_people_in_one_millisecond_are_two_events(push: Push) -> None:
    crossing = OLDER_EVENTS["values"][0]
    push({"values": [crossing, crossing]})
    push({"values": [crossing, crossing]})
    assert Event.objects.count() == 2


def test_what_an_event_says_of_a_person_is_dropped(push: Push) -> None:
    push({"values": [{**OLDER_EVENTS["values"][0], "position": [1.2345, 2], "objectId": 77, "height": 1.74}]})
    assert b"1.2345" not in bytes(Event.objects.get().body)
    assert b"objectId" not in bytes(Event.objects.get().body)
