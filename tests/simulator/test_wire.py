"""How the controllers speak HTTP: kept connections, answers in order, and what isn't HTTP at all."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

from tests.simulator.running import RunningFleet
from tests.xcs_contract import Subject

ONE = "S001/Controller 1"


@pytest.fixture
def subject(fleet: RunningFleet) -> Subject:
    return fleet.subject(ONE)


def test_a_head_of_an_answer_is_refused_without_a_body(subject: Subject) -> None:
    answer = subject.ask("/sensors", method="HEAD")
    assert (answer.status, answer.headers["Allow"], answer.body) == (405, "GET", b"")


@pytest.mark.parametrize("scheme", ["apikey", "APIKEY"])
def test_the_schemes_case_doesnt_matter(subject: Subject, scheme: str) -> None:
    assert subject.ask("/sensors", authorization=f"{scheme} {subject.key}").status == 200


class Line:
    """A bare connection to a controller."""

    def __init__(self, subject: Subject) -> None:
        url = urlsplit(subject.base_url)
        self._socket = socket.create_connection((str(url.hostname), url.port or 80), timeout=10)
        self._lines = self._socket.makefile("rb")
        self._head = f"Host: x\r\nAuthorization: Apikey {subject.key}\r\n".encode()

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def ask(self, *paths: str) -> None:
        self.send(b"".join(f"GET /api/v1{path} HTTP/1.1\r\n".encode() + self._head + b"\r\n" for path in paths))

    def answer(self) -> tuple[int, bytes]:
        """The status and the body of the next one; (0, b"") at the end."""
        status = self._lines.readline()
        if not status:
            return 0, b""
        length = 0
        while (line := self._lines.readline().strip().lower()) != b"":
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return int(status.split()[1]), self._lines.read(length)


def test_a_connection_takes_request_after_request(subject: Subject) -> None:
    with Line(subject) as line:
        for _ in range(3):
            line.ask("/sensors")
            assert line.answer()[0] == 200


def test_requests_in_a_row_are_answered_in_their_order(fleet: RunningFleet, subject: Subject) -> None:
    fleet.set_faults(ONE, latency_ms=100, share=0.5)
    with Line(subject) as line:
        line.ask("/sensors", "/queue/status", "/occupancy/current", "/nothing")
        answers = [line.answer() for _ in range(4)]
    assert [status for status, _ in answers] == [200, 200, 200, 404]
    for word, (_, body) in zip((b"sensorId", b"people_waiting", b"current_people", b"error"), answers, strict=True):
        assert word in body


def test_a_request_can_come_in_pieces(subject: Subject) -> None:
    with Line(subject) as line:
        for piece in (
            b"GET /api/v1/sen",
            b"sors HTTP/1.1\r\nHost: x\r\nAuthori",
            f"zation: Apikey {subject.key}\r\n".encode(),
            b"\r\n",
        ):
            line.send(piece)
        assert line.answer()[0] == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [(b"what is this?\r\n\r\n", 400), (b"GET / HTTP/1.1\r\nX: ".ljust(64 * 1024 + 1, b"x"), 413)],
)
def test_what_isnt_a_request_is_refused_and_hung_up_on(subject: Subject, sent: bytes, status: int) -> None:
    with Line(subject) as line:
        line.send(sent)
        assert line.answer()[0] == status
        assert line.answer() == (0, b"")
    assert subject.ask("/sensors").status == 200


def test_an_upgrade_that_isnt_known_is_passed_over(subject: Subject) -> None:
    upgrade = f"GET /api/v1/sensors HTTP/1.1\r\nHost: x\r\nAuthorization: Apikey {subject.key}\r\n"
    with Line(subject) as line:
        line.send(f"{upgrade}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n".encode())
        assert line.answer()[0] == 200
        assert line.answer()[0] == 0
