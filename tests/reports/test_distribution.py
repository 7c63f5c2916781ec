"""Facts and rollups can be distributed by store: what a cluster like Citus asks of keys and of statements holds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ingest import facts
from ingest.models import Measure
from reports import queries, rebuilding
from reports.request import ReportRequest
from sites_app.access import READ, Principal
from tests import chain, told

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
ALL = Principal("all", frozenset({READ}), sees_all=True)

DISTRIBUTED = {
    "ingest_event",
    "ingest_occupancysample",
    "ingest_queuesample",
    "ingest_footfallinterval",
    "ingest_dwellinterval",
    "ingest_pathinterval",
    "ingest_linerecord",
    "ingest_stayrecord",
    "reports_occupancyrollup",
    "reports_queuerollup",
    "reports_footfallrollup",
    "reports_dwellrollup",
    "reports_pathrollup",
}
"""The tables that grow with time. All others are small: they lie on every machine, or on the first."""

_UNIQUE = """
    SELECT ic.relname, array_agg(attribute.attname::text ORDER BY key.position)
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indrelid AND c.relname = %s
    JOIN pg_class ic ON ic.oid = i.indexrelid
    CROSS JOIN unnest(i.indkey::int[]) WITH ORDINALITY AS key (number, position)
    JOIN pg_attribute attribute ON attribute.attrelid = c.oid AND attribute.attnum = key.number
    WHERE i.indisunique GROUP BY 1
"""
_REFERENCES = """
    SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint
    WHERE contype = 'f' AND (conrelid = %s::regclass OR confrelid = %s::regclass)
"""


@pytest.mark.parametrize("table", sorted(DISTRIBUTED))
def test_a_table_that_grows_has_its_store_first_in_each_unique_key(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_UNIQUE, [table])
        keys = cursor.fetchall()
    assert keys
    assert [name for name, columns in keys if columns[0] != "store_id"] == []


@pytest.mark.parametrize("table", sorted(DISTRIBUTED))
def test_no_constraint_leads_from_a_table_that_grows_to_another(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_REFERENCES, [table, table])
        assert cursor.fetchall() == []


def test_every_table_that_is_partitioned_by_month_is_known_to_grow() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'p' AND NOT relispartition")
        partitioned = {name for (name,) in cursor.fetchall() if not name.endswith("regionrollup")}
    assert partitioned == DISTRIBUTED - {"ingest_event"}


@pytest.fixture
def lived() -> list[str]:
    """The statements of a store's day: written, rolled up, rebuilt and reported in every way."""
    controller = chain.controller(chain.store("S1"))
    door, floor, till = (chain.zone(controller, kind, kind) for kind in ("entrance", "area", "queue"))
    hour = NOW.replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    stay = facts.DwellRow(floor.store_id, floor.pk, hour, NOW, hour + timedelta(hours=1), 60_000, 5)
    path = facts.PathRow(floor.store_id, door.pk, floor.pk, hour, NOW, hour + timedelta(hours=1), 3)
    with CaptureQueriesContext(connection) as captured:
        told.people_in(floor, 5, at=NOW)
        told.waiting_in(till, 2, at=NOW)
        told.a_day_of_visitors(door, 4, now=NOW)
        facts.write(facts.Facts(dwell=[stay], paths=[path]))
        told.roll_up()
        for part in rebuilding.plan([controller.store]):
            rebuilding.rebuild(part)
        for measure, by in product(Measure, ("store", "zone", "region", "chain")):
            wanted = ReportRequest(measure, NOW.date(), NOW.date() + timedelta(days=1), by=by)  # type: ignore[arg-type]
            list(queries.run(wanted, ALL, now=NOW).rows)
    return [query["sql"] for query in captured]


def test_a_statement_keeps_to_its_stores_or_reads_one_table_of_all(lived: list[str]) -> None:
    """What reads one table of all stores is answered by each machine for its own, and merged: sums and maxima can be."""
    named = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+\"?(" + "|".join(DISTRIBUTED) + r")\"?\b", re.IGNORECASE)
    about = [(named.findall(sql), sql) for sql in lived if named.search(sql)]
    others = {"ingest_event", "ingest_linerecord", "ingest_stayrecord"}  # of webhooks and of sensors alone
    assert {table for tables, _ in about for table in tables} == DISTRIBUTED - others
    of_all = [(tables, sql) for tables, sql in about if "store_id" not in sql]
    assert [sql for tables, sql in of_all if len(set(tables)) > 1 or not sql.lstrip().startswith("SELECT")] == []
