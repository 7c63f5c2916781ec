"""Secrets that are planted in a running platform are found nowhere that anybody can look.

Looked through: what all processes log at the finest level, their command lines, every command that the broker is sent (so
also tasks that are long done) and all that it keeps, the whole database, error pages, ``/metrics``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis
import requests

from tests.chaos.fleet import Fleet, running_fleet
from tests.stack.running import Stack, running_stack, wait_for
from xovis_platform.stack import leftovers
from xovis_platform.stack.postgres import binary
from xovis_platform.stack.state import read_secrets, read_stack

STORES = 3
FAULTS: tuple[dict[str, Any], ...] = ({"status": 500}, {"status": 401}, {"html": True}, {"wrong_types": True})


@contextmanager
def overheard(url: str) -> Iterator[list[str]]:
    """Everything that the broker is told meanwhile, by anybody."""
    heard: list[str] = []
    listening = threading.Event()
    with redis.Redis.from_url(url) as client, client.monitor() as monitor:
        # A mark of our own tells when all that came before it has been heard.
        mark = uuid.uuid4().hex

        def hear() -> None:
            for told in monitor.listen():
                listening.set()
                heard.append(told["command"])
                if mark in told["command"]:
                    return

        listener = threading.Thread(target=hear)
        listener.start()
        assert listening.wait(20), "the broker is told nothing"
        try:
            yield heard
        finally:
            with redis.Redis.from_url(url) as other:
                other.echo(mark)
            listener.join(20)


def kept(url: str) -> str:
    """All that the broker keeps, as it dumps it."""
    with redis.Redis.from_url(url) as client:
        return "\n".join(f"{key!r} {client.dump(key)!r}" for key in client.scan_iter(count=1000))


def whole_database(url: str) -> str:
    return subprocess.run([str(binary("pg_dump")), url], check=True, capture_output=True, text=True).stdout


def command_lines(stack: Stack) -> str:
    return "\n".join(" ".join(read(pid)) for pid in leftovers.processes_of(stack.data_dir))


def read(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:  # ended meanwhile
        return []


def take_on(stack: Stack, fleet: Fleet) -> dict[str, dict[str, str]]:
    """Register the fleet; each controller's webhook address and keys."""
    addresses = stack.manage("import_stores", "-", standard_input=fleet.onboarding())["controllers"]
    keys = {
        (store["code"], controller["name"]): controller
        for store in fleet.get("/fleet")["stores"]
        for controller in store["controllers"]
    }
    return {
        item["id"]: {"url": f"{stack.url}/ingest/xcs/{item['id']}", **keys[item["store"], item["name"]]}
        for item in addresses
    }


def ask_about_everything(stack: Stack, controllers: dict[str, dict[str, str]], api_key: str) -> list[str]:
    """Use the platform well and badly; what it answers. Each answer is bound to be one of these statuses."""
    headers = {"Authorization": f"Apikey {api_key}"}
    api = f"{stack.url}/api/v1"
    answers = [
        *(
            requests.get(f"{api}{path}", headers=headers)
            for path in ("/controllers", "/nothing", "/stores?x=1", "/reports/footfall?start=x")
        ),
        requests.get(f"{stack.url}/nothing", headers={"Host": "elsewhere"}),
        requests.get(f"{stack.url}/metrics"),
        requests.post(f"{api}/controllers", headers=headers, json={"base_url": "nowhere", "api_key": {}}),
    ]
    for controller in controllers.values():
        for key in (controller["webhook_key"], "wrong"):
            for body in (event(), b"{", b'{"events": [1]}'):
                answers.append(requests.post(controller["url"], data=body, headers={"Authorization": f"Apikey {key}"}))
    for identity in controllers:
        answers += [
            requests.post(f"{api}/controllers/{identity}/{action}", headers=headers)
            for action in ("test", "discover", "poll")
        ]
    assert {answer.status_code for answer in answers} >= {200, 202, 400, 401, 404}
    assert not [answer.url for answer in answers if answer.status_code == 500]
    return [answer.text for answer in answers]


def event() -> bytes:
    at = datetime.now(UTC).isoformat()
    return f'{{"eventId": "{uuid.uuid4()}", "event": "sensor.online", "timestamp": "{at}", "data": {{"sensorId": "S"}}}}'.encode()


