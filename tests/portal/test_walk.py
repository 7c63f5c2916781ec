"""The walk that the README leads a newcomer through, on a platform of its own: from nothing to a store's first figures."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.browser import log_in
from tests.portal.looking import complaints_of
from tests.stack.running import ROOT, Stack, environment_of, running_stack, wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds the stack's processes in /proc")

AT_MOST_S = 180
PASSWORD = "correct horse battery"
_SECTION = (ROOT / "README.md").read_text().partition("## Your own stores\n")[2].partition("\n## ")[0]
LOGIN, FLEET = re.findall(r"^\.venv/bin/python (.+)$", _SECTION, re.MULTILINE)


def test_a_newcomer_sees_the_figures_of_a_store_within_three_minutes(browser: Browser) -> None:
    with running_stack("run") as stack, a_fleet() as rows, browser.new_page() as page:
        wait_for("the platform is up", stack.is_ready)
        complaints = complaints_of(page, stack.url)
        began = time.monotonic()
        made_login(stack)
        log_in(page, stack.url, "ines", PASSWORD)
        page.get_by_role("link", name="Admin", exact=True).click()
        add_region(page)
        add_store(page, in_the_afternoon(rows))
        sees_figures(page)
        assert time.monotonic() - began < AT_MOST_S
        assert complaints == []


def made_login(stack: Stack) -> None:
    """As a person at a terminal answers the command."""
    asked, answers = b"", [(b"Username", "ines"), (b"Email", ""), (b"Password:", PASSWORD), (b"(again)", PASSWORD)]
    ours, theirs = pty.openpty()
    command = [sys.executable, *LOGIN.split()]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment_of(stack.data_dir), stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        for question, answer in answers:
            while question not in asked:
                asked += os.read(ours, 1024)
            asked = b""
            os.write(ours, f"{answer}\n".encode())
        assert process.wait(60) == 0, os.read(ours, 4096).decode()


@contextmanager
def a_fleet() -> Iterator[list[dict[str, str]]]:
    """What its table lists."""
    command = [sys.executable, *FLEET.replace("--port 9100", "--port 0").split()]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            control = json.loads(process.stdout.readline())["control"]
            yield list(csv.DictReader(io.StringIO(requests.get(f"{control}/fleet.csv", timeout=30).text)))
        finally:
            process.terminate()


def in_the_afternoon(rows: list[dict[str, str]]) -> dict[str, str]:
    """The store that is the least likely to be closed now."""
    return min(rows, key=lambda row: abs(datetime.now(ZoneInfo(row["timezone"])).hour - 14))


def add_region(page: Page) -> None:
    page.get_by_role("link", name="Regions", exact=True).first.click()
    page.get_by_role("link", name="Add region").first.click()
    page.get_by_label("Code").fill("germany")
    page.get_by_label("Name").fill("Germany")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()


def add_store(page: Page, row: dict[str, str]) -> None:
    page.get_by_role("link", name="Stores", exact=True).first.click()
    page.get_by_role("link", name="Add store").first.click()
    page.get_by_label("Code").fill("S1")
    page.get_by_role("textbox", name="Name").first.fill("First")
    page.get_by_role("combobox", name="Region").click()
    page.get_by_role("option", name="Germany").click()
    page.get_by_label("Time zone").fill(row["timezone"])
    page.get_by_role("textbox", name="Name").nth(1).fill("Controller 1")
    page.get_by_role("textbox", name="Address").fill(row["base_url"])
    page.get_by_label("API key").first.fill(row["api_key"])
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_role("status").filter(has_text="✓ It answers, with ")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("S1 Controller 1: It answered, and has ")).to_be_visible()


def sees_figures(page: Page) -> None:
    page.get_by_role("link", name="To the portal").click()
    store = page.locator("#store-S1")
    expect(store.get_by_role("rowheader")).to_contain_text("First")
    for column, figure in (
        ("People now", r"\d+\s+of"),
        ("Worst queue now", r"\d+\s+waiting"),
        ("Visitors today", r"\d+\s+until"),
    ):
        expect(store.locator(f"[data-label='{column}']")).to_contain_text(re.compile(figure), timeout=AT_MOST_S * 1000)
