"""Reports read rollups and the registry, never facts: what they cost doesn't grow with what was measured."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ingest.models import DwellInterval, FootfallInterval, Measure, OccupancySample, PathInterval, QueueSample
from reports import queries
from reports.measures import SPECS
from reports.merging import MERGES
from reports.request import BYS, COMPARES, GRANULARITIES, PROFILES, ReportRequest
from sites_app.access import Principal
from tests import chain

pytestmark = pytest.mark.django_db
FACTS = [
    model._meta.db_table for model in (OccupancySample, QueueSample, FootfallInterval, DwellInterval, PathInterval)
]
NOW = datetime(2026, 3, 14, 15, 7, tzinfo=UTC)
EVERYBODY = Principal("everybody", frozenset({"read"}), sees_all=True)


@pytest.mark.parametrize("measure", SPECS)
def test_no_report_reads_facts(measure: Measure) -> None:
    controller = chain.controller(chain.store("S1", under="Europe/North"))
    for name, kind in (("door", "entrance"), ("floor", "area"), ("till", "queue")):
        chain.zone(controller, name, kind, has_dwell=True)
    with CaptureQueriesContext(connection) as captured:
        for granularity, by, compare in product((*GRANULARITIES, *PROFILES), BYS, COMPARES):
            # Up to the middle of today, and from the middle of a day.
            for start, end in ((date(2026, 3, 2), date(2026, 3, 15)), (datetime(2026, 3, 2, 9, 15, tzinfo=UTC), NOW)):
                request = ReportRequest(measure, start, end, granularity, by, compare=compare)
                queries.run(request, EVERYBODY, now=NOW)
    asked = [query["sql"] for query in captured]
    assert any(MERGES[measure].table in sql for sql in asked)
    assert [sql for sql in asked for table in FACTS if table in sql] == []
