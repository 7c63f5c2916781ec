"""One browser and one web server for all tests of the portal, and windows of the sizes and schemes that people have."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connections
from django.utils import translation
from playwright.sync_api import Browser

from tests.browser import chromium, chromium_command
from tests.server import web_server
from xovis_platform.stack import plan


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Django leaves a thread in the language of its last request; the next test begins in that of the platform."""
    yield
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(scope="package")
def browser(django_db_setup: None) -> Iterator[Browser]:
    """The database comes first: beside the browser's event loop Django has other connections, which only find it made."""
    command = chromium_command()
    if command is None and os.environ.get("CI"):
        pytest.fail("There is no Chromium on PATH, and CI must not go without this test.")
    if command is None:
        pytest.skip("no Chromium on PATH (chromium, chromium-browser or google-chrome)")
    with pytest.MonkeyPatch.context() as patch:
        # Playwright keeps an event loop running in this thread. Nothing is awaited in it, so the ORM may be used.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        with chromium(command) as running:
            yield running
            # Nobody else would find them, once the loop has gone.
            connections.close_all()


@pytest.fixture(scope="package")
def server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """With static files of its own, collected as the stack collects them."""
    environment = {"XOVIS_DATA_DIR": str(tmp_path_factory.mktemp("data"))}
    static = next(step for step in plan.steps(environment) if step.name == "static")
    subprocess.run(static.command, env={**os.environ, **environment}, check=True)
    with web_server(**environment) as url:
        yield url
