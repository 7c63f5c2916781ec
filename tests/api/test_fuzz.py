"""Whatever the OpenAPI document allows, and what it doesn't, is answered as the document says. ``make fuzz`` looks longer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.api.fuzzing import CHAINED, WITHOUT_STREAM, fuzz
from tests.api.running import Platform

pytestmark = pytest.mark.django_db
BOUNDED = ("--phases", "examples,fuzzing", *WITHOUT_STREAM, "--max-examples", "2")


@pytest.mark.parametrize("scope", ["reader", "writer"])
def test_every_endpoint_answers_as_it_is_described(platform: Platform, tmp_path: Path, scope: str) -> None:
    done = fuzz(platform.url, getattr(platform, scope), BOUNDED, tmp_path, quietly=True)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "Tested: 0" not in done.stdout


def test_what_was_added_is_found_changed_and_gone_as_it_is_described(platform: Platform, tmp_path: Path) -> None:
    done = fuzz(platform.url, platform.writer, [*CHAINED, "--max-examples", "60"], tmp_path, quietly=True)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert int(re.findall(r"(\d+) covered", done.stdout)[0]) >= 10, done.stdout[-2000:]
