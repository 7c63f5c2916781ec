"""``make pictures``: the README's picture of the portal, taken of the demo that runs on ``XOVIS_PORT``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.browser import chromium, chromium_command, log_in
from xovis_platform.stack.demo import read_demo
from xovis_platform.stack.plan import ROOT

PICTURE = ROOT / "docs" / "pictures" / "overview.png"
LARGEST_BYTES = 300 * 1024


def take(command: str, url: str, username: str, password: str) -> bytes:
    """The overview, on a desk and by day."""
    with chromium(command) as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 960}, color_scheme="light")
        log_in(page, url, username, password)
        page.get_by_role("table").wait_for()
        return page.screenshot(animations="disabled")


def main() -> None:
    """Write it; exits with a line that says why where it can't."""
    command = chromium_command()
    data_dir = Path(os.environ.get("XOVIS_DATA_DIR", ROOT / ".data"))
    login = next(iter(read_demo(data_dir).get("logins", [])), None)
    if command is None:
        sys.exit("There is no Chromium on PATH.")
    if login is None:
        sys.exit(f"No demo has run in {data_dir}: start one with `make demo`.")
    url = f"http://127.0.0.1:{os.environ.get('XOVIS_PORT', '8000')}"
    picture = take(command, url, login["username"], login["password"])
    if len(picture) > LARGEST_BYTES:
        sys.exit(f"The picture has {len(picture):,} bytes, more than {LARGEST_BYTES:,}.")
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_bytes(picture)


if __name__ == "__main__":
    main()
