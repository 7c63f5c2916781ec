"""Webhooks out: who wants to be told what (endpoints), what there is to tell (messages), and each telling (deliveries)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from sites_app.models import ApiKey, Region, Store
from sites_app.secrets import Secret, SecretField

if TYPE_CHECKING:
    from sites_app.access import Principal


class EventType(models.TextChoices):
    """What can be told. ``TEST`` goes to the one endpoint that is tried, whatever it has subscribed to."""

    OPENED = "alert.opened", _("An alert was opened")
    ACKNOWLEDGED = "alert.acknowledged", _("An alert was acknowledged")
    RESOLVED = "alert.resolved", _("An alert was resolved")
    TEST = "endpoint.test", _("A test")

    @classmethod
    def subscribable(cls) -> list[str]:
        """Those that an endpoint can choose."""
        return [value for value in cls.values if value != cls.TEST]


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def visible_to(self, principal: Principal) -> WebhookEndpointQuerySet:
        """Those whose stores this person or key sees all of: an endpoint of all stores is head office's alone."""
        if principal.sees_all:
            return self
        told = WebhookEndpoint.regions.through.objects.values("webhookendpoint")
        elsewhere = told.exclude(region__in=Region.objects.under(principal.region_ids))
        return self.filter(pk__in=told).exclude(pk__in=elsewhere)

    def on(self) -> WebhookEndpointQuerySet:
        """Those that are to be told."""
        return self.filter(enabled=True)


class WebhookEndpoint(models.Model):
    """Where to tell what happens. Without regions it's told of all stores, without event types of all events.

    ``failing_since`` is when deliveries began to fail without one succeeding since.
    """

    EventType = EventType

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100, blank=True)
    url = models.CharField(max_length=500)
    event_types = ArrayField(models.CharField(max_length=40), default=list, blank=True, help_text="None: all.")
    regions = models.ManyToManyField(Region, blank=True, related_name="+", help_text="None: all stores.")
    contact_email = models.EmailField(blank=True, help_text="Who is told when it is switched off.")
    enabled = models.BooleanField(default=True)
    secret = SecretField(editable=False)
    previous_secret = SecretField(blank=True, default="", editable=False)
    previous_secret_until = models.DateTimeField(null=True, editable=False)
    owner_key = models.ForeignKey(ApiKey, models.SET_NULL, null=True, blank=True, editable=False, related_name="+")
    owner_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    failing_since = models.DateTimeField(null=True, editable=False)
    last_success_at = models.DateTimeField(null=True, editable=False)
    disabled_at = models.DateTimeField(null=True, editable=False)
    disabled_reason = models.TextField(blank=True, default="", editable=False)

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="webhook_endpoint_events_known",
                condition=models.Q(event_types__contained_by=["alert.opened", "alert.acknowledged", "alert.resolved"]),
                violation_error_message="An event type isn't known.",
            ),
            models.CheckConstraint(
                name="webhook_endpoint_url_http",
                condition=models.Q(url__regex=r"^https?://[^/]"),
                violation_error_message="Write the address as https://HOST[:PORT]/PATH.",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.url

    def secrets(self) -> list[Secret]:
        """What to sign with: the secret, and for a while the one before."""
        return [secret for secret in (self.secret, self.previous_secret) if secret]


# An endpoint without regions is told of all stores: were its last region deleted from under it, it would hear too much.
WebhookEndpoint.regions.through._meta.get_field("region").remote_field.on_delete = models.PROTECT


class WebhookMessage(models.Model):
    """Something that happened, as it's told: once for all who are. Written with what happened, in one transaction."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    type = models.CharField(max_length=40, choices=EventType)
    store = models.ForeignKey(Store, models.CASCADE, null=True, related_name="+")
    occurred_at = models.DateTimeField()
    body = models.TextField(help_text="The JSON, byte for byte as it's signed and sent.")

    class Meta:
        ordering = ["-occurred_at"]
        indexes = [models.Index(fields=["occurred_at"], name="webhook_message_occurred")]

    def __str__(self) -> str:
        return f"{self.type} {self.occurred_at:%Y-%m-%d %H:%M:%S}"

    @property
    def webhook_id(self) -> str:
        """The same at each attempt, so that a receiver knows it again."""
        return f"msg_{self.id.hex}"


class WebhookDelivery(models.Model):
    """A message on its way to one endpoint.

    ``due_at`` is when it's next to be tried; whoever takes it moves ``due_at`` past a lease, so that what was in a dying
    process's hands is due again by itself. After ``give_up_at`` it's no longer tried.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries")
    message = models.ForeignKey(WebhookMessage, models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    give_up_at = models.DateTimeField()
    attempted_at = models.DateTimeField(null=True)
    duration_ms = models.PositiveIntegerField(null=True)
    status = models.PositiveSmallIntegerField(null=True, help_text="What the endpoint answered last.")
    error = models.TextField(blank=True, default="", help_text="Why the last attempt failed.")
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "webhook deliveries"
        indexes = [
            models.Index(fields=["due_at"], name="webhook_delivery_due", condition=models.Q(state="waiting")),
            models.Index(fields=["endpoint", "-created_at", "-id"], name="webhook_delivery_newest"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "message"],
                name="webhook_delivery_once",
                violation_error_message="This endpoint is told of this already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.message} to {self.endpoint}"
