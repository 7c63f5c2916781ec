"""One fleet for all tests, left as it was found by each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulator.hooks import Hook
from tests.simulator.receiver import Receiver, receiving
from tests.simulator.running import RunningFleet, running_fleet


@pytest.fixture(scope="session")
def fleet_process() -> Iterator[RunningFleet]:
    """24 stores on free ports, whose webhooks lose patience soon."""
    with running_fleet("--port", "0", "--webhook-timeout-s", "0.3", "--webhook-retry-s", "0.05") as fleet:
        fleet.set_clock()
        yield fleet


@pytest.fixture
def fleet(fleet_process: RunningFleet) -> Iterator[RunningFleet]:
    yield fleet_process
    fleet_process.reset()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def hook(fleet: RunningFleet, receiver: Receiver) -> Hook:
    """S001's webhook, set to the receiver with the fleet's own key."""
    return Hook(fleet).set(receiver)
