"""A round is written as it comes: nobody waits for the slowest, and what hangs is asked again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ingest import crew, kept, polling, rounds
from ingest.asking import Question, Turn
from ingest.models import OccupancySample, Stream
from ingest.xcs.client import XcsClient
from sites_app.models import Controller
from sites_app.secrets import Secret
from tests import chain
from tests.ingest.scripted import NOW, Site, poll, registered, site
from tests.ingest.xcs import controller as http

GOOD, HANGING = 10, 40


@pytest.fixture
def scripted() -> Iterator[Site]:
    with site() as scripted:
        yield scripted


def clock() -> datetime:
    return NOW


@pytest.mark.django_db(transaction=True)
def test_those_that_answer_are_written_while_most_of_a_chunk_hangs(
    scripted: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """40 of 50 don't answer: the other 10 don't wait for a single time-out, not even on a machine that is busy."""
    monkeypatch.setattr(crew, "QUIET_S", 2)
    monkeypatch.setattr(crew, "LONGEST_S", 8)
    monkeypatch.setattr(rounds, "FIRST_S", 8)
    released = threading.Event()

    def answer(handler: http.Handler) -> None:
        if "hangs" in handler.headers["Authorization"]:
            released.wait(20)
        handler.send(200, http.envelope([{"zoneId": "a", "current_people": 3}], NOW.isoformat()))

    scripted.on("/occupancy/current", answer)
    scripted.says("/queue/status", [])
    store = chain.store()
    keys = ["hangs"] * HANGING + ["answers"] * GOOD
    made = [
        chain.controller(store, f"C{number}", base_url=scripted.server.base_url, api_key=f"it-{key}-{number}")
        for number, key in enumerate(keys)
    ]
    for controller in made:
        chain.zone(controller, "a", code=f"a@{controller.name}")
    polling.ensure_streams(now=NOW)
    try:
        follower = rounds.poll({controller.pk: ["live"] for controller in made}, clock)
        assert follower is not None
        assert OccupancySample.objects.count() == GOOD
        assert Controller.objects.filter(state="online").count() == GOOD
    finally:
        released.set()
    follower.join(20)
    assert OccupancySample.objects.count() == len(made)
    assert Controller.objects.filter(state="online").count() == len(made)
    assert not Stream.objects.filter(kind="live", due_at__gt=NOW + timedelta(minutes=1)).exists()


@pytest.mark.django_db(transaction=True)
def test_a_chunk_that_answers_is_written_once_and_at_once(scripted: Site) -> None:
    scripted.says("/occupancy/current", [{"zoneId": "a", "current_people": 3}])
    scripted.says("/queue/status", [])
    controller = registered(scripted, "a")
    polling.ensure_streams(now=NOW)
    assert rounds.poll({controller.pk: ["live"]}, clock) is None
    assert OccupancySample.objects.get().people == 3


@pytest.mark.django_db
def test_a_chunk_that_comes_to_nothing_is_due_again_by_itself(scripted: Site) -> None:
    controller = registered(scripted)
    polling.ensure_streams(now=NOW)
    Stream.objects.exclude(kind="live").delete()
    assert polling.claim_due(now=NOW)[controller.pk].count("live") == 1
    assert "live" not in polling.claim_due(now=NOW + timedelta(minutes=1)).get(controller.pk, [])
    assert "live" in polling.claim_due(now=NOW + polling.LEASE + timedelta(seconds=1))[controller.pk]


def test_a_fault_of_ours_with_one_controller_is_not_the_others(scripted: Site) -> None:
    scripted.says("/occupancy/current", [])
    scripted.says("/queue/status", [])

    def turn(number: int, kind: str) -> Turn:
        controller = Controller(id=f"00000000-0000-4000-8000-{number:012}")
        return Turn(
            controller.pk, 1, scripted.server.base_url, Secret.of("key"), True, frozenset(), (Question("live"),), kind
        )  # fmt: skip

    taken = crew.Round([turn(1, "no such kind"), turn(2, "xcs")], clock).all()
    assert [outcome.turn.kind for outcome in taken] == ["xcs"]


def test_turns_beyond_what_hangs_wait_for_room() -> None:
    small = crew.Crew(2)
    small._under_way = 2
    begun = threading.Event()

    def wait() -> None:
        small.wait_for_room(1)
        begun.set()

    threading.Thread(target=wait, daemon=True).start()
    assert not begun.wait(0.05)
    with small._changed:
        small._under_way = 1
        small._changed.notify_all()
    assert begun.wait(5)


def test_a_connection_is_kept_until_something_about_the_controller_changes(
    scripted: Site, request: pytest.FixtureRequest
) -> None:
    scripted.says("/sensors", [])
    clients, identity = kept.KeptClients(2), Controller().pk
    request.addfinalizer(clients.close)

    def ask(key: str = "key") -> XcsClient:
        with clients.lend(
            identity, (scripted.server.base_url, key, True), lambda: datetime.now(UTC), XcsClient
        ) as client:
            client.sensors()
        return client

    first = ask()
    assert ask() is first
    assert len(scripted.server.connections) == 1
    assert ask("another-key") is not first
    assert scripted.server.headers["Authorization"] == "Apikey another-key"
    assert len(scripted.server.connections) == 2


def test_no_more_connections_are_kept_than_there_is_room_for(scripted: Site) -> None:
    scripted.says("/sensors", [])
    clients = kept.KeptClients(2)
    identities = [Controller().pk for _ in range(3)]
    for identity in [*identities, identities[2], identities[0]]:
        with clients.lend(identity, (scripted.server.base_url, "key", True), clock, XcsClient) as client:
            client.sensors()
    clients.close()
    assert len(scripted.server.connections) == 4  # the first one's was given up for the third, and opened anew


@pytest.mark.django_db
def test_turns_of_a_fleet_are_spread_over_the_minute_and_share_its_live_turns() -> None:
    store = chain.store()
    made = [chain.controller(store, f"C{number}") for number in range(240)]
    live = {controller.pk: Stream(controller=controller, kind="live").next_due(NOW) for controller in made}
    seconds = sorted((at - NOW).total_seconds() for at in live.values())
    assert [sum(at < part * 15 for at in seconds) for part in (1, 2, 3, 4)] == pytest.approx(
        [60, 120, 180, 240], abs=35
    )
    footfall = [Stream(controller=controller, kind="footfall").next_due(NOW) for controller in made]
    minutes = [int((at - NOW).total_seconds() // 60) for at in footfall]
    assert all(20 < minutes.count(minute) < 80 for minute in range(5))
    for controller, at in zip(made, footfall, strict=True):
        assert (at - live[controller.pk]).total_seconds() % 60 == pytest.approx(0, abs=1e-3)


@pytest.mark.django_db
def test_a_poll_is_two_requests_over_one_connection(scripted: Site) -> None:
    scripted.says("/occupancy/current", [{"zoneId": "a", "current_people": 3}])
    scripted.says("/queue/status", [])
    controller = registered(scripted, "a")
    poll(controller, "live")
    poll(controller, "live", now=NOW + timedelta(minutes=1))
    assert scripted.asked == ["/occupancy/current", "/queue/status"] * 2
    assert len(scripted.server.connections) == 1


@pytest.mark.django_db
def test_the_past_of_many_new_controllers_does_not_keep_the_present_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "BEHIND_LIMIT", 7)
    store = chain.store()
    made = {chain.controller(store, f"C{number}").pk for number in range(60)}
    first, second, behind = polling.due_chunks(now=NOW)
    assert first.keys() | second.keys() == made
    assert all(set(kinds) == {"live", "discovery"} for kinds in (first | second).values())
    assert sum(map(len, behind.values())) == 7
    assert {kind for kinds in behind.values() for kind in kinds} <= {"footfall", "dwell", "paths"}
    (more,) = polling.due_chunks(now=NOW)
    assert sum(map(len, more.values())) == 7


@pytest.mark.django_db
def test_what_is_not_behind_is_asked_for_together() -> None:
    controller = chain.controller(chain.store())
    polling.ensure_streams(now=NOW)
    Stream.objects.update(cursor=NOW - timedelta(hours=2))
    assert polling.due_chunks(now=NOW)[0].keys() == {controller.pk}
    assert set(Stream.objects.values_list("due_at", flat=True)) == {NOW + polling.LEASE}
