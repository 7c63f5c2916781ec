"""The report on the data itself, as the OpenAPI document describes it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from reports.api.schemas import FILTERS, REPORT_PARAMETERS, ColumnSerializer
from reports.request import HOURS

PARAMETERS = [
    OpenApiParameter("start", description="A date: each store's own local day.", required=True),
    OpenApiParameter("end", description="Likewise; the window is half-open, so it isn't in it.", required=True),
    OpenApiParameter(
        "hours", description="Coverage of trading hours only, or of all.", enum=list(HOURS), default=HOURS[0]
    ),
    *FILTERS,
    OpenApiParameter(
        "order", description="A column to order by, such as coverage.footfall; '-' before it for descending."
    ),
    *(parameter for parameter in REPORT_PARAMETERS if parameter.name in ("limit", "format")),
]


def _share() -> serializers.FloatField:
    return serializers.FloatField(allow_null=True, help_text="The share of the expected time that is known, 0-1.")


class HealthCoverageSerializer(serializers.Serializer[object]):
    occupancy = _share()
    queues = _share()
    footfall = _share()
    dwell = _share()
    paths = _share()


class _Figures(serializers.Serializer[object]):
    night_occupancy = serializers.IntegerField(
        allow_null=True, help_text="In people: the fewest that were in the store while it was closed."
    )
    night_coverage = _share()
    clock_skew_ms = serializers.IntegerField(
        allow_null=True, help_text="In milliseconds ahead: the furthest of the store's controllers."
    )
    gaps_healed = serializers.IntegerField(help_text="How many.")
    gaps_healed_s = serializers.IntegerField(help_text="In seconds, all streams added up.")
    gaps_open = serializers.IntegerField(help_text="How many.")
    gaps_open_s = serializers.IntegerField(help_text="In seconds, all streams added up.")
    coverage = HealthCoverageSerializer()


class HealthRowSerializer(_Figures):
    store = serializers.CharField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class HealthTotalsSerializer(_Figures):
    pass


def _texts() -> Any:
    return serializers.ListField(child=serializers.CharField())


class HealthReportSerializer(serializers.Serializer[object]):
    report = serializers.CharField(help_text="Always `health`.")
    start = serializers.DateField()
    end = serializers.DateField()
    granularity = serializers.CharField(help_text="Always `day`.")
    by = serializers.CharField(help_text="Always `store`.")
    hours = serializers.ChoiceField(HOURS)
    store = _texts()
    region = _texts()
    tag = _texts()
    order = serializers.CharField(allow_null=True)
    limit = serializers.IntegerField(allow_null=True)
    as_of = serializers.DateTimeField()
    columns = ColumnSerializer(many=True)
    rows = HealthRowSerializer(many=True)
    totals = HealthTotalsSerializer()
