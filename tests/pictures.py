"""``make pictures``: the README's pictures of the portal, taken of the demo that runs on ``XOVIS_PORT``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser, Page

from tests.browser import chromium, chromium_command, log_in
from xovis_platform.stack.demo import read_demo
from xovis_platform.stack.plan import ROOT

PICTURES = ROOT / "docs" / "pictures"
LARGEST_BYTES = 300 * 1024
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 960}, "color_scheme": "light"}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}


class View(NamedTuple):
    """A picture: its name, the page's address, and how it's looked at."""

    name: str
    path: str
    window: dict[str, Any]


VIEWS = (
    View("overview", "/", DESK),
    View("store", "/stores/S018", DESK),
    View("compare", "/compare?store=S018&store=S006&store=S001", DESK),
    View("health", "/health", DESK),
    View("phone", "/compare?metric=average_utilisation", PHONE),
)


def take(browser: Browser, url: str, username: str, password: str) -> Iterator[tuple[str, bytes]]:
    """Each view's name and picture."""
    for view in VIEWS:
        with browser.new_context(**view.window) as context:
            page = context.new_page()
            log_in(page, url, username, password)
            page.goto(url + view.path)
            _wait_for_charts(page)
            yield view.name, page.screenshot(animations="disabled")


def _wait_for_charts(page: Page) -> None:
    for chart in page.locator("div.chart").all():
        chart.locator("canvas").wait_for()


def main() -> None:
    """Write them; exits with a line that says why where it can't."""
    command = chromium_command()
    data_dir = Path(os.environ.get("XOVIS_DATA_DIR", ROOT / ".data"))
    login = next(iter(read_demo(data_dir).get("logins", [])), None)
    if command is None:
        sys.exit("There is no Chromium on PATH.")
    if login is None:
        sys.exit(f"No demo has run in {data_dir}: start one with `make demo`.")
    url = f"http://127.0.0.1:{os.environ.get('XOVIS_PORT', '8000')}"
    PICTURES.mkdir(parents=True, exist_ok=True)
    with chromium(command) as browser:
        for name, picture in take(browser, url, login["username"], login["password"]):
            if len(picture) > LARGEST_BYTES:
                sys.exit(f"The picture '{name}' has {len(picture):,} bytes, more than {LARGEST_BYTES:,}.")
            (PICTURES / f"{name}.png").write_bytes(picture)


if __name__ == "__main__":
    main()
