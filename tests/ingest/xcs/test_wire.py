"""The line itself: time-outs, sizes, addresses, and answers that break off."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ingest.wire.addresses import is_refused
from ingest.wire.errors import BadAnswer, ControllerError
from ingest.xcs.client import XcsClient
from tests.ingest.xcs.conftest import IMPATIENT, KEY, MakeClient
from tests.ingest.xcs.controller import Controller, Handler, envelope
from tests.ingest.xcs.test_refusals import error_of

HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def impatient(controller: Controller, make_client: MakeClient) -> XcsClient:
    return make_client(controller.base_url, limits=IMPATIENT)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def test_a_closed_port_is_named(make_client: MakeClient) -> None:
    port = free_port()
    error = error_of(make_client(f"http://127.0.0.1:{port}/api/v1"))
    assert (error.code, error.permanent) == ("unreachable", False)
    assert str(error) == f"127.0.0.1:{port} refused the connection: check the port, and that the controller runs."


def test_a_name_that_isnt_found_is_named(make_client: MakeClient) -> None:
    error = error_of(make_client("http://store..example/api/v1"))  # no resolver is asked for an empty label
    assert error.code == "unreachable"
    assert "store..example" in str(error)


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port whose queue of connections is full: a further one waits for ever."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(8)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
        for sock in waiting:
            sock.close()


def test_connecting_has_a_time_out(make_client: MakeClient, deaf_port: int) -> None:
    error = error_of(make_client(f"http://127.0.0.1:{deaf_port}/api/v1", limits=IMPATIENT))
    assert (error.code, error.permanent) == ("timed_out", False)
    assert "firewall" in str(error)


def test_looking_up_a_name_has_a_time_out(make_client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    look_up = socket.getaddrinfo

    def hang(host: str, *args: Any, **options: Any) -> Any:
        if host == "store.example" and "flags" not in options:
            answered.wait(5)
        return look_up("127.0.0.1" if host == "store.example" and "flags" not in options else host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    error = error_of(make_client("http://store.example/api/v1", limits=IMPATIENT))
    answered.set()
    assert error.code == "timed_out"
    assert "DNS" in str(error)


def test_silence_has_a_time_out(controller: Controller, impatient: XcsClient) -> None:
    controller.writes(HEAD, b"too late", pause_s=5)
    assert error_of(impatient).code == "timed_out"


@pytest.mark.parametrize("head", [HEAD + b"Content-Length: 100000\r\n\r\n", HEAD + b"X-Drip: "])
def test_a_drip_ends_at_the_total_time_out(controller: Controller, impatient: XcsClient, head: bytes) -> None:
    controller.writes(head, *[b"x"] * 200, pause_s=0.02)
    began = time.monotonic()
    assert error_of(impatient).code == "timed_out"
    assert time.monotonic() - began < 2


def test_a_body_is_read_no_further_than_its_cap(controller: Controller, impatient: XcsClient) -> None:
    controller.says(b" " * 200_000)
    error = error_of(impatient)
    assert (error.code, error.permanent) == ("too_large", True)


def test_a_gzip_bomb_is_not_inflated(controller: Controller, impatient: XcsClient) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    assert len(bomb) < IMPATIENT.body_bytes
    controller.says(bomb, Content_Encoding="gzip")
    assert error_of(impatient).code == "too_large"


def test_gzip_is_read(controller: Controller, client: XcsClient) -> None:
    controller.says(gzip.compress(envelope([{"zoneId": "a", "current_people": 1}])), Content_Encoding="gzip")
    assert client.occupancy().rows[0].current_people == 1
    assert controller.headers["Accept-Encoding"] == "gzip"


def test_chunks_are_read(controller: Controller, client: XcsClient) -> None:
    body = envelope([{"zoneId": "a", "current_people": 1}])
    chunks = b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (10, body[:10], len(body) - 10, body[10:])
    controller.writes(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
    assert client.occupancy().rows[0].current_people == 1


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b'Content-Length: 100\r\n\r\n{"status": "succ',
        HEAD + b'Transfer-Encoding: chunked\r\n\r\n10\r\n{"status": "succ\r\n',
        HEAD + b'\r\n{"status": "succ',
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain",
    ],
)
def test_a_body_that_breaks_off_is_no_answer(controller: Controller, client: XcsClient, answer: bytes) -> None:
    controller.writes(answer)
    error = error_of(client)
    assert isinstance(error, BadAnswer)
    assert not error.permanent
    if b"succ" in answer:
        assert error.excerpt == b'{"status": "succ'


def test_a_connection_that_ends_without_an_answer_is_tried_again_later(
    controller: Controller, client: XcsClient
) -> None:
    controller.writes(b"")
    error = error_of(client)
    assert (error.code, error.permanent) == ("unreachable", False)


def test_what_isnt_http_is_said_to_be_something_else(controller: Controller, client: XcsClient) -> None:
    controller.writes(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    error = error_of(client)
    assert error.code == "bad_answer"
    assert "HTTP" in str(error)


def test_a_broken_connection_is_replaced(controller: Controller, client: XcsClient) -> None:
    controller.writes(b"")
    error_of(client)
    controller.says(envelope([]))
    assert client.occupancy().rows == []


def test_a_kept_connection_that_was_closed_meanwhile_is_no_failure(controller: Controller, client: XcsClient) -> None:
    controller.writes(HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(envelope([])), envelope([])))
    for _ in range(3):
        assert client.occupancy().rows == []
    assert len(controller.connections) == 3


def test_a_kept_connection_that_closes_as_it_is_asked_is_asked_anew(controller: Controller, client: XcsClient) -> None:
    client.occupancy()

    def hang_up_once(handler: Handler) -> None:
        handler.close_connection = True
        controller.says(envelope([{"zoneId": "a", "current_people": 1}]))

    controller.does = hang_up_once
    assert client.occupancy().rows[0].current_people == 1
    assert (len(controller.connections), len(controller.asked)) == (2, 3)


def test_what_nobody_asked_for_is_not_the_next_answer(controller: Controller, client: XcsClient) -> None:
    bodies = envelope([]), envelope([{"zoneId": "a", "current_people": 1}])
    both = b"".join(HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(body), body) for body in bodies)

    def answer_twice(handler: Handler) -> None:
        handler.wfile.write(both)

    controller.does = answer_twice
    for _ in range(3):
        assert client.occupancy().rows == []
    assert len(controller.connections) == 3


def test_go_on_is_no_answer_yet(controller: Controller, client: XcsClient) -> None:
    answer = HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(envelope([])), envelope([]))
    controller.writes(b"HTTP/1.1 100 Continue\r\n\r\n", answer)
    assert client.occupancy().rows == []


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/api/v1",
        "http://[fe80::1]/api/v1",
        "http://[fd00:ec2::254]/api/v1",
        "http://0.0.0.0/api/v1",
        "http://[::]/api/v1",
        "http://224.0.0.1/api/v1",
        "http://[ff02::1]/api/v1",
        "http://[::ffff:169.254.169.254]/api/v1",
        "http://[64:ff9b::a9fe:a9fe]/api/v1",
        "http://2852039166/api/v1",
        "http://user:password@127.0.0.1/api/v1",
        "ftp://127.0.0.1/api/v1",
        "127.0.0.1/api/v1",
        "http:///api/v1",
        "http://127.0.0.1:port/api/v1",
        "http://[::1/api/v1",
        "http://*.example/api/v1",
        "",
    ],
)
def test_addresses_that_no_controller_has_are_refused(make_client: MakeClient, url: str) -> None:
    error = error_of(make_client(url))
    assert (error.code, error.permanent) == ("refused_address", True)
    assert "password" not in str(error)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.5", "192.168.1.9", "172.16.0.1", "fd12::9", "8.8.8.8"])
def test_addresses_where_controllers_live_are_not(address: str) -> None:
    assert not is_refused(address)


def test_a_name_is_checked_by_the_address_that_is_connected_to(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up = socket.getaddrinfo

    def rebind(host: str, *args: Any, **options: Any) -> Any:
        return look_up(
            "169.254.169.254" if host == "store.example" and "flags" not in options else host, *args, **options
        )

    monkeypatch.setattr(socket, "getaddrinfo", rebind)
    error = error_of(make_client("http://store.example/api/v1"))
    assert error.code == "refused_address"
    assert "store.example is 169.254.169.254" in str(error)


def test_no_error_ever_shows_the_key(controller: Controller, impatient: XcsClient) -> None:
    shown = []
    for answer in (b"", b"SSH\r\n", HEAD + b"Content-Length: 9\r\n\r\n", HEAD + b"\r\n<html>"):
        controller.writes(answer)
        shown.append(repr(error_of(impatient)))
    assert not any(KEY in text for text in shown)


def test_a_fault_is_always_an_error_of_ours(controller: Controller, impatient: XcsClient) -> None:
    for answer in (
        b"\x00" * 100,
        HEAD + b"x" * 70_000,
        HEAD + b"A: b\r\n" * 300,
        b"HTTP/1.1 99999 No\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ):
        controller.writes(answer)
        with pytest.raises(ControllerError):
            impatient.occupancy()
