"""Views: who asks, what for, answered."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

import msgspec
from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ingest.models import Measure
from reports import live, queries
from reports.api import answers, examples, files, live_schemas, parameters, schemas, tabular
from reports.tables import file_name, table_of
from sites_app.access import Principal
from sites_app.api.endpoint import Endpoint
from sites_app.api.tags import is_known, tag_of, tagged
from sites_app.authentication import principal_of
from sites_app.models import Region, Store, StoreQuerySet
from sites_app.problems import Problem


class _Answers(Endpoint):
    """GETs that are tagged by what in them is stable, and look at their parameters themselves."""

    parameters = None

    def finish(self, request: Request, content: dict[str, Any], *, stable: Any) -> Response:
        """The answer, tagged by what in it is stable: not the moment at which it was made."""
        tag = tag_of([msgspec.json.encode(stable)])
        return tagged(Response(status=304) if is_known(request, tag) else Response(content), tag)


class _LiveView(_Answers):
    def stores(self, request: Request, principal: Principal) -> StoreQuerySet:
        given = parameters.query(request, parameters.LIVE_PARAMETERS)
        stores = Store.objects.visible_to(principal)
        if codes := parameters.store_codes(given, principal):
            stores = stores.filter(code__in=codes)
        if regions := parameters.region_codes(given, principal):
            stores = stores.under(Region.objects.filter(code__in=regions).values_list("pk", flat=True))
        if tags := parameters.tags(given):
            stores = stores.filter(tags__overlap=list(tags))
        return stores


class LiveOccupancy(_LiveView):
    """The people in each store now. A store whose last sample no longer holds is ``unknown``, never an old number."""

    @extend_schema(
        operation_id="live_occupancy",
        parameters=schemas.FILTERS,
        responses=live_schemas.LiveOccupancySerializer,
        examples=examples.LIVE_OCCUPANCY,
        tags=["Live"],
    )
    def get(self, request: Request) -> Response:
        """The people in each store now."""
        now = datetime.now(UTC)
        items = live.occupancy(self.stores(request, principal_of(request)), now=now)
        results = [answers.occupancy_answer(item, now) for item in items]
        return self.finish(
            request,
            {"as_of": now.isoformat(), "results": results},
            stable=[answers.without_age(result) for result in results],
        )


class LiveQueues(_LiveView):
    """Each queue now."""

    @extend_schema(
        operation_id="live_queues",
        parameters=schemas.FILTERS,
        responses=live_schemas.LiveQueuesSerializer,
        examples=examples.LIVE_QUEUES,
        tags=["Live"],
    )
    def get(self, request: Request) -> Response:
        """Each queue now: how many wait, how long, and whether that's over its threshold."""
        now = datetime.now(UTC)
        items = live.queues(self.stores(request, principal_of(request)), now=now)
        results = [answers.queue_answer(item, now) for item in items]
        return self.finish(
            request,
            {"as_of": now.isoformat(), "results": results},
            stable=[answers.without_age(result) for result in results],
        )


class _ReportView(Endpoint):
    measure: Measure
    parameters = None  # what it takes differs by report
    renderer_classes = files.RENDERERS
    content_negotiation_class = files.FormatNegotiation

    def get(self, request: Request) -> HttpResponseBase:
        """The report."""
        principal = principal_of(request)
        wanted = parameters.report_request(request, self.measure, principal)
        try:
            report = queries.run(wanted, principal, now=datetime.now(UTC))
        except queries.TooManyRows as error:
            raise Problem(400, f"{error} {_TOO_MANY}") from error
        named = partial(file_name, report.request)
        return tabular.answer(request, table_of(report), named, of=repr(report.request))


_TOO_MANY = (
    "POST the same report to /api/v1/exports, which makes a file of any size; "
    "or ask for a shorter window, fewer stores or a coarser granularity."
)


def report_view(measure: Measure) -> Any:
    """The view of one report, described with its own columns."""
    view = type(f"{measure.value.capitalize()}View", (_ReportView,), {"measure": measure, "__doc__": _ABOUT[measure]})
    described = extend_schema(
        operation_id=f"report_{measure.value}",
        summary=_ABOUT[measure].split(":")[0],
        description=_ABOUT[measure],
        parameters=schemas.REPORT_PARAMETERS,
        responses=files.described(schemas.report_serializer(measure)),
        examples=examples.report(measure),
        tags=["Reports"],
    )
    return cast("type[APIView]", extend_schema_view(get=described)(view)).as_view()


_ABOUT = {
    Measure.FOOTFALL: "Footfall: visitors who came and went through the entrances.",
    Measure.OCCUPANCY: "Occupancy: people in the store over time, against its capacity.",
    Measure.QUEUES: "Queues: lengths, waits, and how well the threshold was kept.",
    Measure.DWELL: "Dwell: how long people stayed.",
    Measure.PATHS: "Paths: how many went from one zone to another; null is the outside of the store.",
}
