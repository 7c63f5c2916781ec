"""The XCS contract as tests of whatever says that it speaks it, over real HTTP.

A test module derives one class for each implementation, and gives it a ``subject`` to ask::

    class TestAFlagship(XcsContract, PathsContract):
        @pytest.fixture
        def subject(self, …) -> Subject:
            return Subject(base_url, key, start=…, end=…, entrances=…, …)

Only what a client may rely on is asked for here; what one implementation does besides is tested beside it.
"""

import pytest

for _room in ("subject", "snapshots", "intervals", "refusals"):
    pytest.register_assert_rewrite(f"{__name__}.{_room}")

from tests.xcs_contract.intervals import CountsContract, DwellContract, NoPathsContract, PathsContract  # noqa: E402
from tests.xcs_contract.refusals import RefusalsContract  # noqa: E402
from tests.xcs_contract.snapshots import SnapshotsContract  # noqa: E402
from tests.xcs_contract.subject import Answer, Row, Subject  # noqa: E402

__all__ = ["Answer", "NoPathsContract", "PathsContract", "Row", "Subject", "XcsContract"]


class XcsContract(SnapshotsContract, CountsContract, DwellContract, RefusalsContract):
    """All of it but paths, which one either has or refuses. A derived class has a fixture ``subject``."""
