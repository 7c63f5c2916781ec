"""``/metrics``: what is late, failing or waiting, how much is known, and what processes have done."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from ingest import facts, polling
from ingest.models import Dirty, Event, Stream
from sites_app.models import Controller
from tests import chain, told
from xovis_platform.celery import HEARTBEAT_KEY, QUEUES
from xovis_platform.metrics import asked, counted

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
DOCS = Path(__file__).parents[2] / "docs" / "seeing.md"


@pytest.fixture
def broker() -> Any:
    """The broker, with nothing waiting in it."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.delete(*QUEUES, HEARTBEAT_KEY)
        yield client
        client.delete(*QUEUES, HEARTBEAT_KEY)


def measured(**labels: str) -> dict[str, float]:
    """What is exposed under just these labels, by name."""
    response = Client().get("/metrics")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain")
    families = text_string_to_metric_families(response.content.decode())
    return {sample.name: sample.value for family in families for sample in family.samples if sample.labels == labels}


def test_an_idle_platform_is_late_with_nothing_and_knows_of_no_figure(broker: redis.Redis) -> None:
    broker.delete(*QUEUES)
    without_labels = {gauge.name for gauge in asked.ALL if not gauge.labels}
    told = {name: value for name, value in measured().items() if name in without_labels}
    # How much is known of nothing, and how old a heartbeat is that never was, isn't 0.
    assert told == dict.fromkeys(without_labels - {"xovis_live_coverage_ratio", "xovis_heartbeat_age_seconds"}, 0)


def test_what_is_late_failing_or_dirty_is_measured() -> None:
    controller = chain.controller(chain.store("S1"))
    polling.ensure_streams(now=NOW - timedelta(minutes=10))
    Stream.objects.filter(kind=Stream.Kind.LIVE).update(consecutive_failures=3)
    row = facts.FootfallRow(
        controller.store_id, chain.zone(controller, "door", "entrance").pk, NOW, NOW, NOW, True, 1, 1
    )
    facts.write(facts.Facts(footfall=[row]))
    told = measured()
    assert told["xovis_stream_lateness_seconds"] >= 600
    assert told["xovis_streams_behind"] == 3
    assert (told["xovis_streams_failing"], told["xovis_dirty_quarters"]) == (1, Dirty.objects.count())
    assert Dirty.objects.count() == 1


def test_what_is_behind_is_not_late() -> None:
    chain.controller(chain.store("S1"))
    polling.ensure_streams(now=NOW - timedelta(minutes=10))
    Stream.objects.filter(kind__in=["live", "discovery"]).update(due_at=NOW + timedelta(hours=1))
    assert measured()["xovis_stream_lateness_seconds"] == 0
    Stream.objects.filter(kind="footfall").update(cursor=NOW - timedelta(minutes=20))
    assert measured()["xovis_stream_lateness_seconds"] >= 600


def test_streams_of_a_controller_that_is_not_to_be_asked_are_not_late() -> None:
    chain.controller(chain.store("S1"), enabled=False)
    polling.ensure_streams(now=NOW - timedelta(minutes=10))
    assert measured()["xovis_stream_lateness_seconds"] == 0


def test_streams_that_stopped_are_not_late() -> None:
    chain.controller(chain.store("S1"))
    polling.ensure_streams(now=NOW - timedelta(minutes=10))
    Stream.objects.update(stopped=True)
    assert measured()["xovis_stream_lateness_seconds"] == 0


def test_how_long_events_and_marks_have_waited_is_measured() -> None:
    controller, now = chain.controller(chain.store("S1")), datetime.now(UTC)
    for minutes in (3, 12):
        Event.objects.create(
            store=controller.store,
            controller=controller,
            event_id=str(minutes),
            event="occupancy.changed",
            observed_at=now,
            received_at=now - timedelta(minutes=minutes),
            body=b"{}",
        )
        quarter = now.replace(minute=0, second=0, microsecond=0)
        Dirty.objects.create(
            store=controller.store, measure="footfall", quarter=quarter, marked_at=now - timedelta(minutes=15 - minutes)
        )
    told = measured()
    assert told["xovis_events_undigested"] == 2
    assert 700 <= told["xovis_ingest_lag_seconds"] < 800
    assert 700 <= told["xovis_rollup_lag_seconds"] < 800


def test_how_much_of_the_live_figures_is_known_is_measured() -> None:
    controller = chain.controller(chain.store("S1"), poll_interval_s=60)
    for name, seconds in (("a", 10), ("b", 170), ("c", 190), ("d", 86_400)):
        told.people_in(chain.zone(controller, name), 5, at=datetime.now(UTC) - timedelta(seconds=seconds))
    assert measured()["xovis_live_coverage_ratio"] == 0.5


def test_controllers_are_counted_by_state_and_those_switched_off_are_not() -> None:
    store = chain.store("S1")
    for number, state in enumerate(("online", "online", "offline")):
        controller = chain.controller(store, name=f"c{number}")
        Controller.objects.filter(pk=controller.pk).update(state=state)
    Controller.objects.filter(pk=chain.controller(store, name="off").pk).update(state="offline", enabled=False)
    assert measured(state="online")["xovis_controllers"] == 2
    assert measured(state="offline")["xovis_controllers"] == 1


def test_tasks_that_wait_in_the_broker_are_counted_by_queue(broker: redis.Redis) -> None:
    broker.lpush("rollup", "{}", "{}")
    assert measured(queue="rollup")["xovis_queue_depth"] == 2
    assert measured(queue="poll")["xovis_queue_depth"] == 0


def test_a_request_is_timed_by_its_route_which_holds_no_code_of_a_store() -> None:
    labels = {"route": "live-occupancy", "method": "GET", "status": "401"}
    before = measured(**labels).get("xovis_request_seconds_count", 0)
    Client().get("/api/v1/live/occupancy?store=S1")
    assert measured(**labels)["xovis_request_seconds_count"] == before + 1


def test_addresses_and_methods_that_somebody_made_up_have_one_name() -> None:
    for number in range(3):
        Client().generic(f"INVENTED{number}", f"/no/such/page/{number}")
    told = Client().get("/metrics").content.decode()
    assert "invented" not in told.lower()
    assert 'route="unknown"' in told


def test_the_docs_name_every_metric_with_its_labels_and_no_other() -> None:
    documented = {
        name: tuple(re.findall(r"`(\w+)`", labels))
        for name, labels in re.findall(r"^\| `(xovis_\w+)` \|([^|]*)\|", DOCS.read_text(), re.MULTILINE)
    }
    exposed = {gauge.name: gauge.labels for gauge in asked.ALL}
    for metric in counted.ALL:
        (family,) = metric.describe()
        exposed[family.name + ("_total" if family.type == "counter" else "")] = metric._labelnames
    assert documented == exposed
