"""``live_data``: counters that are states become samples; nothing of a person is kept, wherever it stood."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from ingest.models import Event, FootfallInterval, OccupancySample, Quarantine, QueueSample
from ingest.xovis import pushes
from sites_app.models import Controller
from tests import chain
from tests.ingest.xovis.conftest import Push
from tests.ingest.xovis.examples import LIVE, NOON

AT = NOON + timedelta(milliseconds=11_250)
PERSONAL = (b"1.2345", b"0.8765", b"1.7432", b"4294967298", b"position", b"track", b"person_height", b"PERSON")


@pytest.fixture(autouse=True)
def zones(sensor: Controller) -> None:
    chain.zone(sensor, "logic:1", "entrance", name="Main entrance")
    chain.zone(sensor, "logic:8", name="Promo table")
    chain.zone(sensor, "logic:9", "queue", name="Checkout 1")


def samples() -> list[Any]:
    return list(OccupancySample.objects.order_by("observed_at").values_list("zone__zone_id", "observed_at", "people"))


def event(**attributes: Any) -> dict[str, Any]:
    return {"category": "COUNT", "type": "COUNT_INCREMENT", "attributes": attributes}


def live(*events: dict[str, Any], **fields: Any) -> dict[str, Any]:
    frame = {"framenumber": 1, "time": 1732100411250, "tracked_objects": [], "events": list(events)}
    return {"live_data": {"frames": [frame], **fields}}


def test_a_state_is_a_sample_at_the_time_of_its_frame_and_a_sum_is_not_counted_twice(push: Push) -> None:
    push(LIVE)
    assert samples() == [("logic:8", AT, 5)]
    assert not FootfallInterval.objects.exists()


def test_names_in_the_events_are_enough(push: Push) -> None:
    push(
        live(
            event(counter_name="balance", logic_name="Promo table", counter_value=3),
            event(counter_name="queue-length", logic_name="Checkout 1", counter_value=6),
            event(counter_name="fw", logic_name="Main entrance", counter_value=319),
        )
    )
    assert samples() == [("logic:8", AT, 3)]
    assert list(QueueSample.objects.values_list("observed_at", "people")) == [(AT, 6)]


def test_ids_that_the_configuration_explains_are_enough(push: Push) -> None:
    config = LIVE["live_data"]["config"]
    push(live(event(counter_id=415, counter_value=2), event(counter_id=1001, counter_value=7), config=config))
    assert samples() == [("logic:8", AT, 2)]


def test_of_several_changes_in_one_frame_the_last_stands(push: Push) -> None:
    named = {"counter_name": "balance", "logic_name": "Promo table"}
    push(live(event(**named, counter_value=9), event(**named, counter_value=4)))
    assert samples() == [("logic:8", AT, 4)]


def test_a_logic_of_which_there_are_two_is_not_guessed(push: Push, sensor: Controller) -> None:
    chain.zone(sensor, "logic:80", name="Promo table")
    push(live(event(counter_name="balance", logic_name="Promo table", counter_value=3)))
    assert samples() == []
    assert "more than one" in Quarantine.objects.get().reason


def test_a_push_without_any_state_leaves_nothing(push: Push) -> None:
    quiet = deepcopy(LIVE)
    for frame in quiet["live_data"]["frames"]:
        frame.pop("events", None)
    push(quiet)
    assert not Event.objects.exists()
    assert not Quarantine.objects.exists()


def test_nothing_of_a_person_is_stored_when_it_lands(push: Push, sensor: Controller) -> None:
    pushed = pushes.read(_json(LIVE), NOON)
    assert pushed.pieces
    assert not personal(b"".join(piece.body for piece in pushed.pieces))


@pytest.mark.parametrize(
    ("spoil", "pointer"),
    [
        (lambda frame: frame.update(time=frame["tracked_objects"]), "/live_data/frames/0/time"),
        (lambda frame: frame.update(events=frame["tracked_objects"][0]), "/live_data/frames/0/events"),
        (
            lambda frame: frame["events"][2].update(attributes=frame["tracked_objects"][0]["position"]),
            "/live_data/frames/0/events/2/attributes",
        ),
        (
            lambda frame: frame["events"][2]["attributes"].update(counter_value=frame["tracked_objects"]),
            "/live_data/frames/0/events/2/attributes/counter_value",
        ),
        (lambda frame: frame["events"].append(frame["tracked_objects"][0]["position"]), "/live_data/frames/0/events/3"),
    ],
)
def test_nothing_of_a_person_is_kept_where_something_cannot_be_read(push: Push, spoil: Any, pointer: str) -> None:
    spoilt = deepcopy(LIVE)
    spoil(spoilt["live_data"]["frames"][0])
    push(spoilt)
    assert Quarantine.objects.get().pointer == pointer
    assert not personal(all_that_is_stored())


def test_nothing_of_a_person_is_kept_where_it_does_not_belong(push: Push) -> None:
    strange = deepcopy(LIVE)
    person = strange["live_data"]["frames"][0]["tracked_objects"][0]
    strange["live_data"] |= {"sensor_info": {"serial_number": [person], "type": person}, "config": [person], **person}
    push(strange)
    assert Quarantine.objects.count() == 3
    assert not personal(all_that_is_stored())


@pytest.mark.parametrize("cut", [0.6, 0.8, 0.99])
def test_broken_live_data_is_kept_up_to_where_persons_begin(cut: float) -> None:
    body = _json(LIVE)
    kept = pushes.without_persons(body[: int(len(body) * cut)])
    assert kept.startswith(b'{"live_data"')
    assert not personal(kept)


def _json(content: Any) -> bytes:
    import json

    return json.dumps(content).encode()


def personal(stored: bytes) -> list[bytes]:
    return [word for word in PERSONAL if word in stored]


def all_that_is_stored() -> bytes:
    """Every column of every event and fault, as text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(line, ' ') FROM (SELECT event::text || encode(body, 'escape') AS line FROM ingest_event event"
            " UNION ALL SELECT fault::text || encode(body, 'escape') FROM ingest_quarantine fault) AS everything"
        )
        return str(cursor.fetchone()[0]).encode()
