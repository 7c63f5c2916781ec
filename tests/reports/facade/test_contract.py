"""The façade keeps the contract of a controller, for each kind of store and for the chain."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.reports.facade.stores import STORES, Facade
from tests.xcs_contract import NoPathsContract, PathsContract, Subject, XcsContract

pytestmark = pytest.mark.django_db


class TestAStore(XcsContract, PathsContract):
    @pytest.fixture
    def subject(self, facade: Facade) -> Subject:
        return facade.store("S001")


class TestAStoreWithTwoControllers(XcsContract, PathsContract):
    """Both have an ``entrance_a``."""

    @pytest.fixture
    def subject(self, facade: Facade) -> Subject:
        return facade.store("S003")


class TestAStation(XcsContract, PathsContract):
    """Its entrances have the occupancy."""

    @pytest.fixture
    def subject(self, facade: Facade) -> Subject:
        return facade.store("S005")


class TestAStoreOfOldFirmware(XcsContract, NoPathsContract):
    """What its controller doesn't tell is null."""

    @pytest.fixture
    def subject(self, facade: Facade) -> Subject:
        return replace(facade.store("S007"), paths_refused=(403, "FEATURE_DISABLED"))


class TestAStoreWithoutPathAnalytics(XcsContract, NoPathsContract):
    @pytest.fixture
    def subject(self, facade: Facade) -> Subject:
        return replace(facade.store("S011"), paths_refused=(403, "FEATURE_DISABLED"))


class TestTheChain(XcsContract):
    """Not all of its stores have paths."""

    @pytest.fixture
    def subject(self, facade: Facade) -> Subject:
        return facade.chain(STORES, facade.key)


class TestAPartOfTheChain(XcsContract, PathsContract):
    """As a key of two regions sees it."""

    @pytest.fixture
    def subject(self, facade: Facade) -> Subject:
        return facade.chain(("S001", "S003", "S005"), facade.with_paths)
