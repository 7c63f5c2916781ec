"""The portal in a real browser, on the real server: what people see, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from sites_app.models import Zone
from tests import chain, told
from tests.browser import log_in
from tests.portal.looking import complaints_of
from tests.portal.people import PASSWORD, logged_in, person

pytestmark = pytest.mark.django_db(transaction=True)

REFRESH_MS = 5_000


@pytest.fixture
def floor() -> Zone:
    """A store with 123 people, a queue and visitors, and another one that told its last at eight in the morning."""
    now = datetime.now(UTC)
    silent = chain.zone(chain.controller(chain.store("S2", under="Asia", timezone=told.noon_zone(now))), "floor")
    told.people_in(silent, 4321, at=silent.store.local(now).replace(hour=8, minute=0))
    floor = chain.zone(chain.controller(chain.store("S1", capacity=200, timezone=told.noon_zone(now))), "floor")
    told.people_in(floor, 123, at=now)
    told.waiting_in(chain.zone(floor.controller, "till", "queue"), 9, at=now, threshold=8)
    told.a_day_of_visitors(chain.zone(floor.controller, "door", "entrance"), 30, now=now)
    told.roll_up()
    return floor


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser's window of its own, with a clock that a test can move on."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.clock.install()
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, server: str, floor: Zone) -> Page:
    """The overview, as head office sees it."""
    session = logged_in(person("head", None)).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": server}])
    page = context.new_page()
    page.goto(server)
    return page


def cell(page: Page, code: str, column: str) -> Locator:
    return page.locator(f"#store-{code} [data-label='{column}']")


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)], ids=["desk", "phone"])
def test_who_logs_in_sees_the_stores_and_what_changes_in_them(
    context: BrowserContext, server: str, floor: Zone, width: int, height: int
) -> None:
    person("head", None)
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": height})
    complaints = complaints_of(page, server)

    log_in(page, server, "head", PASSWORD)
    expect(page.get_by_role("rowheader", name="Store S1")).to_be_visible()
    expect(cell(page, "S1", "People now")).to_contain_text("123 of 200")
    expect(cell(page, "S1", "Worst queue now")).to_contain_text("9 waiting over 8")
    expect(cell(page, "S1", "Visitors today")).to_contain_text("until 12:")
    expect(cell(page, "S2", "People now")).to_contain_text("unknown since 08:03")
    expect(page.get_by_text("4,321")).to_have_count(0)

    page.evaluate("window.sameDocument = true")
    told.people_in(floor, 192, at=datetime.now(UTC))
    page.clock.run_for(REFRESH_MS)
    expect(cell(page, "S1", "People now")).to_contain_text("192 of 200 96 % nearly full")
    assert page.evaluate("window.sameDocument")

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("header").evaluate("bar => getComputedStyle(bar).backgroundColor") == "rgb(10, 58, 68)"
    assert complaints == []


def test_figures_that_can_not_be_refreshed_are_said_to_be_old_until_they_can(page: Page, floor: Zone) -> None:
    notice = page.get_by_role("alert")
    expect(notice).to_be_hidden()
    page.context.set_offline(True)
    page.clock.run_for(3 * REFRESH_MS)  # one that was just under way may still have come
    expect(notice).to_contain_text("no new figures since ")
    assert (page.locator(".as-of time").text_content() or "never") in notice.inner_text()
    assert float(page.locator("#live").evaluate("live => getComputedStyle(live).opacity")) < 1
    page.context.set_offline(False)
    told.people_in(floor, 20, at=datetime.now(UTC))
    page.clock.run_for(REFRESH_MS)
    expect(notice).to_be_hidden()
    expect(cell(page, "S1", "People now")).to_contain_text("20 of 200")


def test_a_page_that_slept_is_not_taken_for_fresh(page: Page) -> None:
    page.route("**/overview/live", lambda _: None)  # never answered
    page.clock.fast_forward("10:00")
    expect(page.get_by_role("alert")).to_contain_text("Not up to date")


def test_who_was_logged_out_elsewhere_sees_the_login_and_no_figures(page: Page) -> None:
    page.context.clear_cookies()
    page.clock.run_for(3 * REFRESH_MS)  # one that was just under way may still have come with the cookie
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    expect(page.get_by_text("Store S1")).to_have_count(0)


def test_admin_and_api_docs_open_under_their_policies(page: Page, server: str) -> None:
    User.objects.update(is_staff=True, is_superuser=True)
    complaints = complaints_of(page, server)
    page.goto(f"{server}/admin/sites_app/store/")
    expect(page.get_by_role("link", name="S1", exact=True)).to_be_visible()
    page.goto(f"{server}/api/docs")
    expect(page.get_by_text("/api/v1/live/occupancy")).to_be_visible()
    assert complaints == []
