"""The web server's front: who is believed on addresses, and what is too large, too much or too slow. Over real connections."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests
from allauth.usersessions.models import UserSession

from tests.access.people import come_in
from tests.caller import key
from tests.portal.people import PASSWORD, person
from tests.server import web_server

pytestmark = pytest.mark.django_db(transaction=True)
FORWARDED = {"X-Forwarded-For": "203.0.113.9, 198.51.100.4", "X-Forwarded-Proto": "https"}


@pytest.fixture(scope="module")
def behind_a_proxy(django_db_setup: None) -> Iterator[str]:
    """A server that trusts whoever comes from this machine, and is reached by HTTPS."""
    with web_server(
        XOVIS_TRUSTED_PROXIES="127.0.0.1, 10.0.0.0/8",
        XOVIS_PUBLIC_URL="https://localhost",
        XOVIS_MOST_BODY_MB="1",
        XOVIS_BODY_WITHIN_S="1",
    ) as url:
        yield url


@pytest.fixture(scope="module")
def alone(django_db_setup: None) -> Iterator[str]:
    with web_server() as url:
        yield url


def logged_in_at(server: str, **headers: str) -> requests.Response:
    page = requests.get(f"{server}/login", headers=headers, timeout=20)
    token = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    form = {"login": "head", "password": PASSWORD, "csrfmiddlewaretoken": token}
    # Cookies that go by HTTPS alone are carried by hand, as the proxy would.
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in page.cookies)
    more = {**headers, "Host": "localhost", "Cookie": cookies, "Referer": "https://localhost/login"}
    return requests.post(f"{server}/login", data=form, headers=more, allow_redirects=False, timeout=20)


def test_a_proxy_that_is_trusted_says_where_people_are(behind_a_proxy: str) -> None:
    person("head", None)
    answer = logged_in_at(behind_a_proxy, **FORWARDED)
    assert (answer.status_code, answer.headers.get("Location")) == (302, "/"), answer.text
    assert UserSession.objects.get().ip == "198.51.100.4"
    cookies = answer.headers["Set-Cookie"]
    assert cookies.count("Secure") == cookies.count("Path=/")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_who_is_not_trusted_says_it_in_vain(alone: str) -> None:
    person("head", None)
    assert logged_in_at(alone, **FORWARDED).status_code == 302
    assert UserSession.objects.get().ip == "127.0.0.1"


def test_plain_http_is_sent_to_https_but_for_machines_that_watch(behind_a_proxy: str) -> None:
    plain = {"X-Forwarded-For": "198.51.100.4", "X-Forwarded-Proto": "http", "Host": "localhost"}
    answer = requests.get(f"{behind_a_proxy}/login", headers=plain, allow_redirects=False, timeout=20)
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://localhost/login")
    assert requests.get(f"{behind_a_proxy}/healthz", timeout=20).status_code == 200


def test_too_large_a_body_is_refused_before_it_is_read(behind_a_proxy: str) -> None:
    plain = key(scopes=["write"])[1]
    headers = {**FORWARDED, "Authorization": f"Apikey {plain}", "Content-Type": "text/csv"}
    answer = requests.post(f"{behind_a_proxy}/api/v1/stores/import", data=b"x" * 1_100_000, headers=headers, timeout=20)
    assert (answer.status_code, answer.headers["Content-Type"]) == (413, "application/problem+json")
    assert "1,048,576 bytes" in answer.json()["detail"]
    chunked = requests.post(
        f"{behind_a_proxy}/api/v1/stores/import", data=iter([b"x" * 600_000] * 2), headers=headers, timeout=20
    )
    assert chunked.status_code == 413


def test_a_body_in_chunks_comes_whole(alone: str) -> None:
    headers = {"Authorization": f"Apikey {key(scopes=['write'])[1]}", "Content-Type": "application/json"}
    parts = json.dumps({"code": "europe", "name": "Europe"}).encode()
    answer = requests.post(f"{alone}/api/v1/regions", data=iter([parts[:7], parts[7:]]), headers=headers, timeout=20)
    assert (answer.status_code, answer.json().get("code")) == (201, "europe"), answer.text


def said(server: str, sent: bytes) -> bytes:
    """What the server says to these bytes, sent and then nothing more."""
    address = urlsplit(server)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=30) as line:
        line.sendall(sent)
        return line.recv(65536)


def test_a_body_that_does_not_come_holds_nobody(behind_a_proxy: str) -> None:
    head = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\nlogin="
    assert b" 408 " in said(behind_a_proxy, head)


@pytest.mark.parametrize("path", [b"/login", b"/ingest/xcs/x"])
def test_too_many_headers_are_refused(alone: str, path: bytes) -> None:
    head = b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n"
    assert b" 431 " in said(alone, head + b"X-Much: " + b"x" * 80_000 + b"\r\n\r\n")
    assert b" 431 " not in said(alone, head + b"X-Some: " + b"x" * 8_000 + b"\r\nConnection: close\r\n\r\n")


def test_headers_that_do_not_come_end_the_connection(alone: str) -> None:
    address = urlsplit(alone)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=30) as line:
        line.sendall(b"GET /login HTTP/1.1\r\nHost: loc")
        assert b" 200 " not in line.recv(4096)  # within the server's ten seconds, not the thirty of this line


def test_a_client_cannot_pretend_by_itself() -> None:
    from django.test import Client

    person("head", None)
    come_in(Client(REMOTE_ADDR="192.0.2.7", headers=FORWARDED), "head")
    assert UserSession.objects.get().ip == "192.0.2.7"
