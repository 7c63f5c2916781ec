"""Whatever comes, in whatever order and however often, by polls and by webhooks, understood at once or only later:
the tables are the same in the end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ingest import digest, replaying
from ingest.models import Event, FootfallInterval, OccupancySample, Quarantine, QueueSample, ZoneState
from sites_app.models import Controller, Zone
from tests import chain
from tests.ingest.posting import Door
from tests.ingest.scripted import NOW, Site, entrance, poll, registered, site
from tests.ingest.test_replaying import older_version

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)
LATER = NOW + timedelta(hours=5)


class Delivery(NamedTuple):
    """Something that comes at ``at``: an answer to a poll of ``kind``, or the events of a webhook."""

    at: datetime
    kind: str
    path: str
    rows: list[dict[str, Any]]


def snapshots() -> Iterator[Delivery]:
    for minute in range(3):
        yield Delivery(NOW + minute * MINUTE, "live", "/occupancy/current", [{"zoneId": "a", "current_people": minute}])
        yield Delivery(NOW + minute * MINUTE, "live", "/queue/status", [{"zoneId": "till", "people_waiting": minute}])


def restated_footfall() -> Iterator[Delivery]:
    quarter = {"zoneId": "door", "start": "2026-11-02T10:00:00Z", "end": "2026-11-02T10:15:00Z", "out": 0}
    for minute, count in ((1, 3), (9, 8), (16, 12)):
        rows = [{**quarter, "in": count, "complete": minute > 15}]
        yield Delivery(NOW + minute * MINUTE, "footfall", "/counts/interval", rows)


def events() -> Iterator[Delivery]:
    """Some late, some of the very instant of a poll, and one whose facts a later one of the same instant replaces."""
    for number, (received, ago, people) in enumerate([(0, 2, 11), (1, 1, 4), (2, 9, 12), (3, 3, 7), (4, 4, 5)]):
        at = NOW + received * MINUTE
        body = {"event": "queue.threshold_exceeded", "timestamp": (at - ago * MINUTE).isoformat()}
        rows = [{**body, "eventId": f"E{number}", "data": {"zoneId": "till", "people_waiting": people}}]
        yield Delivery(at, "webhook", "", rows)


DELIVERIES = [*snapshots(), *restated_footfall(), *events()]


class Step(NamedTuple):
    """One delivery (of them all, by its number), whether it's understood, and what else happens about then."""

    delivery: int
    is_understood: bool
    then: str


how = st.tuples(
    st.booleans(), st.sampled_from(["", "", "digest", "digest by older version", "replay", "find the till"])
)
repeated = st.lists(st.tuples(st.integers(0, len(DELIVERIES) - 1), how), max_size=8)
once = st.permutations(range(len(DELIVERIES))).flatmap(
    lambda order: st.tuples(*(st.tuples(st.just(n), how) for n in order))
)


@pytest.fixture
def scripted() -> Iterator[Site]:
    with site() as scripted:
        scripted.refuses("/sensors", 500, "INTERNAL")
        yield scripted


@pytest.fixture
def door() -> Iterator[Door]:
    with Door() as door:
        yield door


@pytest.fixture
def controller(scripted: Site) -> Controller:
    controller = registered(scripted, "a")
    entrance(controller, "door")
    return controller


# Each example takes most of a second: one that fails is shown as it is, not looked for a smaller one.
@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(once=once, repeated=repeated)
def test_every_way_of_coming_leaves_the_same_tables(
    scripted: Site, door: Door, controller: Controller, once: Any, repeated: Any
) -> None:
    wanted = reference(scripted, door, controller)
    clear()
    for number, (is_understood, then) in [*once, *repeated]:
        deliver(scripted, door, controller, Step(number, is_understood, then))
    find_the_till(controller)
    for _ in range(2):
        settle()
    assert tables() == wanted
    assert not Quarantine.objects.filter(replayed_at=None).exists()


def reference(scripted: Site, door: Door, controller: Controller) -> Any:
    """The tables when all comes once, in order, and is understood at once."""
    clear()
    find_the_till(controller)
    for number in sorted(range(len(DELIVERIES)), key=lambda number: DELIVERIES[number].at):
        deliver(scripted, door, controller, Step(number, True, "digest"))
    return tables()


def deliver(scripted: Site, door: Door, controller: Controller, step: Step) -> None:
    given_ = DELIVERIES[step.delivery]
    rows = given_.rows if step.is_understood else [{**row, "new": 1} for row in given_.rows]
    with nullcontext() if step.is_understood else older_version():
        if given_.kind == "webhook":
            door.post(controller, json.dumps({"events": rows}).encode(), at=given_.at)
        else:
            scripted.says("/occupancy/current", [], at=given_.at)
            scripted.says("/queue/status", [], at=given_.at)
            scripted.says(given_.path, rows, at=given_.at)
            poll(controller, given_.kind, now=given_.at)
    _THEN[step.then](controller)


def digest_all(controller: Controller) -> None:
    while digest.digest_batch(now=LATER):
        pass


def digest_by_older_version(controller: Controller) -> None:
    with older_version():
        digest_all(controller)


def replay_all(controller: Controller) -> None:
    replaying.replay(Quarantine.objects.all(), now=LATER)


def find_the_till(controller: Controller) -> None:
    if not Zone.objects.filter(zone_id="till").exists():
        chain.zone(controller, "till", "queue")


_THEN: dict[str, Callable[[Controller], None]] = {
    "": lambda _: None,
    "digest": digest_all,
    "digest by older version": digest_by_older_version,
    "replay": replay_all,
    "find the till": find_the_till,
}


def settle() -> None:
    """What the workers do by themselves, and a person after the upgrade."""
    replaying.replay_found(now=LATER)
    replaying.replay(Quarantine.objects.all(), now=LATER)
    while digest.digest_batch(now=LATER):
        pass


def tables() -> Any:
    """All facts, with when they came, the live state, and the events."""
    zones = dict(Zone.objects.values_list("pk", "zone_id"))

    def rows(model: Any, *without: str) -> list[dict[str, Any]]:
        values = [
            {name: zones.get(value, value) if name == "zone_id" else value for name, value in row.items()}
            for row in model.objects.values()
        ]
        return sorted(({k: v for k, v in row.items() if k not in without} for row in values), key=repr)

    return (
        rows(OccupancySample),
        rows(QueueSample),
        rows(FootfallInterval),
        rows(ZoneState),
        rows(Event, "body", "digested_at"),
    )


def clear() -> None:
    """Hypothesis runs many examples in one test: begin each afresh."""
    tables = "ingest_occupancysample, ingest_queuesample, ingest_footfallinterval, ingest_zonestate, ingest_event, ingest_quarantine, ingest_dirty, ingest_stream"
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables}")
    Zone.objects.filter(zone_id="till").delete()
