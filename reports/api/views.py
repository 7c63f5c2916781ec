"""Views: who asks, what for, answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar, cast

import msgspec
from django.http import HttpResponse, HttpResponseBase
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.views import APIView

from ingest.models import Measure
from reports import live, queries
from reports.api import answers, examples, files, live_schemas, parameters, schemas, tabular
from reports.live.instants import us_of
from reports.tables import file_name, table_of
from sites_app.access import Principal
from sites_app.api.endpoint import Endpoint
from sites_app.api.tags import tagged
from sites_app.authentication import principal_of
from sites_app.models import Region, Store, StoreQuerySet
from sites_app.problems import Problem


class _LiveView(Endpoint):
    """What is known now, as long as it is: a reader that has it already is told so, at the cost of a look for changes."""

    parameters = None  # looks at them itself
    what: ClassVar[str]

    def figures(self, scope: live.Scope, now: datetime) -> tuple[list[Any], int | None]:
        """The live figures of these stores, and until when they hold."""
        raise NotImplementedError

    def answers(self, figures: list[Any], now_us: int) -> Sequence[Any]:
        """The figures as the API writes them."""
        raise NotImplementedError

    def answer(self, request: Request) -> HttpResponse:
        """The figures, or that the reader has them."""
        now = datetime.now(UTC)
        scope = live.Scope.of(self.stores(request, principal_of(request)))
        known = request.headers.get("If-None-Match", "")
        if tag := live.unchanged_tag(known, self.what, scope, now=now):
            return tagged(HttpResponse(status=304), tag)
        validity = live.Validity.begin(self.what, scope, now=now)
        figures, until_us = self.figures(scope, now)
        tag = validity.tag(figures, until_us)
        if live.are_same(known, tag):
            return tagged(HttpResponse(status=304), tag)
        body = msgspec.json.encode({"as_of": now.isoformat(), "results": self.answers(figures, us_of(now))})
        return tagged(HttpResponse(body, content_type="application/json"), tag)

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

    what = "occupancy"

    @extend_schema(
        operation_id="live_occupancy",
        parameters=schemas.FILTERS,
        responses=live_schemas.LiveOccupancySerializer,
        examples=examples.LIVE_OCCUPANCY,
        tags=["Live"],
    )
    def get(self, request: Request) -> HttpResponse:
        """The people in each store now."""
        return self.answer(request)

    def figures(self, scope: live.Scope, now: datetime) -> tuple[list[Any], int | None]:
        items = live.occupancy(scope, now=now)
        return items, live.occupancy_until_us(items)

    def answers(self, figures: list[Any], now_us: int) -> Sequence[Any]:
        return answers.occupancy_answers(figures, now_us)


class LiveQueues(_LiveView):
    """Each queue now."""

    what = "queues"

    @extend_schema(
        operation_id="live_queues",
        parameters=schemas.FILTERS,
        responses=live_schemas.LiveQueuesSerializer,
        examples=examples.LIVE_QUEUES,
        tags=["Live"],
    )
    def get(self, request: Request) -> HttpResponse:
        """Each queue now: how many wait, how long, and whether that's over its threshold."""
        return self.answer(request)

    def figures(self, scope: live.Scope, now: datetime) -> tuple[list[Any], int | None]:
        items = live.queues(scope, now=now)
        return items, live.queues_until_us(items)

    def answers(self, figures: list[Any], now_us: int) -> Sequence[Any]:
        return answers.queue_answers(figures, now_us)


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
            raise Problem(400, f"{error} {TOO_MANY}") from error
        named = partial(file_name, report.request)
        return tabular.answer(request, table_of(report), named, of=repr(report.request))


TOO_MANY = (
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
