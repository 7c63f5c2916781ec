"""From beat to the tables: what the schedule names is there, and each task, once sent, does its part."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ingest import backfilling, crew, rounds, tasks
from ingest.models import DwellInterval, Event, FootfallInterval, OccupancySample, Stream
from sites_app.models import Controller
from tests import chain
from tests.fleet import Fleet
from xovis_platform.celery import QUEUES, app

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is sent is done at once, by the way of its message, and slow controllers are waited for."""
    monkeypatch.setattr(rounds, "FIRST_S", 60)
    monkeypatch.setattr(crew, "QUIET_S", 60)
    monkeypatch.setattr(crew, "LONGEST_S", 60)
    app.conf.update(task_always_eager=True, task_eager_propagates=True)
    yield
    app.conf.update(task_always_eager=False, task_eager_propagates=False)


def test_the_schedule_names_tasks_that_there_are_and_lets_missed_ticks_go() -> None:
    app.loader.import_default_modules()
    for name, entry in app.conf.beat_schedule.items():
        assert entry["task"] in app.tasks, name
        assert entry["options"]["expires"] >= entry["schedule"].seconds, name
        assert app.amqp.router.route({}, entry["task"])["queue"].name in QUEUES, name


def test_a_tick_of_the_dispatcher_ends_in_facts(fleet: Fleet, at_once: None) -> None:
    for store in ("S002", "S011"):
        chain.registered(fleet.site(store))
    tasks.dispatch_polls.delay()
    assert set(OccupancySample.objects.values_list("store__code", flat=True)) == {"S002", "S011"}
    assert FootfallInterval.objects.exists()
    assert set(Controller.objects.values_list("state", flat=True)) == {"online"}
    before = OccupancySample.objects.count()
    Stream.objects.update(due_at=datetime.now(UTC) + timedelta(hours=1))
    tasks.dispatch_polls.delay()
    assert OccupancySample.objects.count() == before


def test_a_controller_that_was_deleted_while_its_turn_waited_is_no_trouble(at_once: None) -> None:
    controller = chain.controller(chain.store())
    wanted = {str(controller.pk): ["live"]}
    controller.delete()
    tasks.poll_controllers.delay(wanted=wanted)


def test_events_and_backfills_are_worked_off(fleet: Fleet, at_once: None) -> None:
    controller = chain.registered(fleet.site("S002"))
    now = datetime.now(UTC)
    key = {"store": controller.store, "controller": controller, "observed_at": now, "received_at": now}
    Event.objects.create(**key, event_id="E1", event="door.opened", body=b"{}")
    tasks.digest_events.delay()
    assert not Event.objects.filter(digested_at=None).exists()
    start = datetime(2026, 6, 1, tzinfo=UTC)
    backfill = backfilling.plan([controller], start=start, end=start + timedelta(days=1), now=now)
    tasks.run_backfills.delay()
    assert backfilling.progress(backfill.pk) == backfilling.Progress(total=3, done=3, failed=0)
    assert DwellInterval.objects.exists()


def test_partitions_are_kept_in_order(at_once: None) -> None:
    tasks.maintain_partitions.delay()
