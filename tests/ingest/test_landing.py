"""Webhooks over real HTTP: what is accepted is there once, what can't be read is kept, and strangers stay out."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from ingest import digest
from ingest.models import Event, OccupancySample, Quarantine, QueueSample, ZoneState
from sites_app.models import Controller
from tests import chain
from tests.server import web_server

pytestmark = pytest.mark.django_db(transaction=True)
KEY = {"Authorization": "Apikey hook-key"}
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def server(django_db_setup: None) -> Iterator[str]:
    with web_server() as url:
        yield url


@pytest.fixture
def controller() -> Controller:
    return chain.controller(chain.store())


@pytest.fixture
def hook(server: str, controller: Controller) -> str:
    return f"{server}/ingest/xcs/{controller.pk}"


def event(number: int = 1, *, at: datetime = NOW, people: int = 11) -> dict[str, Any]:
    return {
        "eventId": f"E{number}",
        "event": "queue.threshold_exceeded",
        "timestamp": at.isoformat(),
        "data": {"zoneId": "till", "name": "Till", "people_waiting": people, "threshold": 10},
    }


def test_an_event_is_accepted_once_however_often_it_comes(hook: str) -> None:
    first = requests.post(hook, json=event(), headers=KEY, timeout=10)
    assert (first.status_code, first.json()) == (202, {"accepted": 1, "duplicates": 0})
    again = requests.post(hook, json={"events": [event(), event(2)]}, headers=KEY, timeout=10)
    assert again.json() == {"accepted": 1, "duplicates": 1}
    assert Event.objects.count() == 2


def test_posts_at_the_same_time_share_nothing_but_the_commit(hook: str) -> None:
    def post(number: int) -> dict[str, int]:
        answer: dict[str, int] = requests.post(hook, json=event(number % 10), headers=KEY, timeout=10).json()
        return answer

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(post, range(40)))
    assert sum(answer["accepted"] for answer in answers) == 10
    assert sum(answer["duplicates"] for answer in answers) == 30
    assert Event.objects.count() == 10


def test_a_signature_is_as_good_as_the_key_for_five_minutes(hook: str) -> None:
    body = json.dumps(event()).encode()

    def signed(seconds_ago: int) -> int:
        stamp = int(time.time()) - seconds_ago
        digest_ = hmac.new(b"hook-key", f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"X-XCS-Signature": f"t={stamp},v1={digest_}", "Content-Type": "application/json"}
        return requests.post(hook, data=body, headers=headers, timeout=10).status_code

    assert signed(10) == 202
    assert signed(400) == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Apikey wrong"},
        {"X-XCS-Signature": "t=1,v1=00"},
        {"Authorization": "Apikey hook-key", "X-XCS-Signature": "t=1,v1=00"},
    ],
)
def test_strangers_are_turned_away_and_leave_nothing(hook: str, headers: dict[str, str]) -> None:
    answer = requests.post(hook, json=event(), headers=headers, timeout=10)
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert not Event.objects.exists()
    assert not Quarantine.objects.exists()


def test_an_unknown_controller_can_not_be_told_from_a_wrong_key(server: str, hook: str) -> None:
    unknown = requests.post(f"{server}/ingest/xcs/{uuid.uuid4()}", json=event(), headers=KEY, timeout=10)
    wrong = requests.post(hook, json=event(), headers={"Authorization": "Apikey wrong"}, timeout=10)
    assert unknown.json() == wrong.json()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"{", ""),
        (b"", ""),
        (b'{"eventId": 5, "event": "x", "timestamp": "2026-01-01T00:00:00Z", "data": {}}', "/eventId"),
        (b'{"eventId": "a", "event": "x", "timestamp": "yesterday", "data": {}}', "/timestamp"),
    ],
)
def test_what_cannot_be_read_is_named_and_kept_in_quarantine(hook: str, body: bytes, pointer: str) -> None:
    answer = requests.post(hook, data=body, headers={**KEY, "Content-Type": "application/json"}, timeout=10)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    kept = Quarantine.objects.get()
    assert (bytes(kept.body), kept.pointer) == (body, pointer)


def test_good_events_are_taken_beside_bad_ones(hook: str) -> None:
    bad = {**event(2), "timestamp": None}
    answer = requests.post(hook, json={"events": [event(1), bad, event(3)]}, headers=KEY, timeout=10)
    assert answer.status_code == 202
    assert (answer.json()["accepted"], answer.json()["quarantined"]) == (2, 1)
    assert Quarantine.objects.get().pointer == "/events/1/timestamp"


def test_sizes_methods_and_types_are_kept_to(server: str, hook: str) -> None:
    large = requests.post(
        hook, data=b" " * (1024 * 1024 + 1), headers={**KEY, "Content-Type": "application/json"}, timeout=10
    )
    bomb = gzip.compress(b" " * (8 * 1024 * 1024))
    inflated = requests.post(hook, data=bomb, headers={**KEY, "Content-Encoding": "gzip"}, timeout=10)
    assert (large.status_code, inflated.status_code) == (413, 413)
    packed = requests.post(
        hook, data=gzip.compress(json.dumps(event()).encode()), headers={**KEY, "Content-Encoding": "gzip"}, timeout=10
    )
    assert packed.status_code == 202
    assert requests.get(hook, headers=KEY, timeout=10).status_code == 405
    assert (
        requests.post(hook, data="<xml/>", headers={**KEY, "Content-Type": "text/xml"}, timeout=10).status_code == 415
    )
    assert requests.post(f"{server}/ingest/xcs/nonsense", json=event(), headers=KEY, timeout=10).status_code == 404


def test_events_become_samples_and_move_the_live_state_only_forward(hook: str, controller: Controller) -> None:
    till = chain.zone(controller, "till", "queue")
    late = event(2, at=NOW - timedelta(hours=3), people=4)
    requests.post(hook, json={"events": [event(1), late]}, headers=KEY, timeout=10)
    assert digest.digest_batch(now=datetime.now(UTC)) == 2
    assert digest.digest_batch(now=datetime.now(UTC)) == 0
    samples = QueueSample.objects.order_by("observed_at").values_list("observed_at", "people")
    assert list(samples) == [(NOW - timedelta(hours=3), 4), (NOW, 11)]
    state = ZoneState.objects.get(zone=till)
    assert (state.people_waiting, state.queue_at) == (11, NOW)
    assert not OccupancySample.objects.exists()


def test_an_event_of_an_unknown_zone_waits_in_quarantine(hook: str) -> None:
    requests.post(hook, json=event(), headers=KEY, timeout=10)
    digest.digest_batch(now=datetime.now(UTC))
    assert Quarantine.objects.get().pointer == "/data/zoneId"
