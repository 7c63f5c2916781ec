"""What is asked of a sensor, and what comes of an answer."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ingest.wire import errors
from ingest.xovis.client import XovisClient
from ingest.xovis.payloads import Count
from tests.ingest.xcs.controller import Controller, Handler, running

NOW = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
LOGIN = "admin:a-password-that-nobody-may-see"
LIVE = {
    "time": "2026-11-02T11:00:30+0100",
    "logics": [
        {"id": 1, "name": "Door", "info": "XLT_LINE_IN_OUT_COUNT", "geometries": [], "counts": [{"id": 1001, "name": "fw", "value": 318}]}
    ],
}  # fmt: skip


@pytest.fixture
def sensor() -> Iterator[Controller]:
    with running(Controller()) as running_sensor:
        yield running_sensor


@pytest.fixture
def client(sensor: Controller) -> Iterator[XovisClient]:
    with XovisClient(base_url(sensor), LOGIN, clock=lambda: NOW) as client:
        yield client


def base_url(sensor: Controller) -> str:
    return sensor.base_url.replace("/api/v1", "/api/v5")


def answers(sensor: Controller, **by_path: Any) -> None:
    """Answer paths that contain these words (``_`` for ``/``) with this, all others with 404."""

    def answer(handler: Handler) -> None:
        for words, content in by_path.items():
            if words.replace("_", "/") in handler.path:
                handler.send(200, json.dumps(content).encode())
                return
        handler.send(404, b'{"code": 404}')

    sensor.does = answer


def test_a_login_is_sent_as_basic_with_the_header_that_a_sensor_wants(sensor: Controller, client: XovisClient) -> None:
    answers(sensor, device_info={"serial": "80:1F", "prod_code": "PC2SE", "fw_version": "5.6.2", "new": 1})
    device = client.device().answer
    assert (device.serial, device.prod_code, device.fw_version) == ("80:1F", "PC2SE", "5.6.2")
    assert sensor.headers["Authorization"] == "Basic " + b64encode(LOGIN.encode()).decode()
    assert sensor.headers["X-Requested-With"]


def test_live_logics_come_typed_with_the_sensors_time(sensor: Controller, client: XovisClient) -> None:
    answers(sensor, singlesensor_data_live_logics=LIVE)
    told = client.live()
    assert told.answer.time == NOW + timedelta(seconds=30)
    assert told.answer.logics[0].counts == [Count("fw", 318)]
    assert client.clock_skew == timedelta(seconds=30)
    client.live()
    assert len(sensor.asked) == 1


def test_history_is_asked_for_in_quarters_of_a_window(sensor: Controller, client: XovisClient) -> None:
    answers(sensor, live_logics=LIVE, history_logics={"config": {}, "measurements": []})
    client.history(NOW - timedelta(hours=1), NOW)
    parts = urlsplit(sensor.asked[-1])
    assert parts.path == "/api/v5/singlesensor/data/history/logics"
    assert parse_qs(parts.query) == {
        "begin": ["1793610000000"],
        "end": ["1793613600000"],
        "resolution_min": ["15"],
        "include_empty": ["true"],
        "time_format": ["RFC3339"],
    }


@pytest.mark.parametrize("single", [None, {"time": "2026-11-02T10:00:30Z", "logics": []}])
def test_a_multisensor_is_asked_where_the_single_one_counts_nothing(
    sensor: Controller, client: XovisClient, single: Any
) -> None:
    sides = {"multisensor_data_live": LIVE, "multisensor_data_history": {"config": {}, "measurements": []}}
    answers(sensor, **({"singlesensor": single} if single else {}), **sides)
    assert client.live().answer.logics[0].id == 1
    client.history(NOW - timedelta(hours=1), NOW)
    assert "/multisensor/data/history/logics" in sensor.asked[-1]


def test_an_address_where_nothing_is_counted_is_no_success(sensor: Controller, client: XovisClient) -> None:
    answers(sensor)
    with pytest.raises(errors.BadAnswer, match="/api/v5"):
        client.live()


@pytest.mark.parametrize(
    ("status", "kind", "permanent"),
    [
        (301, errors.Redirected, True),
        (400, errors.InvalidParameter, True),
        (401, errors.Unauthorized, True),
        (403, errors.Unauthorized, True),
        (404, errors.NotFound, True),
        (418, errors.BadAnswer, False),
        (429, errors.RateLimited, False),
        (503, errors.ServerFailed, False),
    ],
)
def test_a_refusal_says_whether_to_try_again(
    sensor: Controller, client: XovisClient, status: int, kind: type[errors.ControllerError], permanent: bool
) -> None:
    sensor.says(b"<html>", status)
    with pytest.raises(kind) as caught:
        client.device()
    assert caught.value.permanent is permanent


@pytest.mark.parametrize("body", [b"<html>Log in</html>", b"", b"[]", b'{"time": "noon"}', b'{"logics": []}', b"{"])
def test_what_is_no_answer_is_shown(sensor: Controller, client: XovisClient, body: bytes) -> None:
    sensor.says(body)
    with pytest.raises(errors.BadAnswer):
        client.live()


def test_a_logic_that_cannot_be_read_leaves_the_others(sensor: Controller, client: XovisClient) -> None:
    answers(sensor, live_logics={**LIVE, "logics": [{"id": "one"}, *LIVE["logics"]]})
    told = client.live()
    assert [logic.id for logic in told.answer.logics] == [1]
    assert [item.pointer for item in told.rejected] == ["/logics/0/id"]


@pytest.mark.parametrize("login", ["", "a-key-of-an-xcs", ":password"])
def test_a_key_that_is_no_login_is_never_sent(sensor: Controller, login: str) -> None:
    with XovisClient(base_url(sensor), login, clock=lambda: NOW) as client, pytest.raises(errors.Unauthorized):
        client.device()
    assert sensor.asked == []


def test_a_password_is_never_shown(sensor: Controller, client: XovisClient) -> None:
    sensor.does = lambda handler: handler.send(200, f"{LOGIN} {handler.headers['Authorization']}".encode())
    with pytest.raises(errors.BadAnswer) as caught:
        client.device()
    shown = caught.value.excerpt.decode() + str(caught.value) + repr(client)
    assert "nobody-may-see" not in shown
    assert b64encode(LOGIN.encode()).decode() not in shown
