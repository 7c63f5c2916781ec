"""``/sensors`` and ``/zones``: what discovery has found at the controllers. What is set by hand of a zone then stays so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from rest_framework import serializers

from sites_app.access import Principal
from sites_app.api import examples
from sites_app.api.fields import ChoiceField, InstantField, RegistrySerializer
from sites_app.api.filters import absence, choice, identifier, region_filter, search, store_filter, text
from sites_app.api.resource import ChangingOne, ListOf, OneOf, Resource, describe
from sites_app.models import Sensor, Store, Zone

MOST_PEOPLE = 1_000_000


class SensorSerializer(serializers.Serializer[Any]):
    """A 3D sensor, as its controller last described it."""

    id = serializers.IntegerField(help_text="Ours.")
    store = serializers.CharField(help_text="The code of the store that it's in.")
    controller = serializers.UUIDField(help_text="The controller that it's connected to.")
    sensor_id = serializers.CharField(help_text="The controller's own name for it.")
    name = serializers.CharField(allow_blank=True, help_text="As its controller has it.")
    type = serializers.CharField(allow_blank=True, help_text="Its model.")
    status = serializers.CharField(allow_blank=True, help_text="Such as `online`, `degraded`, `offline`.")
    firmware = serializers.CharField(allow_blank=True, help_text="Its version.")
    zones = serializers.ListField(
        child=serializers.CharField(), help_text="The zones that it serves, by `zone_id` at its controller."
    )
    last_seen_at = serializers.DateTimeField(allow_null=True, help_text="With the store's own offset.")

    def to_representation(self, instance: Sensor) -> dict[str, Any]:
        store, at = instance.controller.store, instance.last_seen_at
        return {
            "id": instance.pk,
            "store": store.code,
            "controller": str(instance.controller_id),
            **{name: getattr(instance, name) for name in ("sensor_id", "name", "type", "status", "firmware", "zones")},
            "last_seen_at": store.local(at).isoformat() if at else None,
        }


class _Sensors(Resource):
    serializer = SensorSerializer
    volatile = ("last_seen_at",)

    def rows(self, principal: Principal) -> QuerySet[Any]:
        visible = Store.objects.visible_to(principal)
        return Sensor.objects.filter(controller__store__in=visible).select_related("controller__store")


@describe("sensor", "sensors", "Registry", examples.SENSOR)
class Sensors(_Sensors, ListOf):
    """All sensors of the stores that you see."""

    order = ("id",)
    filters = (
        store_filter("controller__store"),
        region_filter("controller__store__region"),
        identifier("controller", "controller", "Only at these controllers."),
        text("status", "status__in", "Only of these states.", "offline"),
        search("sensor_id", "name", "type"),
    )


@describe("sensor", "sensors", "Registry", examples.SENSOR)
class OneSensor(_Sensors, OneOf):
    """A sensor."""


class ZoneSerializer(RegistrySerializer):
    """A place that is counted: an entrance, an area or a queue."""

    id = serializers.SerializerMethodField(help_text="`STORE_CODE/zoneId`, as it's called everywhere.")
    store = serializers.SerializerMethodField(help_text="The code of the store that it's in.")
    controller = serializers.UUIDField(
        source="controller_id", read_only=True, help_text="The controller that counts it."
    )
    zone_id = serializers.CharField(read_only=True, help_text="The controller's own name for it.")
    name = serializers.CharField(read_only=True, help_text="As its controller has it.")
    kind = ChoiceField(Zone.Kind.choices, required=False, help_text="What is counted in it.")
    capacity = serializers.IntegerField(
        min_value=1,
        max_value=MOST_PEOPLE,
        allow_null=True,
        required=False,
        help_text="People. Null: as the controller says, when it's next discovered.",
    )
    counts_toward_occupancy = serializers.BooleanField(
        allow_null=True,
        required=False,
        help_text="Whether it's part of its store's occupancy. Set to null: as its kind and the store's other zones say.",
    )
    retired_at = InstantField(
        allow_null=True,
        required=False,
        help_text="Since when its controller no longer has it: nothing is expected of it from then on. Set by discovery when it "
        "was missing for long enough; set by hand, it stays so. Null: it's there.",
    )
    set_by_hand = serializers.SerializerMethodField(help_text="Which of its fields discovery leaves alone.")

    class Meta:
        model = Zone
        fields = [
            "id",
            "store",
            "controller",
            "zone_id",
            "name",
            "kind",
            "capacity",
            "counts_toward_occupancy",
            "retired_at",
            "set_by_hand",
        ]
        validators: list[Any] = []

    def get_id(self, zone: Zone) -> str:
        return f"{zone.store.code}/{zone.code}"

    def get_store(self, zone: Zone) -> str:
        return zone.store.code

    def get_set_by_hand(self, zone: Zone) -> list[str]:
        by_hand = {
            "kind": zone.kind_by_hand,
            "capacity": zone.capacity_by_hand,
            "counts_toward_occupancy": zone.counts_by_hand is not None,
            "retired_at": zone.retired_by_hand,
        }
        return [name for name, is_by_hand in by_hand.items() if is_by_hand]

    def keep(self, row: Any, values: dict[str, Any]) -> Any:
        """The zone, and that it was set by hand. What a PUT merely repeats wasn't."""
        before = {**self.to_representation(row), "retired_at": row.retired_at}
        said = {name: value for name, value in values.items() if self.partial or value != before[name]}
        if "kind" in said:
            row.kind_by_hand = True
        if "capacity" in said:
            row.capacity_by_hand = said["capacity"] is not None
        if "counts_toward_occupancy" in said:
            row.counts_by_hand = said.pop("counts_toward_occupancy")
        retires = "retired_at" in said and said["retired_at"] != row.retired_at
        if "retired_at" in said:
            row.retire(said.pop("retired_at"))
        kept = super().keep(row, said)
        if retires:
            kept.note_retirement(by=self.principal.name, now=datetime.now(UTC))
        return kept

    def to_representation(self, instance: Any) -> dict[str, Any]:
        kind = Zone.Kind.AREA if instance.store_has_area else Zone.Kind.ENTRANCE
        by_hand = instance.counts_by_hand
        counts = by_hand if by_hand is not None else instance.has_occupancy and instance.kind == kind
        return {
            "id": self.get_id(instance),
            "store": instance.store.code,
            "controller": str(instance.controller_id),
            **{name: getattr(instance, name) for name in ("zone_id", "name", "kind", "capacity")},
            "counts_toward_occupancy": counts,
            "retired_at": instance.retired_at and instance.store.local(instance.retired_at).isoformat(),
            "set_by_hand": self.get_set_by_hand(instance),
        }


class _Zones(Resource):
    serializer = ZoneSerializer

    def rows(self, principal: Principal) -> QuerySet[Any]:
        areas = Zone.objects.filter(store=OuterRef("store"), kind=Zone.Kind.AREA)
        return Zone.objects.visible_to(principal).select_related("store").annotate(store_has_area=Exists(areas))


@describe("zone", "zones", "Registry", examples.ZONE)
class Zones(_Zones, ListOf):
    """All zones of the stores that you see."""

    order = ("store__code", "code")
    filters = (
        store_filter("store"),
        region_filter("store__region"),
        identifier("controller", "controller", "Only at these controllers."),
        choice("kind", "kind", Zone.Kind.values, "Only of these kinds."),
        absence("retired", "retired_at", "Only those that are retired, or only those that aren't."),
        search("zone_id", "name", "store__code", "store__name"),
    )


@describe("zone", "zones", "Registry", examples.ZONE)
class OneZone(_Zones, ChangingOne):
    """A zone."""

    lookups = {"store": "store__code", "zone": "code"}
