"""The admin's pages have no barrier that axe finds by WCAG 2.2 AA: for whoever registers stores, in all windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.portal.looking import barriers_on
from tests.portal.stage import Stage, filled
from tests.portal.windows import SCHEMES, SIZES, session_of, window, without_complaint

pytestmark = pytest.mark.django_db
CSV = "store_code,store_name,region,timezone,base_url,api_key\nNEW,New,Europe/Germany,Europe/Berlin,http://xcs/api/v1,key\n"


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any, browser: Browser) -> Iterator[Stage]:
    with filled(django_db_blocker) as stage:
        yield stage


@pytest.fixture(scope="module", params=list(product(SIZES, SCHEMES)), ids="-".join)
def page(
    request: pytest.FixtureRequest, browser: Browser, server: str, stage: Stage, django_db_blocker: Any
) -> Iterator[Page]:
    size, scheme = request.param
    with window(
        browser, server, session_of("installer", django_db_blocker), viewport=SIZES[size], color_scheme=scheme
    ) as context:
        yield context.new_page()


def login(page: Page, server: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{server}/admin/login/")


def form(page: Page, server: str) -> None:
    page.goto(f"{server}/admin/sites_app/store/")
    page.get_by_role("link", name="BER", exact=True).click()
    page.get_by_role("button", name="Test the connection").wait_for()


def preview(page: Page, server: str) -> None:
    page.goto(f"{server}/admin/sites_app/store/import/")
    file: Any = {"name": "stores.csv", "mimeType": "text/csv", "buffer": CSV.encode()}
    page.get_by_label("CSV file").set_input_files(files=[file])
    page.get_by_role("button", name="Look at it").click()
    page.get_by_text("Nothing is written yet").wait_for()


def at(path: str) -> Callable[[Page, str], None]:
    def go(page: Page, server: str) -> None:
        page.goto(server + path)

    return go


WAYS = {
    "index": at("/admin/"),
    "list of stores": at("/admin/sites_app/store/"),
    "list of controllers": at("/admin/sites_app/controller/"),
    "new store": at("/admin/sites_app/store/add/"),
    "store": form,
    "import": at("/admin/sites_app/store/import/"),
    "preview of an import": preview,
    "quarantine": at("/admin/ingest/quarantine/"),
    "login": login,  # the last one: it logs out
}


def test_a_sentence_in_a_list_is_not_cut(page: Page, server: str) -> None:
    page.goto(f"{server}/admin/ingest/quarantine/")
    expect(page.get_by_text("fetch the sensor's history of that time")).to_be_visible()
    for cell in page.locator("#result_list tbody > tr > *").all():
        assert cell.evaluate("cell => cell.scrollHeight <= cell.clientHeight"), cell.inner_text()


@pytest.mark.parametrize("way", WAYS)
def test_no_barrier(page: Page, server: str, way: str) -> None:
    width = page.viewport_size["width"] if page.viewport_size else 0
    with without_complaint(page, server, width):
        WAYS[way](page, server)
        height: int = page.evaluate("document.documentElement.scrollHeight")
        # As high as all of it, so that the bar of buttons, which sticks to the window's edge, lies over nothing.
        page.set_viewport_size({"width": width, "height": max(height, 844)})
        assert barriers_on(page) == []
