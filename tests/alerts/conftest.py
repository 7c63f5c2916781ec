"""A store with one of what is watched. Models are imported late: this is read before Django is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sites_app.models import Controller, Zone


@pytest.fixture
def controller(db: None) -> Controller:
    """One that answers."""
    from tests import chain
    from tests.alerts.happening import NOW

    return chain.controller(chain.store(capacity=100), state="online", last_success_at=NOW)


@pytest.fixture
def till(controller: Controller) -> Zone:
    from tests import chain

    return chain.zone(controller, "till", "queue", name="Checkout 1")


@pytest.fixture
def floor(controller: Controller) -> Zone:
    from tests import chain

    return chain.zone(controller, "floor")
