"""The answers and parameters as the OpenAPI document describes them."""

from __future__ import annotations

import copy
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from ingest.models import Measure
from reports import orders
from reports.api.parameters import MAX_LIMIT
from reports.formats import FORMATS
from reports.measures import SPECS, MeasureSpec
from reports.models import Export
from reports.queries import ReportColumn, figures_of
from reports.request import BYS, COMPARES, GRANULARITIES, HOURS, PROFILES

_FIELDS: dict[str, Any] = {
    "text": serializers.CharField,
    "instant": serializers.DateTimeField,
    "clock": serializers.CharField,
    "whole": serializers.IntegerField,
    "number": serializers.FloatField,
    "share": serializers.FloatField,
}


_EDGE = (
    "RFC 3339 with the store's own offset. In rows of many stores whose clocks differ, what each store's clock shows: "
    "without an offset."
)


class ColumnSerializer(serializers.Serializer[object]):
    name = serializers.CharField()
    unit = serializers.CharField()


REPORTS = tuple(measure.value for measure in SPECS)
EXPORTED = (*REPORTS, orders.HEALTH)


class ReportSerializer(serializers.Serializer[object]):
    report = serializers.ChoiceField(REPORTS)
    start = serializers.CharField()
    end = serializers.CharField()
    granularity = serializers.ChoiceField((*GRANULARITIES, *PROFILES))
    by = serializers.ChoiceField(BYS)
    hours = serializers.ChoiceField(HOURS)
    store = serializers.ListField(child=serializers.CharField())
    region = serializers.ListField(child=serializers.CharField())
    tag = serializers.ListField(child=serializers.CharField())
    zone = serializers.ListField(child=serializers.CharField())
    compare = serializers.ChoiceField(COMPARES, allow_null=True)
    like_for_like = serializers.BooleanField()
    order = serializers.CharField(allow_null=True)
    limit = serializers.IntegerField(allow_null=True)
    as_of = serializers.DateTimeField()
    columns = ColumnSerializer(many=True)


def report_serializer(measure: Measure) -> type[ReportSerializer]:
    """The answer of one report, with its own columns."""
    title = measure.value.capitalize()
    spec = SPECS[measure]
    figures = {column.name: _figure(column, of_profile=False) for column in figures_of(spec)}
    keys = {name: serializers.CharField(required=False) for name in ("store", "zone", "region")}
    edges = {name: serializers.CharField(help_text=_EDGE) for name in ("start", "end")}
    of_row = {column.name: _figure(column, of_profile=True) for column in figures_of(spec)}
    profile = {
        name: serializers.IntegerField(required=False, help_text="In profiles.")
        for name in ("hour_of_day", "day_of_week", "hour_of_week", "occurrences")
    }
    if measure == Measure.PATHS:
        of_row |= {"share": _share("The share of all who went on from the same zone, 0-1.")}
        keys |= {name: serializers.CharField(allow_null=True) for name in ("from_zone", "to_zone")}
    totals = {**figures, **_peak(spec), "coverage": _share(_COVERAGE)}
    return type(
        f"{title}Report",
        (ReportSerializer,),
        {
            "rows": _object(
                f"{title}Row", keys | edges | profile | of_row | _peak(spec) | {"coverage": _share(_COVERAGE)}, of_row
            )(many=True),
            "totals": _object(f"{title}Totals", totals, figures)(),
        },
    )


_COVERAGE = "The share of the expected time that is known, 0-1."


def _peak(spec: MeasureSpec) -> dict[str, Any]:
    return {"peak_store": serializers.CharField(required=False, allow_null=True)} if spec.peaks else {}


def _share(text: str) -> Any:
    return serializers.FloatField(allow_null=True, help_text=text)


def _figure(column: ReportColumn, *, of_profile: bool) -> Any:
    additive = next((c.additive for spec in SPECS.values() for c in spec.columns if c.name == column.name), False)
    field = _FIELDS["number" if of_profile and additive else column.kind]
    unit = f"In {column.unit}." + (" In profiles the mean per occurrence." if of_profile and additive else "")
    return field(allow_null=True, help_text=unit)


def _object(name: str, fields: dict[str, Any], figures: dict[str, Any]) -> Any:
    """Figures, and with ``compare`` what they were before and by which share they have changed."""
    before = {**copy.deepcopy(figures), "coverage": _share(_COVERAGE)}
    changes = {
        name: _share("(now - before) / before.")
        for name, field in figures.items()
        if not isinstance(field, serializers.DateTimeField)
    }
    compared = {
        "previous": type(f"{name}Previous", (serializers.Serializer,), before)(required=False),
        "change": type(f"{name}Change", (serializers.Serializer,), changes)(required=False),
    }
    return type(name, (serializers.Serializer,), {**fields, **compared})


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
    _parameter(
        "granularity",
        "How long a row's bucket is; or a profile, whose rows are the hours of a day, the days of a week or both.",
        enum=(*GRANULARITIES, *PROFILES),
        default=GRANULARITIES[0],
    ),
    _parameter("by", "Whose figures a row has. A region's are those of its whole subtree.", enum=BYS, default=BYS[0]),
    _parameter("hours", "Trading hours only, or all.", enum=HOURS, default=HOURS[0]),
    *FILTERS,
    _parameter("zone", "Only these zones, as STORE_CODE/zoneId.", many=True),
    _parameter("compare", "Beside each figure what it was before, and its change.", enum=COMPARES),
    _parameter(
        "like_for_like",
        "Only stores that were open, and covered by 80 % or more, all through both periods.",
        enum=("false", "true"),
        default="false",
    ),
    _parameter(
        "order", "A column to order by, such as visitors_in or change.visitors_in; '-' before it for descending."
    ),
    OpenApiParameter(
        "limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}, description="At most so many rows."
    ),
    _parameter("format", "The file's format; it goes before `Accept`.", enum=list(FORMATS), default="json"),
]


class ExportOrderSerializer(serializers.Serializer[object]):
    """What a report takes as query parameters, with which report and which format. ``health`` takes what it takes itself."""

    report = serializers.ChoiceField(EXPORTED)
    format = serializers.ChoiceField(list(FORMATS), default="json")
    start = serializers.CharField(help_text="A date, or an instant with its offset.")
    end = serializers.CharField(help_text="Likewise; the window is half-open.")
    granularity = serializers.ChoiceField((*GRANULARITIES, *PROFILES), default=GRANULARITIES[0])
    by = serializers.ChoiceField(BYS, default=BYS[0])
    hours = serializers.ChoiceField(HOURS, default=HOURS[0])
    store = serializers.ListField(child=serializers.CharField(), required=False)
    region = serializers.ListField(child=serializers.CharField(), required=False)
    tag = serializers.ListField(child=serializers.CharField(), required=False)
    zone = serializers.ListField(child=serializers.CharField(), required=False)
    compare = serializers.ChoiceField(COMPARES, required=False)
    like_for_like = serializers.BooleanField(default=False)
    order = serializers.CharField(required=False)
    limit = serializers.IntegerField(required=False, min_value=1)


class ExportSerializer(serializers.Serializer[object]):
    """An export: what was ordered, how far it has come, and where its file is."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    report = serializers.ChoiceField(EXPORTED)
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
