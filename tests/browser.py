"""The machine's own Chromium: nothing is downloaded for it, and it speaks to nobody but the platform."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect, sync_playwright

# A page under test shares the machine with all other tests: what comes late is no failure, what never comes is.
expect.set_options(timeout=30_000)

_COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync")


def chromium_command() -> str | None:
    """Where it is, if there is one."""
    return next((path for command in _COMMANDS if (path := shutil.which(command))), None)


@contextmanager
def chromium(command: str) -> Iterator[Browser]:
    """A running browser without a window."""
    with sync_playwright() as playwright:
        # Its sandbox can't be had by root, in which containers run; the pages are all our own.
        browser = playwright.chromium.launch(executable_path=command, args=["--no-sandbox", *_QUIET])
        try:
            yield browser
        finally:
            browser.close()


def log_in(page: Page, url: str, username: str, password: str) -> None:
    """By the form, as a person does."""
    page.goto(f"{url}/login")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url(f"{url}/")
