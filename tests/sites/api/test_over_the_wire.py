"""The conventions over real HTTP, as a program meets them: compression, both forms of an address, errors of all kinds."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from typing import Any

import brotli
import pytest
import requests
import zstandard
from pytest_django.live_server_helper import LiveServer

from sites_app.models import Store
from tests import chain
from tests.caller import key

pytestmark = pytest.mark.django_db(transaction=True)
UNPACKED: dict[str, Callable[[bytes], bytes]] = {
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
    "br": brotli.decompress,
    "gzip": lambda body: zlib.decompress(body, wbits=31),
}


@pytest.fixture
def ask(live_server: LiveServer) -> Callable[..., requests.Response]:
    for number in range(20):
        chain.store(f"S{number}")
    plain = key(scopes=["read", "write"])[1]

    def asked(path: str, method: str = "GET", **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {plain}", "Accept-Encoding": "identity", **more.pop("headers", {})}
        url = f"{live_server.url}{path}"
        return requests.request(method, url, headers=headers, timeout=20, allow_redirects=False, **more)

    return asked


def test_all_that_is_shared_holds_over_the_wire(ask: Callable[..., requests.Response]) -> None:
    _compressed_as_asked_for(ask)
    _either_form_of_an_address(ask)
    _every_error_is_a_problem(ask)
    _head_is_get_without_a_body(ask)


def _compressed_as_asked_for(ask: Callable[..., requests.Response]) -> None:
    plain = ask("/api/v1/stores")
    assert "Content-Encoding" not in plain.headers
    for encoding, unpack in UNPACKED.items():
        response = ask("/api/v1/stores", headers={"Accept-Encoding": encoding}, stream=True)
        assert response.headers["Content-Encoding"] == encoding
        packed = response.raw.read(decode_content=False)
        assert len(packed) < len(plain.content) / 4
        assert unpack(packed) == plain.content
        known = {"Accept-Encoding": encoding, "If-None-Match": response.headers["ETag"]}
        assert ask("/api/v1/stores", headers=known).status_code == 304


def _either_form_of_an_address(ask: Callable[..., requests.Response]) -> None:
    for path in ("stores", "stores/S1", "regions", "controllers", "sensors", "zones", "events", "exports"):
        assert ask(f"/api/v1/{path}").json().keys() == ask(f"/api/v1/{path}/").json().keys()
    assert ask("/api/v1/stores/S1/", "PATCH", json={"city": "Ulm"}).status_code == 200
    assert Store.objects.get(code="S1").city == "Ulm"


def _every_error_is_a_problem(ask: Callable[..., requests.Response]) -> None:
    wrong: list[tuple[int, str, str, dict[str, Any]]] = [
        (404, "GET", "/api/v1/nothing", {}),
        (404, "GET", "/api/", {}),
        (404, "POST", "/api/v2/stores", {"json": {}}),
        (405, "DELETE", "/api/v1/stores", {}),
        (405, "POST", "/api/v1/zones", {"json": {}}),
        (405, "TRACE", "/api/v1/stores", {}),
        (406, "GET", "/api/v1/stores", {"headers": {"Accept": "image/png"}}),
        (413, "POST", "/api/v1/stores", {"data": b" " * 1_100_000, "headers": {"Content-Type": "application/json"}}),
        (415, "POST", "/api/v1/stores", {"data": {"code": "S1"}}),
        (415, "PATCH", "/api/v1/stores/S1", {"data": b"x", "headers": {"Content-Type": "text/plain"}}),
        (400, "POST", "/api/v1/stores", {"data": b"{", "headers": {"Content-Type": "application/json"}}),
        (400, "GET", "/api/v1/stores?limt=5", {}),
        (400, "GET", "/api/v1/stores?search=%00", {}),
        (401, "GET", "/api/v1/stores", {"headers": {"Authorization": "Bearer no"}}),
        (401, "GET", "/api/v1/stores", {"headers": {"Authorization": ""}}),
    ]
    for status, method, path, more in wrong:
        response = ask(path, method, **more)
        assert response.status_code == status, (method, path, response.content)
        assert response.headers["Content-Type"] == "application/problem+json", (method, path)
        assert json.loads(response.content)["status"] == status
    assert "POST" in ask("/api/v1/stores", "DELETE").headers["Allow"]


def _head_is_get_without_a_body(ask: Callable[..., requests.Response]) -> None:
    response = ask("/api/v1/stores", "HEAD")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["ETag"] == ask("/api/v1/stores").headers["ETag"]
