"""Windows of the sizes and schemes that people have, with somebody logged in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import User
from playwright.sync_api import Browser, BrowserContext, Page

from tests.portal.looking import complaints_of
from tests.portal.people import logged_in

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
SIZES = {"desk": DESK, "phone": PHONE}
SCHEMES = ("light", "dark")


def session_of(name: str, blocker: Any) -> str:
    """A person's session. To be made by a fixture of a module: what a test itself writes, the server doesn't see."""
    with blocker.unblock():
        return logged_in(User.objects.get(username=name)).cookies["sessionid"].value


def window(browser: Browser, server: str, session: str, **options: Any) -> BrowserContext:
    """A window in which somebody is logged in."""
    context = browser.new_context(**options)
    context.add_cookies([{"name": "sessionid", "value": session, "url": server}])
    return context


@contextmanager
def without_complaint(page: Page, server: str, width: int) -> Iterator[None]:
    """The console is silent, and nothing is wider than the window."""
    complaints = complaints_of(page, server)
    yield
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []
