"""Exports: reports of any size, made into files by the workers, kept for some days for whoever ordered them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.postgres.fields import ArrayField
from django.db import models

from ingest.models import Measure
from sites_app.models import ApiKey

Owner = ApiKey | AbstractBaseUser
"""Who ordered an export: a program by its key, or a person."""


class ExportQuerySet(models.QuerySet["Export"]):
    def owned_by(self, owner: Owner) -> ExportQuerySet:
        """Those that this key or person ordered: nobody else sees them."""
        return self.filter(**{owner_field(owner): owner})

    def unfinished(self) -> ExportQuerySet:
        """Those that are still to be made."""
        return self.filter(state__in=(Export.State.WAITING, Export.State.RUNNING))


def owner_field(owner: Owner) -> str:
    """The field of ``Export`` that such an owner stands in."""
    return "owner_key" if isinstance(owner, ApiKey) else "owner_user"


class Export(models.Model):
    """A job: which report was ordered, how far it has come, and its file.

    ``due_at`` is when it's next to be handed to a worker. Whoever takes it moves ``due_at`` on for as long as it works,
    so a job whose worker died is due again by itself. ``attempts`` counts the takers: only the last one may go on.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        EXPIRED = "expired", "Expired"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner_key = models.ForeignKey(ApiKey, models.CASCADE, null=True, related_name="exports")
    owner_user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="exports")
    report = models.CharField(max_length=10, choices=[*Measure.choices, ("health", "Data health")])
    format = models.CharField(max_length=10)
    asked = models.JSONField(help_text="The report's request.")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    progress = models.FloatField(default=0.0, help_text="0–1.")
    rows = models.BigIntegerField(null=True)
    size_bytes = models.BigIntegerField(null=True)
    store_ids = ArrayField(
        models.BigIntegerField(), null=True, help_text="The stores in the file: only who sees them all may have it."
    )
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["due_at"], name="export_due", condition=models.Q(state__in=("waiting", "running"))),
        ]
        constraints = [
            models.CheckConstraint(
                name="export_has_one_owner",
                condition=models.Q(owner_key__isnull=False, owner_user__isnull=True)
                | models.Q(owner_key__isnull=True, owner_user__isnull=False),
                violation_error_message="An export belongs to a key or to a person.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_report_display()} as {self.format}, {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def owner(self) -> Owner:
        owner: Owner | None = self.owner_key or self.owner_user
        assert owner is not None
        return owner
