"""One façade for all tests of a module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.reports.facade.stores import Facade


@pytest.fixture(scope="module")
def facade(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facade]:
    """A fleet of five stores, and the façade over them."""
    from tests.reports.facade.stores import standing  # Django isn't there yet where this file is read first

    with standing(django_db_blocker, tmp_path_factory.mktemp("fleet")) as facade:
        yield facade
