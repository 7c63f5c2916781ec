"""What discovery finds at a controller: its sensors, and the zones that they watch."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from sites_app.models.controllers import Controller
from sites_app.models.stores import Store

if TYPE_CHECKING:
    from sites_app.access import Principal


class Sensor(models.Model):
    """A 3D sensor, as its controller last described it."""

    controller = models.ForeignKey(Controller, models.CASCADE, related_name="sensors")
    sensor_id = models.CharField(max_length=200)
    name = models.CharField(max_length=200, blank=True)
    type = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=20, blank=True)
    clock = models.CharField(max_length=100, blank=True, help_text="What is wrong with its clock. Empty: nothing.")
    status_at = models.DateTimeField(null=True, editable=False)
    firmware = models.CharField(max_length=100, blank=True)
    zones = ArrayField(
        models.CharField(max_length=200), default=list, blank=True, help_text="Those that it serves, by zone_id."
    )
    last_seen_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["controller", "sensor_id"]
        constraints = [
            models.UniqueConstraint(fields=["controller", "sensor_id"], name="sensor_id_unique_at_controller"),
        ]

    def __str__(self) -> str:
        return self.name or self.sensor_id


class ZoneQuerySet(models.QuerySet["Zone"]):
    def visible_to(self, principal: Principal) -> ZoneQuerySet:
        """The zones of the stores that this person or key may see."""
        return self.filter(store__in=Store.objects.visible_to(principal))


class Zone(models.Model):
    """A place that is counted: an entrance, an area or a queue.

    ``zone_id`` is the controller's name for it, ``code`` ours: the same, or ``zoneId@CONTROLLER_NAME`` where another
    controller of the store had the name first. What a person has set by hand (``*_by_hand``) discovery leaves alone.
    """

    class Kind(models.TextChoices):
        ENTRANCE = "entrance", "Entrance"
        AREA = "area", "Area"
        QUEUE = "queue", "Queue"

    store = models.ForeignKey(Store, models.PROTECT, related_name="zones")
    controller = models.ForeignKey(Controller, models.PROTECT, related_name="zones")
    zone_id = models.CharField(max_length=200)
    code = models.CharField(max_length=310)
    name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=10, choices=Kind)
    kind_by_hand = models.BooleanField(default=False)
    capacity = models.PositiveIntegerField(
        null=True, blank=True, help_text="People. Set by hand, it goes before what the controller says."
    )
    capacity_by_hand = models.BooleanField(default=False)
    reversed = models.BooleanField(
        default=False, help_text="A Xovis sensor's line that was drawn the other way round: forward is out."
    )
    has_occupancy = models.BooleanField(default=False, help_text="Stands in the controller's occupancy snapshot.")
    has_dwell = models.BooleanField(default=False, help_text="Its controller has told dwell times of it.")
    counts_by_hand = models.BooleanField(
        null=True, blank=True, help_text="Whether it counts toward the store's occupancy; unknown: by the rule."
    )
    appeared_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when the controller has it. Empty: as long as the store is watched."
    )
    retired_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when the controller no longer has it. Empty: it still has."
    )

    retired_by_hand = models.BooleanField(default=False, help_text="A person's word: discovery leaves it so.")
    missed = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="In how many discoveries in a row its controller hasn't had it."
    )
    missing_since = models.DateTimeField(null=True, editable=False, help_text="When the first of them was.")

    objects = ZoneQuerySet.as_manager()

    class Meta:
        ordering = ["store", "code"]
        indexes = [models.Index(fields=["id"], name="zone_reversed", condition=models.Q(reversed=True))]
        constraints = [
            models.UniqueConstraint(fields=["controller", "zone_id"], name="zone_id_unique_at_controller"),
            models.UniqueConstraint(fields=["store", "code"], name="zone_code_unique_in_store"),
            models.CheckConstraint(
                name="zone_capacity_positive",
                condition=models.Q(capacity__isnull=True) | models.Q(capacity__gt=0),
                violation_error_message="A capacity is at least 1, or empty where it isn't known.",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.code

    def retire(self, at: datetime | None) -> None:
        """Retire it as of an instant, or no longer, by a person's word; yet unsaved."""
        self.retired_at, self.retired_by_hand = at, at is not None
        self.missed, self.missing_since = 0, None

    def note_retirement(self, *, by: str, now: datetime) -> None:
        """Keep on whose word it was retired, or is there again."""
        kind = ZoneChange.Kind.RETIRED if self.retired_at else ZoneChange.Kind.RETURNED
        ZoneChange.objects.create(zone=self, at=now, kind=kind, detail=f"By {by}.")

    def clean(self) -> None:
        """Refuse to reverse what has no direction of its own: an XCS says in and out."""
        if self.reversed and self.controller.kind != Controller.Kind.XOVIS:
            raise ValidationError({"reversed": _("Only a Xovis sensor's line has a direction to reverse.")})


class ZoneChange(models.Model):
    """That a zone was retired, or is there again: when, and on whose word."""

    class Kind(models.TextChoices):
        RETIRED = "retired", "Retired"
        RETURNED = "returned", "There again"

    zone = models.ForeignKey(Zone, models.CASCADE, related_name="changes")
    at = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=Kind)
    detail = models.TextField(blank=True)

    class Meta:
        ordering = ["zone", "-at", "-id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"


class MayCount(Protocol):
    """What of a zone decides whether it counts: a ``Zone``, or a row of these fields."""

    @property
    def kind(self) -> str: ...
    @property
    def has_occupancy(self) -> bool: ...
    @property
    def counts_by_hand(self) -> bool | None: ...


AZone = TypeVar("AZone", bound=MayCount)


def counting_zones(zones: Iterable[AZone]) -> list[AZone]:
    """Those of one store's zones whose sum is the store's occupancy.

    What a person has set by hand goes first. Else the areas count; where a store has none, its entrances do. A zone
    that its controller lists in no occupancy snapshot can only count by hand: it would make the sum unknown for ever.
    """
    zones = list(zones)
    default_kind = Zone.Kind.AREA if any(zone.kind == Zone.Kind.AREA for zone in zones) else Zone.Kind.ENTRANCE
    return [
        zone
        for zone in zones
        if (
            zone.counts_by_hand if zone.counts_by_hand is not None else zone.has_occupancy and zone.kind == default_kind
        )
    ]
