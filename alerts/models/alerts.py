"""Alerts: opened once when something needs attention, resolved by themselves when it no longer does."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from sites_app.models import Controller, Store

if TYPE_CHECKING:
    from sites_app.access import Principal


class Kind(models.TextChoices):
    """What can need attention."""

    QUEUE = "queue_over_threshold", _("Queue over its threshold")
    OCCUPANCY = "occupancy_critical", _("Occupancy critical")
    CONTROLLER = "controller_offline", _("Controller offline")
    SENSOR = "sensor_offline", _("Sensor offline")
    GAP = "data_gap", _("Data missing")


class AlertQuerySet(models.QuerySet["Alert"]):
    def visible_to(self, principal: Principal) -> AlertQuerySet:
        """The alerts of the stores that this person or key may see."""
        return self.filter(store__in=Store.objects.visible_to(principal))

    def open(self) -> AlertQuerySet:
        """Those that are not resolved."""
        return self.filter(resolved_at=None)

    def resolved(self) -> AlertQuerySet:
        """Those that are."""
        return self.exclude(resolved_at=None)

    def changed_since(self, instant: datetime) -> AlertQuerySet:
        """Those that were opened, acknowledged or resolved at this instant or later."""
        return self.filter(changed_at__gte=instant)


class Alert(models.Model):
    """Something that needs attention in a store.

    ``subject`` tells which of the store's zones, controllers or sensors it's about, and stays; ``name`` is what people
    call that. ``value`` and ``limit`` are those of its opening: people for a queue, people and capacity for a store.
    ``clear_since`` is since when it has been seen to be well again, where no samples tell that.
    """

    Kind = Kind

    class Resolution(models.TextChoices):
        """Why it's over."""

        CLEARED = "cleared", _("Over")
        UNWATCHED = "unwatched", _("No longer watched")

    store = models.ForeignKey(Store, models.CASCADE, related_name="alerts")
    kind = models.CharField(max_length=30, choices=Kind)
    subject = models.CharField(max_length=320, blank=True)
    name = models.CharField(max_length=320, blank=True)
    controller = models.ForeignKey(Controller, models.SET_NULL, null=True, blank=True, related_name="alerts")
    message = models.TextField()
    detail = models.TextField(blank=True)
    value = models.FloatField(null=True, blank=True)
    limit = models.FloatField(null=True, blank=True)
    since = models.DateTimeField(
        null=True, blank=True, help_text="Since when it had been so when it was opened, if not for longer."
    )
    opened_at = models.DateTimeField()
    clear_since = models.DateTimeField(null=True, blank=True, editable=False)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolution = models.CharField(max_length=10, choices=Resolution, blank=True, default="")
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=200, blank=True, default="")
    note = models.TextField(blank=True, default="", help_text="What whoever acknowledged it has to say.")
    changed_at = models.DateTimeField(help_text="When it was last opened, acknowledged or resolved.")

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-id"]
        indexes = [
            models.Index(fields=["-opened_at", "-id"], name="alert_newest"),
            models.Index(fields=["store", "-opened_at"], name="alert_of_store"),
            models.Index(fields=["-changed_at"], name="alert_changed"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["store", "kind", "subject"],
                name="alert_open_once",
                condition=models.Q(resolved_at=None),
                violation_error_message="This alert is open already.",
            ),
        ]

    def __str__(self) -> str:
        return self.message

    def save(self, *args: object, **kwargs: object) -> None:
        self.changed_at = self.changed_at or self.opened_at
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class Suspicion(models.Model):
    """Something that will be an alert if it stays so, where nothing else tells since when it has been."""

    store = models.ForeignKey(Store, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=30, choices=Kind)
    subject = models.CharField(max_length=320, blank=True)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["store", "kind", "subject"],
                name="suspicion_once",
                violation_error_message="This is suspected already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} since {self.since:%Y-%m-%d %H:%M}"
