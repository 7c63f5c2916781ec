"""``/stores``: shops, where they are and when they are open."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from rest_framework import serializers

from sites_app.access import Principal
from sites_app.api import examples, hours
from sites_app.api.fields import Coded, RegistrySerializer
from sites_app.api.filters import region_filter, search, text
from sites_app.api.hours import OpeningHoursSerializer, SpecialHoursSerializer
from sites_app.api.resource import GrowingList, OneThatGoes, Resource, describe
from sites_app.models import OpeningHours, Region, SpecialHours, Store, StoreQuerySet

_HOURS = ("opening_hours", "special_hours")


class StoreSerializer(RegistrySerializer):
    """A shop. Without opening hours it's always open."""

    region = Coded("region", queryset=Region.objects, help_text="The code of the region that it lies in.")
    latitude = serializers.FloatField(
        min_value=-90, max_value=90, allow_null=True, required=False, help_text="Degrees."
    )
    longitude = serializers.FloatField(
        min_value=-180, max_value=180, allow_null=True, required=False, help_text="Degrees."
    )
    floor_area_m2 = serializers.FloatField(
        min_value=0.01, max_value=9_999_999, allow_null=True, required=False, help_text="Square metres."
    )
    capacity = serializers.IntegerField(
        min_value=1,
        max_value=1_000_000,
        allow_null=True,
        required=False,
        help_text="People. Null: the sum of the capacities of the zones that count.",
    )
    tags = serializers.ListField(
        child=serializers.CharField(max_length=40),
        max_length=100,
        required=False,
        help_text="By which stores are filtered.",
    )
    opening_hours = OpeningHoursSerializer(
        many=True,
        help_text="Of each weekday; more than one a day may be.",
        required=False,
        max_length=hours.MOST_WEEKLY,
    )  # type: ignore[call-arg]
    special_hours = SpecialHoursSerializer(
        many=True, help_text="Of single dates.", required=False, max_length=hours.MOST_SPECIAL
    )  # type: ignore[call-arg]

    class Meta:
        model = Store
        fields = [
            "code",
            "name",
            "region",
            "timezone",
            "country",
            "city",
            "latitude",
            "longitude",
            "capacity",
            "floor_area_m2",
            "opened_on",
            "closed_on",
            "tags",
            *_HOURS,
        ]
        validators: list[Any] = []
        extra_kwargs = {
            "code": {"help_text": "The retailer's own; never changes."},
            "name": {"help_text": "As it's shown."},
            "city": {"help_text": "As it's shown."},
            "closed_on": {"help_text": "Nothing from then on is expected in reports."},
            "timezone": {"help_text": "IANA, such as Europe/Berlin."},
            "country": {"help_text": "ISO 3166, two letters."},
        }

    def validate_country(self, country: str) -> str:
        """Two letters, as capitals."""
        if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
            raise serializers.ValidationError("Two letters of ISO 3166, as in DE.")
        return country.upper()

    def validate_tags(self, tags: list[str]) -> list[str]:
        """Each once, in order."""
        return sorted(set(tags))

    def validate_opening_hours(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """No stretch twice."""
        hours.check_once(rows, "weekday")
        return rows

    def validate_special_hours(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """No stretch twice."""
        hours.check_once(rows, "date")
        return rows

    def keep(self, row: Any, values: dict[str, Any]) -> Any:
        """The store, and its hours if they are given."""
        weekly, special = (values.pop(name, None) for name in _HOURS)
        for name, places in (("latitude", 5), ("longitude", 5), ("floor_area_m2", 2)):
            if values.get(name) is not None:
                values[name] = Decimal(str(round(values[name], places)))
        with transaction.atomic():
            store = super().keep(row, values)
            hours.replace(store, weekly, special)
        return store

    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown = {name: getattr(instance, name) for name in _PLAIN}
        measures = {name: getattr(instance, name) for name in ("latitude", "longitude", "floor_area_m2")}
        dates = {name: getattr(instance, name) for name in ("opened_on", "closed_on")}
        return {
            **shown,
            "region": instance.region.code,
            **{name: None if value is None else float(value) for name, value in measures.items()},
            **{name: value and value.isoformat() for name, value in dates.items()},
            "opening_hours": [hours.shown(row) for row in instance.opening_hours_rows],
            "special_hours": [hours.shown(row) for row in instance.special_hours_rows],
        }


_PLAIN = ("code", "name", "timezone", "country", "city", "capacity", "tags")


class _Stores(Resource):
    serializer = StoreSerializer

    def rows(self, principal: Principal) -> QuerySet[Any]:
        return _with_hours().visible_to(principal)


@cache
def _with_hours() -> StoreQuerySet:
    """All stores with what is shown of them: put together once, since that costs as much as asking does."""
    return Store.objects.select_related("region").annotate(
        opening_hours_rows=hours.fetched(OpeningHours, hours.WEEKLY),
        special_hours_rows=hours.fetched(SpecialHours, hours.SPECIAL),
    )


@describe("store", "stores", "Registry", examples.STORE)
class Stores(_Stores, GrowingList):
    """All stores that you see."""

    order = ("code",)
    filters = (
        region_filter("region"),
        text("tag", "tags__overlap", "Only with any of these tags.", "flagship"),
        text("country", "country__in", "Only in these countries, two letters of ISO 3166.", "DE", written=str.upper),
        search("code", "name", "city"),
    )


@describe("store", "stores", "Registry", examples.STORE)
class OneStore(_Stores, OneThatGoes):
    """A store."""

    remedy = (
        "It has counted, and its figures stay: where it closes for good, set 'closed_on', and retire its controllers."
    )
