"""What arrived: events, accepted once each, and the quarantine of what couldn't be understood."""

from __future__ import annotations

from django.db import models

from sites_app.models import Controller, Store


class Event(models.Model):
    """A webhook's event, as it came. ``digested_at`` is null until it has become samples."""

    pk = models.CompositePrimaryKey("store_id", "controller_id", "event_id")
    store = models.ForeignKey(Store, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    controller = models.ForeignKey(Controller, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    event_id = models.CharField(max_length=200)
    event = models.CharField(max_length=100)
    observed_at = models.DateTimeField()
    received_at = models.DateTimeField()
    body = models.BinaryField()
    digested_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["received_at"], name="event_undigested", condition=models.Q(digested_at=None)),
            models.Index(fields=["store", "-observed_at"], name="event_of_store"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.event_id}"


class Quarantine(models.Model):
    """Something a controller said that couldn't be used: kept, with the reason and where in it the fault lies."""

    class Source(models.TextChoices):
        POLL = "poll", "Poll"
        WEBHOOK = "webhook", "Webhook"

    store = models.ForeignKey(Store, models.CASCADE, related_name="+")
    controller = models.ForeignKey(Controller, models.CASCADE, related_name="quarantine")
    received_at = models.DateTimeField()
    source = models.CharField(max_length=10, choices=Source)
    stream = models.CharField(max_length=20, blank=True, help_text="Which answer or event it was part of.")
    reason = models.TextField()
    pointer = models.CharField(max_length=300, blank=True, help_text="JSON pointer to the fault.")
    body = models.BinaryField()
    digest = models.CharField(max_length=32, help_text="MD5 of the body: a fault that is sent again is kept once.")
    replayed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-received_at"]
        verbose_name_plural = "quarantine"
        indexes = [models.Index(fields=["controller", "-received_at"], name="quarantine_of_controller")]
        constraints = [
            models.UniqueConstraint(fields=["controller", "stream", "pointer", "digest"], name="quarantine_once"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.pointer}".strip()
