"""Pushes over real HTTP: who may push, how, and what is answered."""

from __future__ import annotations

import gzip
import json
import uuid
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from ingest import digest
from ingest.models import Event, FootfallInterval, Quarantine
from sites_app.models import Controller
from tests import chain
from tests.ingest.xovis.examples import LIVE, LOGICS, OLDER_EVENTS, STATUS, line, logics_push, record

pytestmark = pytest.mark.django_db(transaction=True)
KEY = {"Authorization": "Bearer hook-key"}


@pytest.fixture
def hook(server: str) -> str:
    controller = chain.controller(chain.store(), kind="xovis")
    return f"{server}/ingest/xovis/{controller.pk}"


def post(url: str, content: Any = None, **options: Any) -> requests.Response:
    options = {"json": content, "headers": KEY, "timeout": 10, **options}
    return requests.post(url, **options)


def basic(user: object, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


def test_a_push_is_answered_with_204_once_it_is_there(hook: str) -> None:
    answer = post(hook, LOGICS)
    assert (answer.status_code, answer.content) == (204, b"")
    assert Event.objects.count() == 1
    assert post(hook, LOGICS).status_code == 204
    assert Event.objects.count() == 1
    digest.digest_batch(now=datetime.now(UTC))
    assert FootfallInterval.objects.get().count_in == 7


def test_a_key_can_come_in_each_way_that_an_agent_can_be_set_to(hook: str) -> None:
    controller = hook.rpartition("/")[2]
    ways: list[tuple[str, dict[str, str]]] = [
        (hook, {"Authorization": "Bearer hook-key"}),
        (hook, {"Authorization": "apikey hook-key"}),
        (hook, basic(controller, "hook-key")),
        (hook, basic(controller.upper(), "hook-key")),
        (f"{hook}/hook-key", {}),
        (f"{hook}/hook-key/?site=12", {}),
        (f"{hook}/hook-key", {"Authorization": "Bearer left-over"}),
    ]
    assert [post(url, LOGICS, headers=headers).status_code for url, headers in ways] == [204] * len(ways)


def test_strangers_are_turned_away_and_leave_nothing(hook: str, server: str) -> None:
    controller = hook.rpartition("/")[2]
    ways: list[tuple[str, dict[str, str]]] = [
        (hook, {}),
        (hook, {"Authorization": "Bearer wrong"}),
        (hook, {"Authorization": "Digest username=x"}),
        (hook, basic(controller, "wrong")),
        (hook, basic("admin", "hook-key")),
        (hook, {"Authorization": "Basic !"}),
        (f"{hook}/wrong", {}),
        (f"{server}/ingest/xovis/{uuid.uuid4()}", KEY),
    ]
    for url, headers in ways:
        answer = post(url, LOGICS, headers=headers)
        assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/problem+json")
        assert answer.headers["WWW-Authenticate"].startswith("Basic")
        assert "hook-key" not in answer.text
    assert not Event.objects.exists()
    assert not Quarantine.objects.exists()


def test_an_xcs_is_no_sensor_and_a_sensor_no_xcs(hook: str, server: str) -> None:
    xcs = chain.controller(Controller.objects.get().store, "XCS")
    assert post(f"{server}/ingest/xovis/{xcs.pk}", LOGICS).status_code == 401
    assert post(hook.replace("/xovis/", "/xcs/"), {"eventId": "1"}).status_code == 401


@pytest.mark.parametrize(
    "content",
    [
        {"connection_test": {"status": "OK"}},
        {"connection_test": True},
        {},
        [],
        "test",
        42,
        None,
        {"hello": "world"},
        {"wifi_bt_data": {"devices": []}},
        {"logics_data": {"logics": []}},
    ],
)
def test_a_connection_test_or_dummy_data_is_answered_and_not_stored(hook: str, content: Any) -> None:
    answer = requests.post(hook, data=json.dumps(content), headers=KEY, timeout=10)
    assert answer.status_code == 204
    assert not Event.objects.exists()
    assert not Quarantine.objects.exists()


def test_an_array_of_envelopes_is_as_good_as_one(hook: str) -> None:
    content = [LOGICS, logics_push(line(record(fw=1, bw=1), number=2)), STATUS, LIVE, OLDER_EVENTS, {"new_data": {}}]
    assert post(hook, content).status_code == 204
    assert Event.objects.count() == 6


def test_a_body_can_come_in_chunks_without_a_length(hook: str) -> None:
    def chunks() -> Iterator[bytes]:
        body = json.dumps(LOGICS).encode()
        for start in range(0, len(body), 300):
            yield body[start : start + 300]

    answer = post(hook, data=chunks(), json=None)
    assert answer.request.headers["Transfer-Encoding"] == "chunked"
    assert answer.status_code == 204
    assert Event.objects.count() == 1


def test_the_content_type_is_not_relied_on_and_gzip_is_taken(hook: str) -> None:
    body = json.dumps(LOGICS).encode()
    for headers in ({"Content-Type": "text/plain"}, {"Content-Type": ""}, {"Content-Encoding": "gzip"}):
        data = gzip.compress(body) if "Content-Encoding" in headers else body
        assert post(hook, data=data, json=None, headers={**KEY, **headers}).status_code == 204


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b'<?xml version="1.0"?>\n<sensor-data version="2"><object x="1.23"/></sensor-data>', b"sensor-data"),
        (b"\x00\x01\x02RECORDING\x00\xff", b""),
        (b"fw=7&bw=5", b""),
    ],
)
def test_what_is_not_json_is_refused_with_the_remedy(hook: str, body: bytes, kept: bytes) -> None:
    answer = post(hook, data=body, json=None, headers={**KEY, "Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (415, "application/problem+json")
    assert "choose the format JSON" in answer.json()["detail"]
    fault = Quarantine.objects.get()
    assert kept in bytes(fault.body)
    assert b"1.23" not in bytes(fault.body)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"logics_data": {"logics": [', ""),
        (b"[1, 2", ""),
        (b"", ""),
        (b'{"logics_data": 5}', "/logics_data"),
        (b'[{"logics_data": {"logics": [{"id": "x"}]}}]', "/0/logics_data/logics/0/id"),
        (b'{"logics_data": {"logics": [{"id": 1, "records": [{"from": "noon", "to": 1732100460000}]}]}}', "/logics_data/logics/0/records/0/from"),
        (b'{"logics_data": {"logics": [{"id": 1, "records": [{"from": 5, "to": 1732100460000}]}]}}', "/logics_data/logics/0/records/0/from"),
    ],
)  # fmt: skip
def test_a_push_of_which_nothing_can_be_read_is_refused_and_kept(hook: str, body: bytes, pointer: str) -> None:
    answer = post(hook, data=body, json=None)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert Quarantine.objects.get().pointer == pointer
    assert not Event.objects.exists()


def test_sizes_and_methods_are_kept_to(server: str, hook: str) -> None:
    assert post(hook, data=b" " * (1024 * 1024 + 1), json=None).status_code == 413
    bomb = gzip.compress(b" " * (8 * 1024 * 1024))
    assert post(hook, data=bomb, json=None, headers={**KEY, "Content-Encoding": "gzip"}).status_code == 413
    assert requests.get(hook, headers=KEY, timeout=10).status_code == 405
    assert post(f"{server}/ingest/xovis/nonsense", LOGICS).status_code == 404


def test_what_the_platform_does_not_know_is_counted(hook: str, server: str) -> None:
    content = logics_push({**line(record(fw=1, bw=1)), "mood": "good"})
    assert post(hook, [content, {"surprise": {}}]).status_code == 204
    metrics = requests.get(f"{server}/metrics", timeout=10).text
    assert 'xovis_sensor_parts_ignored_total{part="Logic"}' in metrics
    assert 'xovis_sensor_parts_ignored_total{part="Envelope"}' in metrics
