"""One platform for all tests of a module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.api.running import Platform


@pytest.fixture(scope="module")
def platform(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    """Three stores of a fleet, behind the web server."""
    from tests.api.running import platform as running  # Django isn't there yet where this file is read first

    with running(tmp_path_factory.mktemp("platform"), django_db_blocker.unblock()) as platform:
        yield platform
