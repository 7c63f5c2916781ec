"""Each kind of person goes about in the portal as they do, on a desk and on a phone, by day and by night."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.portal.looking import barriers_on
from tests.portal.stage import Stage, filled
from tests.portal.windows import SCHEMES, SIZES, session_of, window, without_complaint

pytestmark = pytest.mark.django_db
PAGES = ["Overview", "Compare", "Alerts", "Data health", "Schedules", "Signs"]
STORES = "/admin/sites_app/store/"


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any, browser: Browser) -> Iterator[Stage]:
    with filled(django_db_blocker) as stage:
        yield stage


@pytest.fixture(scope="module")
def sessions(stage: Stage, django_db_blocker: Any) -> dict[str, str]:
    return {name: session_of(name, django_db_blocker) for name in ("head", "manager", "installer")}


@pytest.fixture(params=list(product(SIZES, SCHEMES)), ids="-".join)
def seen(request: pytest.FixtureRequest, browser: Browser, server: str, sessions: dict[str, str]) -> Iterator[Any]:
    """Open a person's window of this size and scheme."""
    size, scheme = request.param
    opened = []

    def open_for(name: str, **options: Any) -> Page:
        options = {"viewport": SIZES[size], "color_scheme": scheme, "has_touch": size == "phone", **options}
        opened.append(window(browser, server, sessions[name], **options))
        return opened[-1].new_page()

    yield open_for
    for context in opened:
        context.close()


def go(page: Page, name: str) -> None:
    """By the menu, which a phone hides behind a button."""
    button = page.get_by_role("button", name="Menu", exact=True)
    if button.is_visible():
        button.click()
    page.get_by_role("navigation", name="Main").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


def goes_through_all_pages(page: Page, server: str) -> None:
    page.goto(server)
    page.get_by_role("link", name="Berlin").first.click()
    expect(page.get_by_role("heading", level=1, name="Berlin")).to_be_visible()
    for name in PAGES:
        go(page, name)


def test_head_office_sees_all_stores_without_a_barrier(seen: Any, server: str) -> None:
    page = seen("head")
    with without_complaint(page, server, page.viewport_size["width"]):
        goes_through_all_pages(page, server)
        for path in ("/", "/stores/BER", "/compare?period=today&store=BER&store=HAM", "/alerts", "/health"):
            page.goto(server + path)
            assert barriers_on(page) == [], path
        page.goto(server)
        expect(page.locator("#store-TYO")).to_be_visible()


def test_a_manager_sees_their_own(seen: Any, server: str) -> None:
    page = seen("manager")
    with without_complaint(page, server, page.viewport_size["width"]):
        goes_through_all_pages(page, server)
        page.goto(server)
        expect(page.locator("#store-BER")).to_be_visible()
        expect(page.locator("#store-TYO")).to_have_count(0)
        expect(page.get_by_role("link", name="Admin")).to_have_count(0)


def test_an_installer_tries_a_controller_out_and_saves_its_store(seen: Any, server: str) -> None:
    page = seen("installer")
    with without_complaint(page, server, page.viewport_size["width"]):
        goes_through_all_pages(page, server)
        page.goto(server + STORES)
        expect(page.get_by_role("link", name="TYO", exact=True)).to_have_count(0)
        page.get_by_role("link", name="BER", exact=True).click()
        page.get_by_role("button", name="Test the connection").click()
        expect(page.get_by_role("status").filter(has_text="127.0.0.1:9 refused the connection")).to_be_visible()
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("was changed successfully")).to_be_visible()


def test_an_installer_reads_german_where_that_is_theirs(seen: Any, server: str) -> None:
    page = seen("installer", locale="de-DE")
    page.goto(server + STORES)
    page.get_by_role("link", name="BER", exact=True).click()
    expect(page.get_by_label("Zeitzone")).to_be_visible()
    expect(page.get_by_role("heading", name="Controller", exact=True)).to_be_visible()
    page.get_by_role("button", name="Verbindung prüfen").click()
    expect(page.get_by_role("status").filter(has_text="127.0.0.1:9 hat die Verbindung abgelehnt")).to_be_visible()
    page.goto(f"{server}/admin/ingest/quarantine/")
    expect(page.get_by_text("Erwartet: ganze Zahl; gekommen: Text.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^\d+\. \w+ \d{4} \d\d:\d\d UTC$")).first).to_be_visible()
