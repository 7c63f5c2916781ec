"""The fleet's controllers keep the contract, each kind of them."""

from __future__ import annotations

import pytest

from tests.simulator.running import RunningFleet
from tests.xcs_contract import NoPathsContract, PathsContract, Subject, XcsContract


class TestAFlagship(XcsContract, PathsContract):
    """It has everything."""

    @pytest.fixture
    def subject(self, fleet: RunningFleet) -> Subject:
        return fleet.subject("S001/Controller 1")


class TestTheAnnexOfAStore(XcsContract, PathsContract):
    """A second controller, with zones of its own, of which one is called as in the first."""

    @pytest.fixture
    def subject(self, fleet: RunningFleet) -> Subject:
        return fleet.subject("S003/Controller 2")


class TestAStation(XcsContract, PathsContract):
    """It has no areas: its entrances have the occupancy."""

    @pytest.fixture
    def subject(self, fleet: RunningFleet) -> Subject:
        return fleet.subject("S005/Controller 1")


class TestOldFirmware(XcsContract, NoPathsContract):
    """It knows no paths, capacities, waits or visits."""

    @pytest.fixture
    def subject(self, fleet: RunningFleet) -> Subject:
        return fleet.subject("S007/Controller 1")


class TestAStoreWithoutPathAnalytics(XcsContract, NoPathsContract):
    @pytest.fixture
    def subject(self, fleet: RunningFleet) -> Subject:
        return fleet.subject("S011/Controller 1")
