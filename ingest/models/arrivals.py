"""What arrived: events, accepted once each, and the quarantine of what couldn't be understood."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
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
            # What ``GET /events`` reads: newest first, of some stores or of all.
            models.Index(fields=["store", "-observed_at"], name="event_of_store"),
            models.Index(fields=["-observed_at"], name="event_newest"),
            # What retention deletes by: rows lie in the order in which they came, so this one is tiny.
            BrinIndex(fields=["received_at"], name="event_received", autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.event_id}"


class Quarantine(models.Model):
    """Something a controller said that couldn't be used: kept, with the reason and where in it the fault lies.

    What is kept can be understood anew after a fix, as of when it came: see ``ingest.replaying``.
    """

    class Source(models.TextChoices):
        POLL = "poll", "Poll"
        WEBHOOK = "webhook", "Webhook"

    class What(models.TextChoices):
        """What the body is; without one it's an excerpt, to be looked at only."""

        BODY = "body", "A webhook's body"
        EVENT = "event", "An event"
        ANSWER = "answer", "An answer"
        ROW = "row", "A row of an answer"
        PUSH = "push", "A sensor's push"

    store = models.ForeignKey(Store, models.CASCADE, related_name="+")
    controller = models.ForeignKey(Controller, models.CASCADE, related_name="quarantine")
    received_at = models.DateTimeField()
    source = models.CharField(max_length=10, choices=Source)
    stream = models.CharField(max_length=20, blank=True, help_text="Which stream or event it was part of.")
    what = models.CharField(max_length=10, choices=What, blank=True, default="", db_default="")
    shape = models.CharField(
        max_length=20, blank=True, default="", db_default="", help_text="Which answer it is, or is a row of."
    )
    answered_at = models.DateTimeField(null=True, help_text="The controller's time of the answer that a row is of.")
    awaits = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="The zone that it waits for; replayed when that is found.",
    )
    reason = models.TextField()
    pointer = models.CharField(max_length=300, blank=True, help_text="JSON pointer to the fault.")
    body = models.BinaryField()
    truncated = models.BooleanField(default=False, db_default=False, help_text="The body was longer than what is kept.")
    digest = models.CharField(
        max_length=32, help_text="MD5 of the whole body: a fault that is sent again is kept once."
    )
    replayed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-received_at"]
        verbose_name_plural = "quarantine"
        indexes = [
            models.Index(fields=["controller", "-received_at"], name="quarantine_of_controller"),
            models.Index(fields=["received_at"], name="quarantine_received"),
            models.Index(
                fields=["controller", "awaits"],
                name="quarantine_awaits",
                condition=models.Q(replayed_at=None) & ~models.Q(awaits=""),
            ),
        ]
        constraints = [
            # The same row in another answer is another sample.
            models.UniqueConstraint(
                fields=["controller", "stream", "pointer", "digest", "answered_at"],
                name="quarantine_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.pointer}".strip()
