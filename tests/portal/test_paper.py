"""Pages on paper: nothing to press, charts whole and by day, and whose figures these are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.portal.stage import Stage, filled
from tests.portal.windows import DESK, PHONE, session_of, window

pytestmark = pytest.mark.django_db
BESIDE = "/compare?period=today&region=europe&store=BER&store=HAM"
CHARTED = ["/stores/BER", BESIDE]
PAPER_PX = 703  # A4 without its margins
# What is printed is what stands there once all have been told that it will be.
LOOK = """() => addEventListener("beforeprint", () => {
  window.printed = [...document.querySelectorAll(".chart canvas")].map((canvas) => canvas.clientWidth);
  window.ink = getComputedStyle(document.documentElement).getPropertyValue("--text").trim();
})"""


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any, browser: Browser) -> Iterator[Stage]:
    with filled(django_db_blocker) as stage:
        yield stage


@pytest.fixture(scope="module", params=["desk", "phone"])
def page(
    request: pytest.FixtureRequest, browser: Browser, server: str, stage: Stage, django_db_blocker: Any
) -> Iterator[Page]:
    size = DESK if request.param == "desk" else PHONE
    with window(browser, server, session_of("head", django_db_blocker), viewport=size, color_scheme="dark") as context:
        yield context.new_page()


@pytest.mark.parametrize("path", CHARTED)
def test_charts_are_drawn_as_wide_as_paper_and_by_day_and_then_as_before(page: Page, server: str, path: str) -> None:
    page.goto(server + path)
    for chart in page.locator(".chart").all():
        expect(chart.locator("canvas")).to_be_visible()
    before = page.locator(".chart canvas").first.evaluate("canvas => canvas.clientWidth")
    page.evaluate(LOOK)
    pdf = page.pdf(format="A4")
    widths = page.evaluate("printed")
    assert widths
    assert all(PAPER_PX - 10 < width <= PAPER_PX for width in widths), widths
    assert page.evaluate("ink") == "#14242a"
    assert 1 <= len(re.findall(rb"/Type /Page\b", pdf)) <= 4
    expect(page.locator("html")).not_to_have_class("printing")
    assert page.locator(".chart canvas").first.evaluate("canvas => canvas.clientWidth") == before


@pytest.mark.parametrize("path", ["/", *CHARTED, "/alerts", "/health"])
def test_there_is_nothing_to_press_and_it_says_whose_figures_these_are(page: Page, server: str, path: str) -> None:
    page.goto(server + path)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": PAPER_PX, "height": 1000})
    try:
        for pressed in (".bar", "button", "input", "select", ".foot", ".skip"):
            assert page.locator(pressed).filter(visible=True).count() == 0, pressed
        expect(page.get_by_text(re.compile(r"^Made by head, \d+ \w+ \d{4} \d\d:\d\d UTC$"))).to_be_visible()
        expect(page.get_by_text(path)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PAPER_PX
        for table in page.locator("table").filter(visible=True).all():
            assert table.evaluate("table => table.getBoundingClientRect().right") <= PAPER_PX
    finally:
        page.emulate_media(media="screen")


def test_a_comparison_says_what_it_is_of(page: Page, server: str) -> None:
    page.goto(f"{server}{BESIDE}&per=hour&like_for_like=1&tag=city")
    page.emulate_media(media="print")
    expect(page.get_by_text("Against: The period before · Per: Trading hour · Like for like")).to_be_visible()
    expect(page.get_by_text("Region: Europe · Tag: city")).to_be_visible()
    page.emulate_media(media="screen")


@pytest.mark.parametrize("path", CHARTED)
def test_a_button_prints(page: Page, server: str, path: str) -> None:
    page.add_init_script("window.print = () => { window.asked = true; }")
    page.goto(server + path)
    page.get_by_role("button", name="Print or PDF").click()
    assert page.evaluate("asked")
