"""Polling: whose turn it is, that nobody takes it twice, and that one controller's trouble is nobody else's."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ingest import polling, tasks
from ingest.models import DwellInterval, FootfallInterval, OccupancySample, PathInterval, QueueSample, Stream, ZoneState
from ingest.xcs.client import XcsClient
from sites_app.models import Controller
from tests import chain
from tests.fleet import Fleet
from tests.ingest.turns import NOW, ask, poll

pytestmark = pytest.mark.django_db
KINDS = set(Stream.Kind.values)
SECOND = timedelta(seconds=1)


def controllers(count: int) -> list[Controller]:
    """Controllers that nothing listens behind, with ids that are the same in each run."""
    store = chain.store()
    return [chain.controller(store, f"C{n}", id=uuid.uuid5(uuid.NAMESPACE_OID, str(n))) for n in range(count)]


def due_at(controller: Controller, kind: str = Stream.Kind.LIVE) -> datetime:
    return Stream.objects.get(controller=controller, kind=kind).due_at


def test_a_new_controllers_streams_are_due_at_once_and_claimed_for_one_alone() -> None:
    [controller] = controllers(1)
    claimed = polling.claim_due(now=NOW)
    assert {key: set(kinds) for key, kinds in claimed.items()} == {controller.pk: KINDS}
    assert polling.claim_due(now=NOW) == {}


@pytest.mark.django_db(transaction=True)
def test_claimers_at_the_same_time_never_get_the_same() -> None:
    wanted = {(controller.pk, kind) for controller in controllers(40) for kind in KINDS}
    together = threading.Barrier(6)

    def claim(_: int) -> list[tuple[UUID, str]]:
        together.wait(60)
        mine: list[tuple[UUID, str]] = []
        try:
            while claimed := polling.claim_due(now=NOW, limit=7):
                mine += [(controller_id, kind) for controller_id, kinds in claimed.items() for kind in kinds]
        finally:
            connection.close()
        return mine

    with ThreadPoolExecutor(6) as threads:
        claims = Counter(claim for mine in threads.map(claim, range(6)) for claim in mine)
    assert set(claims) == wanted
    assert set(claims.values()) == {1}


def test_a_claim_that_comes_to_nothing_is_due_again_when_its_lease_has_run_out() -> None:
    [controller] = controllers(1)
    polling.claim_due(now=NOW)
    assert polling.claim_due(now=NOW + polling.LEASE - SECOND) == {}
    assert set(polling.claim_due(now=NOW + polling.LEASE)[controller.pk]) == KINDS


def test_disabled_controllers_are_not_asked() -> None:
    chain.controller(chain.store(), enabled=False)
    assert polling.claim_due(now=NOW) == {}


def test_each_kind_of_controller_is_asked_for_what_it_has() -> None:
    sensor = chain.controller(chain.store(), kind=Controller.Kind.XOVIS)
    assert {kind: sorted(kinds) for kind, kinds in polling.claim_due(now=NOW).items()} == {
        sensor.pk: ["discovery", "footfall", "live"]
    }


def test_turns_are_spread_evenly_over_the_interval() -> None:
    streams = [Stream(controller=controller, kind=Stream.Kind.LIVE) for controller in controllers(600)]
    seconds = [(stream.next_due(NOW) - NOW).total_seconds() for stream in streams]
    assert min(seconds) > 0
    assert max(seconds) <= 60
    load = Counter(int(second // 10) for second in seconds)
    assert all(70 <= load[tenth] <= 130 for tenth in range(6)), load


@pytest.mark.parametrize(
    ("kind", "cadence"),
    [
        (Stream.Kind.LIVE, timedelta(seconds=20)),
        (Stream.Kind.FOOTFALL, timedelta(minutes=5)),
        (Stream.Kind.DWELL, timedelta(hours=1)),
        (Stream.Kind.PATHS, timedelta(hours=1)),
        (Stream.Kind.DISCOVERY, timedelta(minutes=10)),
    ],
)
def test_each_stream_has_its_own_cadence_and_keeps_to_it_when_a_turn_is_late(kind: str, cadence: timedelta) -> None:
    stream = Stream(controller=chain.controller(chain.store(), poll_interval_s=20), kind=kind)
    first = stream.next_due(NOW)
    assert stream.next_due(first) - first == cadence
    assert stream.next_due(first + 0.9 * cadence) - first == cadence


def test_a_turn_brings_all_that_the_controller_knows_and_sets_the_next(fleet: Fleet) -> None:
    fleet.stop_clock(NOW)
    site = fleet.site("S001")
    controller = chain.registered(site)
    [tally] = poll()
    assert (tally.controllers, tally.failures, tally.faults) == (1, 0, 0)
    people = fleet.people(site, NOW)
    observed = OccupancySample.objects.filter(observed_at=NOW).values_list("zone__zone_id", "people")
    waiting = QueueSample.objects.filter(observed_at=NOW).values_list("zone__zone_id", "people")
    assert dict(observed) | dict(waiting) == people
    states = {state.zone.zone_id: state for state in ZoneState.objects.select_related("zone")}
    assert {
        zone_id: (state.people_waiting if state.people is None else state.people) for zone_id, state in states.items()
    } == people
    assert all(model.objects.exists() for model in (FootfallInterval, DwellInterval, PathInterval))
    controller.refresh_from_db()
    assert (controller.state, controller.last_success_at, controller.path_analytics) == ("online", NOW, True)
    assert NOW < due_at(controller) <= NOW + timedelta(seconds=60)


def test_the_same_answer_again_changes_nothing(fleet: Fleet) -> None:
    fleet.stop_clock(NOW)
    controller = chain.registered(fleet.site("S002"))
    poll()
    rows = list(OccupancySample.objects.order_by("pk").values()), list(ZoneState.objects.order_by("pk").values())
    Stream.objects.filter(controller=controller).update(due_at=NOW)
    poll()
    assert (
        list(OccupancySample.objects.order_by("pk").values()),
        list(ZoneState.objects.order_by("pk").values()),
    ) == rows


def test_many_controllers_are_written_in_as_many_statements_as_one(fleet: Fleet) -> None:
    fleet.stop_clock(NOW)
    controllers = [chain.registered(fleet.site(f"S{n:03}")) for n in range(1, 9)]
    ask(controllers, Stream.Kind.DISCOVERY, Stream.Kind.LIVE)  # finds zones, makes partitions

    def statements(asked: list[Controller], seconds: int) -> int:
        now = NOW + timedelta(seconds=seconds)
        fleet.stop_clock(now)
        with CaptureQueriesContext(connection) as captured:
            tally = ask(asked, Stream.Kind.LIVE, now=now)
        assert (tally.controllers, tally.failures) == (len(asked), 0)
        assert OccupancySample.objects.filter(observed_at=now).values("store").distinct().count() == len(asked)
        return len(captured)

    assert statements(controllers, 60) == statements(controllers[:1], 120)


def test_one_controllers_failure_never_touches_anothers(fleet: Fleet) -> None:
    fleet.stop_clock(NOW)
    broken, sound = chain.registered(fleet.site("S001")), chain.registered(fleet.site("S002"))
    garbled, gone = chain.registered(fleet.site("S004")), chain.registered(fleet.site("S005"))
    fleet.fault(fleet.site("S001"), status=500)
    fleet.fault(fleet.site("S004"), html=True)
    Controller.objects.filter(pk=gone.pk).update(base_url="http://127.0.0.1:9/api/v1")
    assert [tally.failures for tally in poll()] == [3]
    states = dict(Controller.objects.values_list("pk", "state"))
    assert states == {broken.pk: "degraded", garbled.pk: "degraded", gone.pk: "degraded", sound.pk: "online"}
    samples = OccupancySample.objects.values_list("store__code", flat=True).distinct()
    assert list(samples) == ["S002"]
    assert not Stream.objects.filter(controller=sound, consecutive_failures__gt=0).exists()


def test_a_key_that_cant_be_decrypted_is_its_own_controllers_trouble(fleet: Fleet, settings: Any) -> None:
    fleet.stop_clock(NOW)
    keys, lost = settings.ENCRYPTION_KEYS, Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [lost]
    unreadable = chain.registered(fleet.site("S001"))
    settings.ENCRYPTION_KEYS = keys
    chain.registered(fleet.site("S002"))
    assert [tally.failures for tally in poll()] == [1]
    unreadable.refresh_from_db()
    assert "XOVIS_ENCRYPTION_KEYS" in unreadable.last_error
    assert list(Controller.objects.filter(state="online").values_list("store__code", flat=True)) == ["S002"]
    settings.ENCRYPTION_KEYS = [*keys, lost]
    poll(now=NOW + timedelta(minutes=15))
    assert not Controller.objects.exclude(state="online").exists()


def test_what_nobody_foresaw_is_its_own_controllers_trouble_as_well(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet.stop_clock(NOW)
    odd = chain.registered(fleet.site("S001"))
    chain.registered(fleet.site("S002"))
    plainly = XcsClient.occupancy

    def occupancy(self: XcsClient) -> Any:
        if odd.base_url.removeprefix("http://").removesuffix("/api/v1") in repr(self):
            raise RuntimeError("what nobody foresaw")
        return plainly(self)

    monkeypatch.setattr(XcsClient, "occupancy", occupancy)
    assert [tally.failures for tally in poll()] == [1]
    assert set(OccupancySample.objects.values_list("store__code", flat=True)) == {"S002"}


def test_the_dispatcher_hands_out_what_it_claimed_in_chunks_that_expire_with_the_claim(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    controllers(polling.CHUNK + 1)
    sent: list[tuple[dict[str, Any], float]] = []
    monkeypatch.setattr(
        tasks.poll_controllers, "apply_async", lambda *, kwargs, expires: sent.append((kwargs["wanted"], expires))
    )
    tasks.dispatch_polls()
    present, behind = [len(wanted) for wanted, _ in sent[:2]], sent[2:]
    assert present == [polling.CHUNK, 1]
    assert sum(len(kinds) for wanted, _ in behind for kinds in wanted.values()) == polling.BEHIND_LIMIT
    assert {expires for _, expires in sent} == {polling.LEASE.total_seconds()}
