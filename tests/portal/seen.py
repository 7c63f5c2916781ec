"""What a person sees of the overview."""

from __future__ import annotations

import html
import re


def text_of(markup: str) -> str:
    """What a person reads of a piece of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def codes_of(page: str) -> list[str]:
    """The stores on a page, in their order."""
    return re.findall(r'id="store-([^"]+)"', page)


def row_of(page: str, code: str) -> dict[str, str]:
    """What a page shows of a store, by column."""
    row = re.search(rf'<tr[^>]*id="store-{code}".*?</tr>', page, re.DOTALL)
    assert row, f"{code} is not on the page"
    cells = re.findall(r"<t[hd]([^>]*)>(.*?)</t[hd]>", row[0], re.DOTALL)
    labels = [re.search(r'data-label="([^"]*)"', attributes) for attributes, _ in cells]
    return {label[1] if label else "Store": text_of(cell) for label, (_, cell) in zip(labels, cells, strict=True)}


def tiles_of(page: str) -> dict[str, str]:
    """The figures at the head of a page, by their titles."""
    found = re.findall(r'<div class="card tile">\s*<h2>(.*?)</h2>(.*?)</div>', page, re.DOTALL)
    return {title: text_of(tile) for title, tile in found}
