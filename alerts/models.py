"""Alerts: opened once when something needs attention, resolved by themselves when it no longer does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from sites_app.models import Store

if TYPE_CHECKING:
    from sites_app.access import Principal


class AlertQuerySet(models.QuerySet["Alert"]):
    def visible_to(self, principal: Principal) -> AlertQuerySet:
        """The alerts of the stores that this person or key may see."""
        return self.filter(store__in=Store.objects.visible_to(principal))

    def open(self) -> AlertQuerySet:
        """Those that are not resolved."""
        return self.filter(resolved_at=None)


class Alert(models.Model):
    """Something that needs attention in a store. ``subject`` is the zone or controller that it's about."""

    class Kind(models.TextChoices):
        QUEUE = "queue_over_threshold", "Queue over its threshold"
        OCCUPANCY = "occupancy_critical", "Occupancy critical"
        CONTROLLER = "controller_offline", "Controller offline"

    store = models.ForeignKey(Store, models.CASCADE, related_name="alerts")
    kind = models.CharField(max_length=30, choices=Kind)
    subject = models.CharField(max_length=320, blank=True)
    message = models.TextField()
    opened_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at"]
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
