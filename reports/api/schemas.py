"""The answers and parameters as the OpenAPI document describes them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from ingest.models import Measure
from reports.api.parameters import MAX_LIMIT
from reports.formats import FORMATS
from reports.measures import SPECS
from reports.models import Export
from reports.request import BYS, GRANULARITIES, HOURS
from sites_app.problems import MEDIA_TYPE

_FIELDS = {
    "people": serializers.FloatField,
    "person hours": serializers.FloatField,
    "seconds": serializers.FloatField,
    "hours": serializers.FloatField,
    "share": serializers.FloatField,
    "instant": serializers.DateTimeField,
    "milliseconds": serializers.IntegerField,
    "breaches": serializers.IntegerField,
    "visits": serializers.IntegerField,
}
_WHOLE = {"visitors_in", "visitors_out", "peak_occupancy", "peak_length"}


_EDGE = (
    "RFC 3339 with the store's own offset. In rows of many stores whose clocks differ, what each store's clock shows: "
    "without an offset."
)


class ColumnSerializer(serializers.Serializer[object]):
    name = serializers.CharField()
    unit = serializers.CharField()


class ReportSerializer(serializers.Serializer[object]):
    report = serializers.ChoiceField([measure.value for measure in SPECS])
    start = serializers.CharField()
    end = serializers.CharField()
    granularity = serializers.ChoiceField(GRANULARITIES)
    by = serializers.ChoiceField(BYS)
    hours = serializers.ChoiceField(HOURS)
    as_of = serializers.DateTimeField()
    columns = ColumnSerializer(many=True)


def report_serializer(measure: Measure) -> type[ReportSerializer]:
    """The answer of one report, with its own columns."""
    title = measure.value.capitalize()
    figures = {
        column.name: (serializers.IntegerField if column.name in _WHOLE else _FIELDS[column.unit])(
            allow_null=True, help_text=f"In {column.unit}."
        )
        for column in SPECS[measure].columns
    }
    coverage = serializers.FloatField(allow_null=True, help_text="The share of the expected time that is known, 0-1.")
    if SPECS[measure].peaks:
        figures["peak_store"] = serializers.CharField(required=False, allow_null=True)
    keys = {name: serializers.CharField(required=False) for name in ("store", "zone", "region")}
    edges = {name: serializers.CharField(help_text=_EDGE) for name in ("start", "end")}
    row = type(f"{title}Row", (serializers.Serializer,), {**keys, **edges, **figures, "coverage": coverage})
    totals = type(f"{title}Totals", (serializers.Serializer,), {**figures, "coverage": coverage})
    return type(f"{title}Report", (ReportSerializer,), {"rows": row(many=True), "totals": totals()})


class ProblemErrorSerializer(serializers.Serializer[object]):
    parameter = serializers.CharField(required=False, help_text="The query parameter that can't be used.")
    pointer = serializers.CharField(required=False, help_text="JSON pointer to the field that can't be used.")
    detail = serializers.CharField()


# By hand, as a serializer has an attribute 'errors' of its own.
ProblemSerializer = type(
    "ProblemSerializer",
    (serializers.Serializer,),
    {
        "__doc__": "RFC 9457.",
        "type": serializers.CharField(),
        "title": serializers.CharField(),
        "status": serializers.IntegerField(),
        "detail": serializers.CharField(),
        "errors": ProblemErrorSerializer(many=True, required=False),
    },
)


def responses(good: Any) -> dict[Any, Any]:
    """What a GET is answered with: this, nothing where the caller has it already, or a problem."""
    problems = {
        400: "A parameter can't be used; 'errors' names it.",
        401: "No key, or one that is not known, has expired or was revoked.",
        406: "There is no answer of the form that was asked for.",
    }
    return {
        200: good,
        304: OpenApiResponse(description="The caller has this answer already, by its entity tag."),
        **{
            (status, MEDIA_TYPE): OpenApiResponse(ProblemSerializer, description=description)
            for status, description in problems.items()
        },
    }


class ZoneOccupancySerializer(serializers.Serializer[object]):
    zone = serializers.CharField()
    name = serializers.CharField()
    people = serializers.IntegerField(allow_null=True)
    capacity = serializers.IntegerField(allow_null=True)
    as_of = serializers.DateTimeField(allow_null=True)
    age_s = serializers.IntegerField(allow_null=True)


class OccupancyNowSerializer(serializers.Serializer[object]):
    store = serializers.CharField()
    name = serializers.CharField()
    people = serializers.IntegerField(allow_null=True)
    capacity = serializers.IntegerField(allow_null=True)
    utilisation = serializers.FloatField(allow_null=True)
    status = serializers.ChoiceField(["normal", "warning", "critical", "unknown"])
    as_of = serializers.DateTimeField(allow_null=True)
    age_s = serializers.IntegerField(allow_null=True)
    zones = ZoneOccupancySerializer(many=True)


class LiveOccupancySerializer(serializers.Serializer[object]):
    as_of = serializers.DateTimeField()
    results = OccupancyNowSerializer(many=True)


class QueueNowSerializer(serializers.Serializer[object]):
    store = serializers.CharField()
    zone = serializers.CharField()
    name = serializers.CharField()
    people_waiting = serializers.IntegerField(allow_null=True)
    average_wait_ms = serializers.IntegerField(allow_null=True)
    longest_wait_ms = serializers.IntegerField(allow_null=True)
    threshold = serializers.IntegerField(allow_null=True)
    status = serializers.ChoiceField(["normal", "exceeded", "unknown"])
    as_of = serializers.DateTimeField(allow_null=True)
    age_s = serializers.IntegerField(allow_null=True)


class LiveQueuesSerializer(serializers.Serializer[object]):
    as_of = serializers.DateTimeField()
    results = QueueNowSerializer(many=True)


def _parameter(name: str, description: str, **kwargs: object) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, description=description, **kwargs)  # type: ignore[arg-type]


FILTERS = [
    _parameter("store", "Only these stores, by code.", many=True),
    _parameter("region", "Only stores of these regions and all under them, by code.", many=True),
    _parameter("tag", "Only stores with any of these tags.", many=True),
]
REPORT_PARAMETERS = [
    _parameter(
        "start",
        "A date (each store's own local day) or an instant with its offset, on a quarter of an hour.",
        required=True,
    ),
    _parameter("end", "Likewise; the window is half-open, so it isn't in it.", required=True),
    _parameter("granularity", "How long a row's bucket is.", enum=GRANULARITIES, default=GRANULARITIES[0]),
    _parameter("by", "Whose figures a row has. A region's are those of its whole subtree.", enum=BYS, default=BYS[0]),
    _parameter("hours", "Trading hours only, or all.", enum=HOURS, default=HOURS[0]),
    *FILTERS,
    _parameter("order", "A column to order by, '-' before it for descending."),
    OpenApiParameter(
        "limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}, description="At most so many rows."
    ),
    _parameter("format", "The file's format; it goes before `Accept`.", enum=list(FORMATS), default="json"),
]

PAGE_PARAMETERS = [
    OpenApiParameter("limit", OpenApiTypes.INT, description="How many a page has, at most 1,000.", default=100),
    _parameter("cursor", "Where the page begins, as `next` and `previous` have it."),
]


class ExportOrderSerializer(serializers.Serializer[object]):
    """What a report takes as query parameters, with which report and which format."""

    report = serializers.ChoiceField([measure.value for measure in SPECS])
    format = serializers.ChoiceField(list(FORMATS), default="json")
    start = serializers.CharField(help_text="A date, or an instant with its offset.")
    end = serializers.CharField(help_text="Likewise; the window is half-open.")
    granularity = serializers.ChoiceField(GRANULARITIES, default=GRANULARITIES[0])
    by = serializers.ChoiceField(BYS, default=BYS[0])
    hours = serializers.ChoiceField(HOURS, default=HOURS[0])
    store = serializers.ListField(child=serializers.CharField(), required=False)
    region = serializers.ListField(child=serializers.CharField(), required=False)
    tag = serializers.ListField(child=serializers.CharField(), required=False)
    order = serializers.CharField(required=False)
    limit = serializers.IntegerField(required=False, min_value=1)


class ExportSerializer(serializers.Serializer[object]):
    """An export: what was ordered, how far it has come, and where its file is."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    report = serializers.ChoiceField([measure.value for measure in SPECS])
    format = serializers.ChoiceField(list(FORMATS))
    asked = serializers.DictField(help_text="The report's parameters, in full.")
    state = serializers.ChoiceField(Export.State.values)
    progress = serializers.FloatField(min_value=0, max_value=1)
    rows = serializers.IntegerField(allow_null=True)
    size_bytes = serializers.IntegerField(allow_null=True)
    error = serializers.CharField(allow_null=True, help_text="Why it failed.")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True, help_text="Until when the file can be fetched.")
    file = serializers.URLField(allow_null=True, help_text="Where the file is fetched, once the state is `done`.")


class ExportPageSerializer(serializers.Serializer[object]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ExportSerializer(many=True)
