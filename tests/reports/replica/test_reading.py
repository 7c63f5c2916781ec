"""Reports are read from a replica that keeps up, and from the primary as soon as it doesn't."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import dj_database_url
import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from ingest.models import Measure
from reports import health, queries, replicas
from reports.request import HealthRequest, ReportRequest
from sites_app.access import READ, Principal
from sites_app.models import Zone
from tests import chain, told
from tests.reports.replica.streaming import Replica, replica_of
from tests.stack.running import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime.now(UTC)
ALL = Principal("all", frozenset({READ}), sees_all=True)


_FOLLOWS = """
    SELECT bool_and(name = 'Followed') AND pg_last_xact_replay_timestamp() IS NOT NULL FROM sites_app_zone
"""


@pytest.fixture
def door() -> Zone:
    """An entrance through which 7 people came two hours ago."""
    door = chain.zone(chain.controller(chain.store("S1")), "door", "entrance")
    came(door, 7)
    return door


def came(door: Zone, people: int) -> None:
    hour = NOW.replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    told.visitors_through(door, people, start=hour, end=hour + timedelta(minutes=15))
    told.roll_up()


def url_of_the_tests_database() -> str:
    known = connections["default"].settings_dict
    return f"postgresql://{known['USER']}:{known['PASSWORD']}@{known['HOST']}:{known['PORT']}/{known['NAME']}"


@pytest.fixture
def replica(door: Zone, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Replica]:
    """A replica that Django knows, and that may be an hour behind: what a test does takes its time."""
    settings.REPLICA_LAG_S = 3600.0
    monkeypatch.setattr(replicas, "LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(replicas, "_health", replicas._Health())
    with replica_of(url_of_the_tests_database()) as replica:
        known: Any = {**dict(settings.DATABASES["default"]), **dj_database_url.parse(replica.url), "OPTIONS": {}}
        connections.settings[replicas.REPLICA] = known
        connections[replicas.REPLICA].connect()
        Zone.objects.update(name="Followed")  # a replica that has replayed nothing yet can't say how old it is
        try:
            wait_for("the replica follows", lambda: replica.execute(_FOLLOWS))
            yield replica
        finally:
            connections[replicas.REPLICA].close()
            del connections[replicas.REPLICA], connections.settings[replicas.REPLICA]


def visitors() -> Any:
    day = timedelta(days=1)
    wanted = ReportRequest(Measure.FOOTFALL, NOW.date() - day, NOW.date() + day)
    return queries.run(wanted, ALL, now=NOW).totals["visitors_in"]


def test_a_report_asks_the_replica_for_all_and_the_primary_for_nothing(replica: Replica) -> None:
    asked_for = HealthRequest(start=NOW.date() - timedelta(days=2), end=NOW.date())
    with (
        CaptureQueriesContext(connections["default"]) as of_primary,
        CaptureQueriesContext(connections[replicas.REPLICA]) as of_replica,
    ):
        assert visitors() == 7
        list(health.run(asked_for, ALL, now=NOW).rows)
    assert list(of_primary) == []
    assert len(of_replica) > 2


def test_a_replica_that_fell_behind_is_passed_over(replica: Replica, door: Zone, settings: Any) -> None:
    replica.execute("SELECT pg_wal_replay_pause()")
    came(door, 9)
    assert visitors() == 7, "within the limit the replica is asked, and it doesn't know of it yet"
    settings.REPLICA_LAG_S = 0.0
    assert visitors() == 9


def test_without_its_replica_a_report_comes_from_the_primary(replica: Replica) -> None:
    assert visitors() == 7
    replica.stop()
    assert visitors() == 7


def test_what_is_written_goes_to_the_primary(replica: Replica, door: Zone) -> None:
    def write() -> None:
        Zone.objects.filter(pk=door.pk).update(name="Main entrance")

    replicas.read(write)
    door.refresh_from_db()
    assert door.name == "Main entrance"
