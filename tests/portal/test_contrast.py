"""What is read has at least WCAG AA's contrast, in the light and in the dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STYLES = (Path(__file__).parents[2] / "portal/static/portal/portal.css").read_text()
TEXT, SHAPE = 4.5, 3.0

PAIRS = [
    *((ink, ground, TEXT) for ink in ("text", "muted", "accent", "bad", "doubt") for ground in ("card", "page")),
    ("good", "card", TEXT),
    ("on-accent", "accent", TEXT),
    ("on-bar", "bar", TEXT),
    ("on-bar-muted", "bar", TEXT),
    ("bad", "tint-bad", TEXT),
    ("doubt", "tint-doubt", TEXT),
    *((shape, "card", SHAPE) for shape in ("fill", "fill-doubt", "fill-bad")),
]


def tokens() -> dict[str, dict[str, str]]:
    """The colours of both schemes; the dark one changes only some."""
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
        for block in re.findall(r":root(?::not\(\.printing\))? \{(.*?)\}", STYLES, re.S)
    )
    return {"light": light, "dark": {**light, **dark}}


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2 defines it."""
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_told_apart(scheme: str) -> None:
    colours = tokens()[scheme]
    for ink, ground, least in PAIRS:
        lower, higher = sorted((luminance(colours[ink]), luminance(colours[ground])))
        contrast = (higher + 0.05) / (lower + 0.05)
        assert contrast >= least, f"{ink} on {ground}: {contrast:.2f}"
