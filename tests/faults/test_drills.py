"""What breaks comes back by itself, and what is shown meanwhile is true. Longer, and by hand, it's ``make drill``.

The full disk and the worker out of memory are only there: what a poll couldn't write is asked for again after three minutes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.faults.drills import DRILLS
from tests.faults.platform import Platform, running_platform

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds the stack's processes in /proc")
SECONDS = {"broker-lost": 45.0}
"""Long enough for figures to grow old."""
LONG = {"disk-full", "worker-out-of-memory"}


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    with running_platform() as platform:
        yield platform


@pytest.mark.parametrize("name", sorted(set(DRILLS) - LONG))
def test_what_broke_comes_back_by_itself_and_loses_nothing(platform: Platform, name: str) -> None:
    assert list(DRILLS[name](platform, SECONDS.get(name, 5.0))) == []
