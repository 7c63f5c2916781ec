"""A real OpenID Connect provider, in a process of its own, and the way of a browser through it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests
from django.test import Client

from xovis_platform.stack.ports import free_ports

PEOPLE: dict[str, dict[str, Any]] = {
    "anna": {
        "email": "anna@example.com",
        "email_verified": True,
        "preferred_username": "anna",
        "groups": ["Ops North"],
    },
    "ANNA": {"email": "Anna@Example.com", "email_verified": True, "preferred_username": "anna2"},
    "eve": {"email": "anna@example.com", "email_verified": False, "preferred_username": "eve"},
    "mallory": {"preferred_username": "mallory"},
    "paula": {"email": "paula@example.com", "email_verified": True, "name": "Paula Prüfer", "groups": ["Audit"]},
    "nobody": {"email": "nobody@example.com", "email_verified": True, "groups": ["Canteen"]},
}


@contextmanager
def provider() -> Iterator[str]:
    """Its address; it knows ``PEOPLE`` by these names."""
    port = free_ports()
    known = [json.dumps({"sub": name, **claims}) for name, claims in PEOPLE.items()]
    people = [part for one in known for part in ("--user-claims", one)]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), *people]
    process = subprocess.Popen(command, env={**os.environ, "NO_COLOR": "1"}, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        try:
            requests.get(f"{url}/.well-known/openid-configuration", timeout=5)
        except requests.ConnectionError:
            assert process.poll() is None, "the provider ended"
            time.sleep(0.05)  # waits for a process, not for time to pass
        else:
            return
    raise AssertionError("the provider did not answer")


def through(client: Client, name: str, *, next_url: str = "", form: Sequence[tuple[str, str]] = ()) -> Any:
    """Go from our login to the provider's, choose a person there, and come back."""
    there = client.get("/login/sso", {"next": next_url} if next_url else {})
    assert there.status_code == 302
    chosen = requests.post(there["Location"], data=dict(form) or {"sub": name}, allow_redirects=False, timeout=20)
    back = urlsplit(chosen.headers["Location"])
    return client.get(f"{back.path}?{back.query}")
