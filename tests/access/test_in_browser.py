"""The door and a person's own account in a real browser: passkeys, no barrier, no complaint, on a desk and on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, ViewportSize, expect

from tests.access.people import code_of, secret_on
from tests.browser import log_in
from tests.portal.looking import barriers_on, complaints_of
from tests.portal.people import PASSWORD, person

pytestmark = pytest.mark.django_db(transaction=True)
OWN = ["/account", "/account/password", "/account/app", "/account/passkeys/new", "/account/codes", "/account/codes/new"]


@pytest.fixture
def here(server: str) -> str:
    """The server by the name that passkeys can be made for: an address of numbers isn't one."""
    return server.replace("127.0.0.1", "localhost")


@pytest.fixture(params=["light", "dark"])
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A desk by day, and a phone in German by night."""
    desk = request.param == "light"
    scheme: Literal["light", "dark"] = "light" if desk else "dark"
    size = ViewportSize(width=1440, height=900) if desk else ViewportSize(width=390, height=844)
    with browser.new_context(
        color_scheme=scheme,
        viewport=size,
        locale="en-GB" if desk else "de-DE",
    ) as context:
        yield context


def check(page: Page, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert barriers_on(page) == []


def test_no_page_has_a_barrier_or_a_complaint(context: BrowserContext, server: str) -> None:
    person("head", None)
    page = context.new_page()
    complaints = complaints_of(page, server)
    width = page.viewport_size["width"] if page.viewport_size else 0
    for path in ("/login/forgotten/1-worn-out", "/login/forgotten", "/login"):
        page.goto(f"{server}{path}")
        check(page, width)
    page.locator("#id_login").fill("head")
    page.locator("#id_password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#errors")).to_be_visible()
    check(page, width)
    page.locator("#id_password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server}/")
    page.goto(f"{server}/account/app")
    check(page, width)
    page.locator("#id_password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server}/account/app")
    page.locator("#id_code").fill(code_of(secret_on(page.content())))
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server}/account/codes")
    for path in OWN:
        page.goto(server + path)
        check(page, width)
    page.goto(f"{server}/account")
    page.locator(".bar form button").click()
    page.locator("#id_login").fill("head")
    page.locator("#id_password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server}/login/second-factor")
    check(page, width)
    assert complaints == []


def authenticator(page: Page) -> CDPSession:
    """A device that keeps passkeys and knows its owner by the finger."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session


@pytest.fixture
def desk(browser: Browser) -> Iterator[Page]:
    with browser.new_context(locale="en-GB") as context:
        yield context.new_page()


def make_passkey(page: Page, here: str, *, alone: bool) -> None:
    page.goto(f"{here}/account/passkeys/new")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Its name").fill("Laptop")
    page.get_by_label("Log in with it alone").set_checked(alone)
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url(f"{here}/account/codes")


def test_a_passkey_lets_in_alone(desk: Page, here: str) -> None:
    person("head", None)
    complaints = complaints_of(desk, here)
    log_in(desk, here, "head", PASSWORD)
    authenticator(desk)
    make_passkey(desk, here, alone=True)
    desk.goto(here)
    desk.get_by_role("button", name="Log out").click()
    desk.get_by_role("button", name="Log in with a passkey").click()
    desk.wait_for_url(f"{here}/")
    expect(desk.get_by_role("link", name="head")).to_be_visible()
    assert complaints == []


def test_a_passkey_is_the_second_factor_of_who_types_a_password(desk: Page, here: str) -> None:
    person("head", None)
    log_in(desk, here, "head", PASSWORD)
    authenticator(desk)
    make_passkey(desk, here, alone=False)
    desk.goto(here)
    desk.get_by_role("button", name="Log out").click()
    desk.get_by_label("User name").fill("head")
    desk.get_by_label("Password").fill(PASSWORD)
    desk.get_by_role("button", name="Log in", exact=True).click()
    desk.wait_for_url(f"{here}/login/second-factor")
    desk.get_by_role("button", name="Use a passkey").click()
    desk.wait_for_url(f"{here}/")


def test_who_has_none_is_told_so(desk: Page, here: str) -> None:
    authenticator(desk)
    desk.goto(f"{here}/login")
    desk.get_by_role("button", name="Log in with a passkey").click()
    expect(desk.get_by_text("There was no passkey")).to_be_visible()


def test_a_passkey_is_renamed_and_removed(desk: Page, here: str) -> None:
    person("head", None)
    log_in(desk, here, "head", PASSWORD)
    authenticator(desk)
    make_passkey(desk, here, alone=True)
    desk.goto(f"{here}/account")
    desk.get_by_role("link", name=re.compile("Rename.*Laptop")).click()
    desk.get_by_label("Its name").fill("Old laptop")
    desk.get_by_role("button", name="Save").click()
    desk.get_by_role("link", name=re.compile("Remove.*Old laptop")).click()
    desk.get_by_role("button", name="Remove").click()
    desk.wait_for_url(f"{here}/account")
    expect(desk.get_by_text("no longer lets you in")).to_be_visible()
    assert not Authenticator.objects.exists()