def answer_without_its_database(stack: Stack, database_url: str, headers: dict[str, str]) -> str:
    """The page of an error of ours: the database is stopped dead, and every request has to give it up."""
    [postmaster, *_] = stack.pids("postgres -D")
    os.kill(postmaster, signal.SIGSTOP)
    for pid in leftovers.working_in(stack.data_dir / "postgres"):
        os.kill(pid, signal.SIGKILL) if pid != postmaster else None
    try:
        answer = requests.get(f"{stack.url}/api/v1/stores", headers=headers, timeout=60)
    finally:
        os.kill(postmaster, signal.SIGCONT)
    assert answer.status_code in (500, 503), answer.status_code
    return answer.text


def test_no_planted_secret_shows_anywhere() -> None:
    with (
        running_fleet(STORES, 7) as fleet,
        running_stack("run", XOVIS_LOG_LEVEL="DEBUG", XOVIS_LOG_FORMAT="json") as stack,
    ):
        wait_for("the stack is ready", stack.is_ready)
        state = read_stack(stack.data_dir)
        assert state is not None
        with overheard(state.redis_url) as heard:
            controllers = take_on(stack, fleet)
            api_key = stack.manage("create_api_key", "Planted", "--scope", "read", "--scope", "write")["key"]
            headers = {"Authorization": f"Apikey {api_key}"}
            hook = {"url": "https://example.org/hook", "event_types": ["alert.opened"]}
            made = requests.post(
                f"{stack.url}/api/v1/webhook_endpoints", headers={**headers, "Idempotency-Key": "1"}, json=hook
            )
            shown = ask_about_everything(stack, controllers, api_key)
            for place, fault in zip(fleet.controllers(), FAULTS, strict=False):
                fleet.break_down(place, **fault)
            stack.manage("poll_now")
            stack.manage("rotate_encryption_key")
            database = whole_database(state.database_url)
            shown.append(answer_without_its_database(stack, state.database_url, headers))
            wait_for("the stack is ready again", stack.is_ready)
        secrets = planted(stack, controllers, api_key, made.json()["secret"], state.redis_url)
        places = {
            "the logs": (stack.data_dir / "output").read_text(),
            "the broker's traffic": "\n".join(heard),
            "the broker": kept(state.redis_url),
            "the database": database,
            "an answer": "\n".join(shown),
            "a command line": command_lines(stack),
        }
    assert "poll_controllers" in places["the broker's traffic"]
    assert "ingest.tasks" in places["the logs"], "the finest logs tell of tasks"
    found = [
        f"{name} in {place}" for place, text in places.items() for name, secret in secrets.items() if secret in text
    ]
    assert found == []


def planted(
    stack: Stack, controllers: dict[str, dict[str, str]], api_key: str, signing_secret: str, redis_url: str
) -> dict[str, str]:
    own = read_secrets(stack.data_dir)
    assert own is not None
    return {
        **{f"api_key of {identity}": controller["api_key"] for identity, controller in controllers.items()},
        **{f"webhook_key of {identity}": controller["webhook_key"] for identity, controller in controllers.items()},
        "the API key": api_key,
        "the endpoint's secret": signing_secret.removeprefix("whsec_"),
        "the signing key": own.secret_key,
        "the encryption key": own.encryption_keys[0],
        "the database's password": (stack.data_dir / "postgres-password").read_text().strip(),
        "the broker's password": redis_url.partition("://:")[2].partition("@")[0],
    }


@pytest.mark.parametrize("secret", ["needle"])
def test_what_the_broker_is_told_is_overheard(secret: str) -> None:
    """The test above would see nothing in a broker that it can't hear."""
    url = os.environ["XOVIS_REDIS_URL"]
    with redis.Redis.from_url(url) as client:
        client.ping()
        stop = threading.Event()
        ticking = threading.Thread(target=lambda: [client.ping() for _ in iter(lambda: stop.wait(0.05), True)])
        ticking.start()
        try:
            with overheard(url) as heard:
                client.set("planted-test", secret, ex=60)
                in_store = kept(url)
        finally:
            stop.set()
            ticking.join()
    assert secret in "\n".join(heard)
    assert secret in in_store
