"""What all pages have in common, in a real browser: on a desk and on a phone, by day and by night, for every kind of person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.portal.looking import barriers_on, bytes_of, complaints_of
from tests.portal.stage import Stage, filled
from tests.portal.windows import DESK, PHONE, session_of, window

pytestmark = pytest.mark.django_db  # by which the database is made, also for what fills it for the whole module
BESIDE = "/compare?period=today&store=BER&store=HAM"
PAGES = [
    "/",
    "/stores/BER",
    "/stores/TYO",
    "/compare?period=today",
    BESIDE,
    "/compare?q=nowhere",
    "/alerts",
    "/alerts?state=resolved",
    "/health",
    "/schedules",
    "/signs",
    "/account",
]
CHARTS = ["/stores/BER", BESIDE]
KB = 1024


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any, browser: Browser) -> Iterator[Stage]:
    with filled(django_db_blocker) as stage:
        yield stage


@pytest.fixture(scope="module")
def desk(browser: Browser, server: str, stage: Stage, django_db_blocker: Any) -> Iterator[Page]:
    with window(browser, server, session_of("head", django_db_blocker), viewport=DESK, color_scheme="light") as context:
        yield context.new_page()


@pytest.fixture(scope="module")
def phone(browser: Browser, server: str, stage: Stage, django_db_blocker: Any) -> Iterator[Page]:
    with window(
        browser,
        server,
        session_of("manager", django_db_blocker),
        viewport=PHONE,
        color_scheme="dark",
        has_touch=True,
        locale="de-DE",
    ) as context:
        yield context.new_page()


@pytest.mark.parametrize("path", PAGES)
def test_head_office_finds_no_barrier_and_no_complaint_by_day(desk: Page, server: str, path: str) -> None:
    check(desk, server, path, 1440)


@pytest.mark.parametrize("path", [path for path in PAGES if path != "/stores/TYO"])
def test_nor_does_a_manager_on_a_phone_by_night(phone: Page, server: str, path: str) -> None:
    check(phone, server, path, 390)


def check(page: Page, server: str, path: str, width: int) -> None:
    complaints = complaints_of(page, server)
    page.goto(server + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert barriers_on(page) == []
    assert complaints == []


def test_what_unfolds_and_what_is_not_there_has_no_barrier_either(phone: Page, server: str) -> None:
    for path in ("/alerts", "/stores/BER", BESIDE):
        phone.goto(server + path)
        for summary in phone.locator("summary").all():
            summary.click()
        assert barriers_on(phone) == [], path
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, path
    phone.get_by_role("button", name="Menü").click()
    assert barriers_on(phone) == []
    phone.goto(f"{server}/stores/TYO")
    expect(phone.get_by_text("404")).to_be_visible()
    assert barriers_on(phone) == []


def test_the_letter_of_last_week_can_be_looked_at_without_a_barrier(desk: Page, server: str) -> None:
    desk.goto(f"{server}/schedules")
    desk.get_by_role("link", name="See last week's").click()
    expect(desk.get_by_text("Attached:")).to_be_visible()
    assert barriers_on(desk) == []


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_lost_at_320_pixels(desk: Page, server: str, path: str) -> None:
    # As wide as a window of 1280 pixels is at 400 %.
    desk.set_viewport_size({"width": 320, "height": 800})
    desk.goto(server + path)
    assert desk.evaluate("document.documentElement.scrollWidth") <= 320
    desk.set_viewport_size({"width": 1440, "height": 900})


@pytest.mark.parametrize("width", [768, 900, 1024, 1160])
def test_no_page_is_wider_than_a_tablet(phone: Page, server: str, width: int) -> None:
    # In German, which takes more room.
    phone.set_viewport_size({"width": width, "height": 1024})
    for path in PAGES:
        phone.goto(server + path)
        assert phone.evaluate("document.documentElement.scrollWidth") <= width, path
    phone.set_viewport_size({"width": 390, "height": 844})


@pytest.mark.parametrize("width", [320, 390, 768, 1024])
def test_all_that_a_store_tells_is_seen_without_scrolling_sideways(phone: Page, server: str, width: int) -> None:
    phone.set_viewport_size({"width": width, "height": 844})
    phone.goto(f"{server}/stores/BER")
    assert phone.locator(".heat td").count() > 14
    for part in (".panel", ".heat td", ".heat th", ".list"):
        for one in phone.locator(part).all():
            assert one.evaluate("one => one.scrollWidth <= one.clientWidth"), one.inner_text()
    phone.set_viewport_size({"width": 390, "height": 844})


@pytest.mark.parametrize(("path", "most"), [("/", 300 * KB), *((path, 600 * KB) for path in CHARTS)])
def test_a_first_visit_costs_few_bytes(desk: Page, server: str, path: str, most: int) -> None:
    cost = bytes_of(desk, server + path)
    assert 10 * KB < cost <= most, cost


@pytest.mark.parametrize("path", CHARTS)
def test_charts_are_drawn_and_stand_as_tables_too(desk: Page, server: str, path: str) -> None:
    desk.goto(server + path)
    for chart in desk.locator(".chart").all():
        expect(chart.locator("canvas")).to_be_visible()
        assert chart.get_attribute("aria-label")
    figures = desk.get_by_text("Figures as a table").first
    figures.click()
    expect(desk.locator("details[open] tbody tr").first).to_be_visible()


def test_the_keyboard_alone_opens_the_menu_of_a_phone_and_goes_on(phone: Page, server: str) -> None:
    phone.goto(f"{server}/")
    menu = phone.get_by_role("navigation", name="Haupt")
    expect(menu).to_be_hidden()
    press_until(phone, phone.get_by_role("button", name="Menü"))
    phone.keyboard.press("Enter")
    expect(menu).to_be_visible()
    press_until(phone, menu.get_by_role("link", name="Alarme"))
    phone.keyboard.press("Enter")
    phone.wait_for_url(f"{server}/alerts")


def press_until(page: Page, wanted: Any, key: Literal["Tab"] = "Tab") -> None:
    for _ in range(12):
        page.keyboard.press(key)
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError("the keyboard doesn't get there")


def test_a_language_is_chosen_and_stays(desk: Page, server: str) -> None:
    desk.goto(f"{server}/alerts")
    desk.get_by_role("button", name="Deutsch").click()
    expect(desk.get_by_role("heading", name="Alarme")).to_be_visible()
    desk.goto(f"{server}/health")
    expect(desk.get_by_role("heading", name="Datenqualität")).to_be_visible()
    desk.get_by_role("button", name="English").click()
    expect(desk.get_by_role("heading", name="Data health")).to_be_visible()
