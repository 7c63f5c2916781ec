"""People at the door: what they type in, and what their app shows."""

from __future__ import annotations

import base64
import hmac
import re
import time
from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import User
from django.test import Client

from tests.portal.people import PASSWORD


def come_in(client: Client, name: str, password: str = PASSWORD, **more: str) -> Any:
    """Send the form of the login page."""
    return client.post("/login", {"login": name, "password": password, **more})


def code_of(secret: str, steps: int = 0) -> str:
    """What an app shows, now or so many half minutes later: RFC 6238, as apps have it."""
    counter = (int(time.time()) // 30 + steps).to_bytes(8, "big")
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    place = digest[-1] & 15
    return f"{(int.from_bytes(digest[place : place + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def with_app(user: User) -> str:
    """Give a person an app as second factor, and codes on paper; the app's secret."""
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


def confirm(client: Client, password: str = PASSWORD) -> Any:
    """Say once more who one is, as is asked before what lets people in is changed."""
    return client.post("/account/confirm", {"password": password})


def secret_on(page: str) -> str:
    """The app's secret on the page where it is set up."""
    found = re.search(r'<code class="secret">([A-Z2-7]+)</code>', page)
    assert found
    return found[1]


def is_in(client: Client) -> bool:
    """Whether this browser is logged in."""
    return client.get("/alerts").status_code == 200
