"""The answers and parameters as the OpenAPI document describes them."""

from __future__ import annotations

import copy
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers

from ingest.models import Measure
from reports import orders
from reports.api.parameters import MAX_LIMIT
from reports.formats import FORMATS
from reports.measures import SPECS, MeasureSpec
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


REPORTS = tuple(measure.value for measure in SPECS)
EXPORTED = (*REPORTS, orders.HEALTH)
EVERY_GRANULARITY = (*GRANULARITIES, *PROFILES)
FILE_FORMATS = tuple(FORMATS)

_EDGE = (
    "RFC 3339 with the store's own offset. In rows of many stores whose clocks differ, what each store's clock shows: "
    "without an offset."
)


def texts(help_text: str) -> Any:
    """A list of codes."""
    return serializers.ListField(child=serializers.CharField(), help_text=help_text)


class ColumnSerializer(serializers.Serializer[object]):
    """A column of figures."""

    name = serializers.CharField(help_text="As rows have it.")
    unit = serializers.CharField(help_text="Such as `people`, `ms`, `share`.")


class ReportSerializer(serializers.Serializer[object]):
    """What was asked, in full, and rows that can be loaded as they are."""

    report = serializers.ChoiceField(REPORTS, help_text="Which report it is.")
    start = serializers.CharField(help_text="As it was asked for.")
    end = serializers.CharField(help_text="As it was asked for; it isn't in the window.")
    granularity = serializers.ChoiceField(EVERY_GRANULARITY, help_text="How long a row's bucket is, or which profile.")
    by = serializers.ChoiceField(BYS, help_text="Whose figures a row has.")
    hours = serializers.ChoiceField(HOURS, help_text="Of trading hours, or of all.")
    store = texts("The stores that were asked for.")
    region = texts("The regions that were asked for.")
    tag = texts("The tags that were asked for.")
    zone = texts("The zones that were asked for.")
    compare = serializers.ChoiceField(COMPARES, allow_null=True, help_text="What it's compared with.")
    like_for_like = serializers.BooleanField(help_text="Whether only of stores that can be compared.")
    order = serializers.CharField(allow_null=True, help_text="By which column, `-` before it for descending.")
    limit = serializers.IntegerField(allow_null=True, help_text="How many rows at most.")
    as_of = serializers.DateTimeField(help_text="When it was made.")
    columns = ColumnSerializer(many=True, help_text="The figures that rows have, in their order.")


def report_serializer(measure: Measure) -> type[ReportSerializer]:
    """The answer of one report, with its own columns."""
    title = measure.value.capitalize()
    spec = SPECS[measure]
    figures = {column.name: _figure(column, of_profile=False) for column in figures_of(spec)}
    keys = {name: serializers.CharField(required=False, help_text=text) for name, text in _KEYS.items()}
    edges = {name: serializers.CharField(help_text=_EDGE) for name in ("start", "end")}
    of_row = {column.name: _figure(column, of_profile=True) for column in figures_of(spec)}
    profile = {
        name: serializers.IntegerField(required=False, help_text=f"In profiles: {text}")
        for name, text in _PROFILES.items()
    }
    if measure == Measure.PATHS:
        of_row |= {"share": _share("The share of all who went on from the same zone, 0-1.")}
        keys |= {name: serializers.CharField(allow_null=True, help_text=text) for name, text in _WAYS.items()}
    totals = {**figures, **_peak(spec), "coverage": _share(_COVERAGE)}
    return type(
        f"{title}Report",
        (ReportSerializer,),
        {
            "__doc__": ReportSerializer.__doc__,
            "rows": _object(
                f"{title}Row", keys | edges | profile | of_row | _peak(spec) | {"coverage": _share(_COVERAGE)}, of_row
            )(many=True, help_text="A row for each bucket of each of them."),
            "totals": _object(f"{title}Totals", totals, figures)(help_text="Computed from the facts, not from rows."),
        },
    )


_KEYS = {
    "store": "The store's code, by store and by zone.",
    "zone": "`STORE_CODE/zoneId`, by zone.",
    "region": "The region's code, by region.",
}
_WAYS = {
    "from_zone": "Where they went from, as `STORE_CODE/zoneId`; null is the outside of the store.",
    "to_zone": "Where they went to, likewise.",
}
_PROFILES = {
    "hour_of_day": "0 to 23, by the store's clock.",
    "day_of_week": "1 (Monday) to 7 (Sunday).",
    "hour_of_week": "0 (Monday, 00:00) to 167.",
    "occurrences": "how many there were of it in the window.",
}
_COVERAGE = "The share of the expected time that is known, 0-1."


_PEAK = "Whose peak it is: the code of the store. By region and by chain."


def _peak(spec: MeasureSpec) -> dict[str, Any]:
    return {"peak_store": serializers.CharField(required=False, allow_null=True, help_text=_PEAK)} if spec.peaks else {}


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
        "previous": _of(f"{name}Previous", "The same figures before.", before)(
            required=False, help_text="With `compare`."
        ),
        "change": _of(f"{name}Change", "By which share figures changed.", changes)(
            required=False, help_text="With `compare`."
        ),
    }
    return _of(name, "Figures; null is what isn't known, never 0.", {**fields, **compared})


def _of(name: str, about: str, fields: dict[str, Any]) -> Any:
    return type(name, (serializers.Serializer,), {"__doc__": about, **fields})


def _parameter(name: str, description: str, example: object = None, **kwargs: object) -> OpenApiParameter:
    examples = [] if example is None else [OpenApiExample(f"a {name}", example)]
    return OpenApiParameter(name, OpenApiTypes.STR, description=description, examples=examples, **kwargs)  # type: ignore[arg-type]


FILTERS = [
    _parameter("store", "Only these stores, by code.", ["S001"], many=True),
    _parameter("region", "Only stores of these regions and all under them, by code.", ["europe-germany"], many=True),
    _parameter("tag", "Only stores with any of these tags.", ["flagship"], many=True),
]
REPORT_PARAMETERS = [
    _parameter(
        "start",
        "A date (each store's own local day) or an instant with its offset, on a quarter of an hour.",
        "2025-11-03",
        required=True,
    ),
    _parameter("end", "Likewise; the window is half-open, so it isn't in it.", "2025-11-10", required=True),
    _parameter(
        "granularity",
        "How long a row's bucket is; or a profile, whose rows are the hours of a day, the days of a week or both.",
        enum=EVERY_GRANULARITY,
        default=GRANULARITIES[0],
    ),
    _parameter("by", "Whose figures a row has. A region's are those of its whole subtree.", enum=BYS, default=BYS[0]),
    _parameter("hours", "Trading hours only, or all.", enum=HOURS, default=HOURS[0]),
    *FILTERS,
    _parameter("zone", "Only these zones, as STORE_CODE/zoneId.", ["S001/entrance_a"], many=True),
    _parameter("compare", "Beside each figure what it was before, and its change.", enum=COMPARES),
    OpenApiParameter(
        "like_for_like",
        OpenApiTypes.BOOL,
        description="Only stores that were open, and covered by 80 % or more, all through both periods.",
        default=False,
    ),
    _parameter(
        "order",
        "A column to order by, such as visitors_in or change.visitors_in; '-' before it for descending.",
        "-coverage",
    ),
    OpenApiParameter(
        "limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}, description="At most so many rows."
    ),
    _parameter("format", "The file's format; it goes before `Accept`.", enum=FILE_FORMATS, default="json"),
]
