"""The report on the data itself, as the OpenAPI document describes it."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers

from reports.api.schemas import FILTERS, REPORT_PARAMETERS, ColumnSerializer, texts
from reports.request import HOURS

PARAMETERS = [
    OpenApiParameter(
        "start",
        {"type": "string", "format": "date"},
        description="A date: each store's own local day.",
        required=True,
        examples=[OpenApiExample("a start", "2025-11-03")],
    ),
    OpenApiParameter(
        "end",
        {"type": "string", "format": "date"},
        description="Likewise; the window is half-open, so it isn't in it.",
        required=True,
        examples=[OpenApiExample("an end", "2025-11-10")],
    ),
    OpenApiParameter(
        "hours", description="Coverage of trading hours only, or of all.", enum=list(HOURS), default=HOURS[0]
    ),
    *FILTERS,
    OpenApiParameter(
        "order",
        description="A column to order by; '-' before it for descending.",
        examples=[OpenApiExample("an order", "coverage.footfall")],
    ),
    *(parameter for parameter in REPORT_PARAMETERS if parameter.name in ("limit", "format")),
]


def _of(stream: str) -> serializers.FloatField:
    return serializers.FloatField(
        allow_null=True, help_text=f"Of {stream}: the share of the expected time that is known, 0-1."
    )


class HealthCoverageSerializer(serializers.Serializer[object]):
    """How much is known of each stream; null where nothing is expected."""

    occupancy = _of("occupancy")
    queues = _of("queues")
    footfall = _of("footfall")
    dwell = _of("dwell")
    paths = _of("paths")


class _Figures(serializers.Serializer[object]):
    night_occupancy = serializers.IntegerField(
        allow_null=True, help_text="In people: the fewest that were in the store while it was closed."
    )
    night_coverage = _of("the occupancy at night")
    clock_skew_ms = serializers.IntegerField(
        allow_null=True, help_text="In milliseconds ahead: the furthest of the store's controllers."
    )
    gaps_healed = serializers.IntegerField(help_text="How many.")
    gaps_healed_s = serializers.IntegerField(help_text="In seconds, all streams added up.")
    gaps_open = serializers.IntegerField(help_text="How many.")
    gaps_open_s = serializers.IntegerField(help_text="In seconds, all streams added up.")
    coverage = HealthCoverageSerializer(help_text="How much is known.")


class HealthRowSerializer(_Figures):
    """A store's day."""

    store = serializers.CharField(help_text="The store's code.")
    start = serializers.DateTimeField(help_text="When the day begins, with the store's own offset.")
    end = serializers.DateTimeField(help_text="When the next one begins.")


class HealthTotalsSerializer(_Figures):
    """All stores and days together."""


class HealthReportSerializer(serializers.Serializer[object]):
    """What was asked, in full, and a row for each store and day."""

    report = serializers.CharField(help_text="Always `health`.")
    start = serializers.DateField(help_text="As it was asked for.")
    end = serializers.DateField(help_text="As it was asked for; it isn't in the window.")
    granularity = serializers.CharField(help_text="Always `day`.")
    by = serializers.CharField(help_text="Always `store`.")
    hours = serializers.ChoiceField(HOURS, help_text="Coverage of trading hours, or of all.")
    store = texts("The stores that were asked for.")
    region = texts("The regions that were asked for.")
    tag = texts("The tags that were asked for.")
    order = serializers.CharField(allow_null=True, help_text="By which column, `-` before it for descending.")
    limit = serializers.IntegerField(allow_null=True, help_text="How many rows at most.")
    as_of = serializers.DateTimeField(help_text="When it was made.")
    columns = ColumnSerializer(many=True, help_text="The figures that rows have, in their order.")
    rows = HealthRowSerializer(many=True, help_text="A row for each store and local day.")
    totals = HealthTotalsSerializer(help_text="Of all of them.")
