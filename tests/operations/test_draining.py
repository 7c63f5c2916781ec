"""SIGTERM lets a process end what it has begun: no task is lost or done twice, no post stays without its answer."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
import requests
from celery import Celery
from django.db import connection

from ingest.models import Event
from sites_app.models import Controller
from tests import chain
from tests.operations import holding
from tests.operations.conftest import url_of
from tests.stack.running import ROOT, wait_for
from xovis_platform.database import conninfo
from xovis_platform.stack import plan
from xovis_platform.stack.ports import free_ports
from xovis_platform.stack.processes import Program

GRACE_S = 60
"""What docker-compose.yml gives each process."""

WORK = next(program for program in plan.workers({}) if program.name == "work")


def send(client: redis.Redis, count: int) -> None:
    """Put so many tasks into the queue, as anything of the platform would."""
    with Celery(broker=url_of(client), set_as_current=False) as app:
        app.conf.task_serializer = "json"
        for number in range(count):
            app.send_task(holding.NAME, [number], queue="default")


@contextmanager
def running(program: Program, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """A program as the supervisor runs it, asked to end by nobody but the test."""
    environment = {**os.environ, **variables}
    with subprocess.Popen(
        program.command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def worker(client: redis.Redis) -> Iterator[subprocess.Popen[str]]:
    taught = Program(WORK.name, [*WORK.command, "-I", "tests.operations.holding"])
    with running(taught, XOVIS_REDIS_URL=url_of(client)) as process:
        yield process


def read_until(process: subprocess.Popen[str], words: str) -> None:
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        if words in line:
            return
    raise AssertionError("".join(seen))


def test_a_worker_ends_what_it_has_begun_and_leaves_the_rest_to_the_next(broker: redis.Redis) -> None:
    send(broker, 5)
    with worker(broker) as first:
        wait_for("both of its processes have a task", lambda: broker.llen(holding.STARTED) == 2)
        first.terminate()
        read_until(first, "Warm shutdown")
        assert first.poll() is None
        broker.rpush(holding.GO, "", "")
        assert first.wait(GRACE_S) == 0
    assert broker.lrange(holding.ENDED, 0, -1) != []
    assert sorted(broker.lrange(holding.ENDED, 0, -1)) == sorted(broker.lrange(holding.STARTED, 0, -1))
    assert broker.llen(holding.ENDED) == 2
    broker.rpush(holding.GO, "", "", "")
    with worker(broker):
        wait_for("the next has done the rest", lambda: broker.llen(holding.ENDED) == 5)
    assert sorted(broker.lrange(holding.ENDED, 0, -1)) == list("01234")


@pytest.mark.django_db(transaction=True)
def test_a_post_that_is_being_written_is_answered_before_the_server_ends() -> None:
    controller = chain.controller(chain.store())
    port = free_ports()
    url = f"http://127.0.0.1:{port}"
    own = urlsplit(os.environ["XOVIS_DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    answers: list[requests.Response] = []
    with running(plan.web({}, port=port), XOVIS_DATABASE_URL=own) as server, psycopg.connect(conninfo()) as other:
        wait_for("the server answers", lambda: answers_at(url))
        assert post(url, controller, "E1").status_code == 202
        other.execute("LOCK TABLE ingest_event IN EXCLUSIVE MODE")
        sender = threading.Thread(target=lambda: answers.append(post(url, controller, "E2")))
        sender.start()
        wait_for("it's being written", is_held_up)
        server.terminate()
        wait_for("no more is taken", lambda: not answers_at(url))
        assert server.poll() is None
        other.rollback()
        sender.join(20)
        assert server.wait(GRACE_S) == 0
    assert [answer.status_code for answer in answers] == [202]
    assert sorted(Event.objects.values_list("event_id", flat=True)) == ["E1", "E2"]


def is_held_up() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'ingest_event'::regclass")
        return bool(cursor.fetchone()[0])


def answers_at(url: str) -> bool:
    try:
        return bool(requests.get(f"{url}/healthz", timeout=1).ok)
    except requests.RequestException:
        return False


def post(url: str, controller: Controller, event_id: str) -> requests.Response:
    event: dict[str, Any] = {"eventId": event_id, "event": "sensor.online", "data": {"sensorId": "S"}}
    event["timestamp"] = datetime.now(UTC).isoformat()
    headers = {"Authorization": "Apikey hook-key"}
    return requests.post(f"{url}/ingest/xcs/{controller.pk}", json=event, headers=headers, timeout=30)
