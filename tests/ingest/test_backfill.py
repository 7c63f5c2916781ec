"""Backfills: any window fetched again in steps of seven days at most, each taken once, each done or failed with a reason."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from ingest import backfilling
from ingest.crew import Round
from ingest.models import Backfill, BackfillStep, FootfallInterval, Stream
from sites_app.models import Controller
from tests import chain
from tests.fleet import Fleet, Site
from tests.ingest.conftest import Scripted
from tests.ingest.test_healing import assert_true
from tests.ingest.turns import NOW, ask

pytestmark = pytest.mark.django_db
Kind, State = Stream.Kind, BackfillStep.State
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
START = datetime(2026, 5, 4, tzinfo=UTC)
END = START + 9 * DAY


@pytest.fixture
def site(fleet: Fleet) -> Site:
    fleet.stop_clock(NOW)
    return fleet.site("S002")


@pytest.fixture
def controller(site: Site) -> Controller:
    return chain.registered(site)


def plan(*controllers: Controller, start: datetime = START, end: datetime = END) -> Backfill:
    return backfilling.plan(controllers, start=start, end=end, now=NOW)


def run(*, now: datetime = NOW) -> int:
    """Take all steps that are due at this instant; how many."""
    taken = 0
    while batch := backfilling.run_batch(lambda: now):
        taken += batch
    return taken


def states(backfill: Backfill) -> list[tuple[str, str]]:
    return list(backfill.steps.order_by("kind", "start").values_list("kind", "state"))


def test_a_window_is_cut_into_steps_of_one_stream_and_seven_days_at_most(controller: Controller) -> None:
    steps = plan(controller).steps.filter(kind=Kind.FOOTFALL).order_by("start")
    assert [(step.start, step.end) for step in steps] == [(START, START + 7 * DAY), (START + 7 * DAY, END)]
    assert plan(controller).steps.count() == 6


def test_nothing_is_planned_of_the_future_nor_of_paths_that_are_disabled(controller: Controller) -> None:
    Controller.objects.update(path_analytics=False)
    controller.refresh_from_db()
    backfill = plan(controller, start=NOW - DAY, end=NOW + 30 * DAY)
    assert states(backfill) == [(Kind.DWELL, State.WAITING), (Kind.FOOTFALL, State.WAITING)]
    assert set(backfill.steps.values_list("end", flat=True)) == {NOW}
    assert plan(controller, start=NOW + DAY, end=NOW + 2 * DAY).steps.count() == 0
    with pytest.raises(ValidationError, match="start must lie before end"):
        plan(controller, start=END, end=START)


def test_a_backfill_brings_the_truth_and_leaves_the_streams_where_they_are(
    fleet: Fleet, site: Site, controller: Controller
) -> None:
    ask([controller], Kind.DISCOVERY, Kind.FOOTFALL)
    cursors = list(Stream.objects.order_by("pk").values_list("cursor", flat=True))
    backfill = plan(controller)
    assert run() == 6
    assert backfilling.progress(backfill.pk) == backfilling.Progress(total=6, done=6, failed=0)
    assert backfilling.progress(backfill.pk).finished
    assert_true(fleet, site.store, START, END)
    assert list(Stream.objects.order_by("pk").values_list("cursor", flat=True)) == cursors


def test_a_controller_that_was_never_asked_before_is_discovered_on_the_way(
    fleet: Fleet, site: Site, controller: Controller
) -> None:
    plan(controller)
    run()
    assert dict(controller.zones.values_list("zone_id", "kind")) == site.kinds
    assert_true(fleet, site.store, START, END)


def test_the_same_window_again_replaces_what_differs(controller: Controller) -> None:
    plan(controller)
    run()
    row = FootfallInterval.objects.order_by("pk")[0]
    FootfallInterval.objects.filter(pk=row.pk).update(count_in=row.count_in + 1000, received_at=NOW - DAY)
    plan(controller)
    run(now=NOW + MINUTE)
    assert FootfallInterval.objects.get(pk=row.pk).count_in == row.count_in


def test_a_step_that_fails_is_tried_again_later_and_at_last_given_up(
    fleet: Fleet, site: Site, controller: Controller
) -> None:
    backfill = plan(controller, end=START + DAY)
    fleet.fault(site, status=503)
    now = NOW
    for attempt in range(1, backfilling.MAX_ATTEMPTS + 1):
        assert run(now=now) == 3, attempt
        assert run(now=now) == 0
        now += timedelta(minutes=15)
    assert set(states(backfill)) == {(kind, State.FAILED) for kind in backfilling.KINDS}
    assert all("503" in error for error in backfill.steps.values_list("error", flat=True))
    assert backfilling.progress(backfill.pk).finished


def test_a_step_that_failed_once_is_done_when_the_controller_is_back(
    fleet: Fleet, site: Site, controller: Controller
) -> None:
    backfill = plan(controller, end=START + DAY)
    fleet.fault(site, status=503)
    run()
    fleet.fault(site)
    run(now=NOW + MINUTE)
    assert set(backfill.steps.values_list("state", "error")) == {(State.DONE, "")}
    assert_true(fleet, site.store, START, START + DAY)


def test_a_rejected_key_fails_at_once(fleet: Fleet, site: Site, controller: Controller) -> None:
    backfill = plan(controller, end=START + DAY)
    fleet.fault(site, status=401)
    run()
    assert set(backfill.steps.values_list("state", "attempts")) == {(State.FAILED, 1)}


def test_what_a_controller_does_not_have_is_done(fleet: Fleet) -> None:
    fleet.stop_clock(NOW)
    old, disabled = chain.registered(fleet.site("S007")), chain.registered(fleet.site("S011"))
    backfill = plan(old, disabled, end=START + DAY)
    run()
    assert {state for _, state in states(backfill)} == {State.DONE}


def test_one_controllers_failure_never_touches_anothers(fleet: Fleet, controller: Controller) -> None:
    gone = chain.controller(controller.store, "gone")
    backfill = plan(controller, gone, end=START + DAY)
    run()
    assert set(backfill.steps.values_list("controller", "state")) == {
        (controller.pk, State.DONE),
        (gone.pk, State.WAITING),
    }


def test_a_step_whose_worker_was_killed_is_taken_again(controller: Controller, monkeypatch: pytest.MonkeyPatch) -> None:
    plan(controller, end=START + DAY)

    def die(*arguments: object) -> Round:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(backfilling, "Round", die)
        with pytest.raises(SystemExit):
            run()
    assert run(now=NOW + MINUTE) == 0
    assert run(now=NOW + 5 * MINUTE) == 3


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_time_never_take_the_same_step(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    controller = chain.controller(chain.store(), base_url=scripted.base_url)
    chain.zone(controller, "floor")
    scripted.rows = {"/counts/interval": [], "/analytics/paths": [], "/zones/floor/dwell": []}
    monkeypatch.setattr(backfilling, "BATCH", 3)
    backfill = plan(controller, end=START + 30 * DAY)
    together = threading.Barrier(4)

    def work(_: int) -> int:
        try:
            together.wait(60)
            return run()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(work, range(4))) == backfill.steps.count() == 15
    assert set(backfill.steps.values_list("state", "attempts")) == {(State.DONE, 1)}
    assert len(scripted.server.asked) == len(set(scripted.server.asked)) == 15
