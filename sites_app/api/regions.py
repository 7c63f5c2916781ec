"""``/regions``: the tree under which stores lie."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from sites_app.access import Principal
from sites_app.api import examples
from sites_app.api.fields import Coded, RegistrySerializer
from sites_app.api.filters import region_filter, search
from sites_app.api.resource import GrowingList, OneThatGoes, Resource, describe
from sites_app.models import Region


class RegionSerializer(RegistrySerializer):
    """A node of the tree: a country, an area, a district, or whatever a retailer calls them."""

    parent = Coded(  # type: ignore[assignment]  # a field's own parent is another thing
        "region",
        queryset=Region.objects,
        allow_null=True,
        required=False,
        help_text="The code of the region that it lies in; null at the top of what you see.",
    )

    class Meta:
        model = Region
        fields = ["code", "name", "parent"]
        validators: list[Any] = []
        extra_kwargs = {
            "code": {"help_text": "The retailer's own; never changes."},
            "name": {"help_text": "As it's shown; unique beside its siblings."},
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.principal.sees_all or ("parent" not in attrs and self.instance is not None):
            return attrs
        is_top = self.instance is not None and self.instance.pk in self.principal.region_ids
        if is_top and attrs["parent"] is None:
            del attrs["parent"]  # it lies somewhere that this caller doesn't see, and stays there
        elif is_top:
            raise serializers.ValidationError({"parent": "The region that you are for can't be moved by you."})
        elif attrs.get("parent") is None:
            raise serializers.ValidationError({"parent": "Name a region that you see: yours, or one under it."})
        return attrs

    def to_representation(self, instance: Region) -> dict[str, Any]:
        is_top = not self.principal.sees_all and instance.pk in self.principal.region_ids
        parent = instance.parent.code if instance.parent and not is_top else None
        return {"code": instance.code, "name": instance.name, "parent": parent}


class _Regions(Resource):
    serializer = RegionSerializer

    def rows(self, principal: Principal) -> QuerySet[Any]:
        return Region.objects.visible_to(principal).select_related("parent")


@describe("region", "regions", "Registry", examples.REGION)
class Regions(_Regions, GrowingList):
    """All regions that you see."""

    order = ("code",)
    filters = (region_filter("pk"), search("code", "name"))


@describe("region", "regions", "Registry", examples.REGION)
class OneRegion(_Regions, OneThatGoes):
    """A region."""
