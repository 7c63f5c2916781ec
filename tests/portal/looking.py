"""Looking at pages as people do: what the console complains of, what axe finds, what came over the wire."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

_AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def complaints_of(page: Page, server: str) -> list[str]:
    """What the console says is wrong, refused scripts and styles included, and requests to other hosts."""
    found: list[str] = []
    page.on("console", lambda said: found.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith((server, "data:")) else found.append(asked.url))
    return found


@cache
def _axe() -> str:
    return _AXE.read_text()


def barriers_on(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA, with the elements. It's put in past the page's policy, by the browser itself."""
    page.evaluate(f"() => {{ {_axe()} }}")
    found = page.evaluate("rules => axe.run({runOnly: rules})", _RULES)
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def bytes_of(page: Page, url: str) -> int:
    """What a first visit of a page costs over the wire, headers included."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes: list[int] = []
    session.on("Network.loadingFinished", lambda told: sizes.append(int(told["encodedDataLength"])))
    page.goto(url)  # until all that it names is there; the live stream never is
    return sum(sizes)
