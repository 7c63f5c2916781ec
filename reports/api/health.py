"""The report on the data itself."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from reports import health, queries
from reports.api import examples, files, health_schemas, parameters, tabular
from reports.api.views import TOO_MANY
from sites_app.api.endpoint import Endpoint
from sites_app.authentication import principal_of
from sites_app.problems import Problem


class Health(Endpoint):
    """By store and day how much of the data is there, and what of it can't be right."""

    parameters = None  # the request's own reading of them says what it takes
    renderer_classes = files.RENDERERS
    content_negotiation_class = files.FormatNegotiation

    @extend_schema(
        operation_id="report_health",
        summary="Data health",
        parameters=health_schemas.PARAMETERS,
        responses=files.described(health_schemas.HealthReportSerializer),
        examples=examples.HEALTH,
        tags=["Reports"],
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Data health, a row for each store and local day.

        `coverage` is that of each stream's own report: what is known of the time that is expected, null where nothing is.
        Gaps are intervals of footfall, dwell and paths that a controller has and we lacked for longer than they may take;
        a gap counts on each day that it touches, and its seconds are those within the day, all streams added up.
        `clock_skew_ms` is the furthest that any clock of the store's controllers was off on the day, negative behind ours.
        `night_occupancy` is the fewest people that were in the store while it was closed on that day. It should be 0:
        counters that miss who leaves keep what is left. It's null where the store doesn't close, or nothing is known of
        these hours; how much of them is known is `night_coverage`. In `totals` it's the highest of all days.
        """
        wanted = parameters.health_request(request, principal_of(request))
        try:
            report = health.run(wanted, principal_of(request), now=datetime.now(UTC))
        except queries.TooManyRows as error:
            raise Problem(400, f"{error} {TOO_MANY}") from error
        return tabular.answer(request, health.table_of(report), partial(health.file_name, wanted), of=repr(wanted))
