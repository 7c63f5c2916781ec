"""How far each stream of a controller has come, and the backfills that fetch what lies behind."""

from __future__ import annotations

import uuid
import zlib
from datetime import UTC, datetime, timedelta

from django.db import models
from django.db.models.functions import Now

from sites_app.models import Controller

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Stream(models.Model):
    """One kind of question that a controller is asked, with its own cadence and cursor.

    ``due_at`` is when it's next to be asked; a dispatcher claims it by moving ``due_at`` past a lease, so a claim that
    comes to nothing is due again by itself. ``cursor`` is the end of what has been fetched whole, ``watched_from`` since
    when nothing should be missing: what lies between the two for too long is a gap.
    """

    class Kind(models.TextChoices):
        LIVE = "live", "Occupancy and queues"
        FOOTFALL = "footfall", "Footfall"
        DWELL = "dwell", "Dwell"
        PATHS = "paths", "Paths"
        DISCOVERY = "discovery", "Sensors and zones"

    CADENCES = {
        Kind.FOOTFALL: timedelta(minutes=5),
        Kind.DWELL: timedelta(hours=1),
        Kind.PATHS: timedelta(hours=1),
        Kind.DISCOVERY: timedelta(minutes=10),
    }

    controller = models.ForeignKey(Controller, models.CASCADE, related_name="streams")
    kind = models.CharField(max_length=10, choices=Kind)
    due_at = models.DateTimeField()
    cursor = models.DateTimeField(null=True)
    watched_from = models.DateTimeField(db_default=Now())
    last_success_at = models.DateTimeField(null=True)
    consecutive_failures = models.PositiveIntegerField(default=0)
    last_error_code = models.CharField(max_length=30, blank=True)
    last_error = models.TextField(blank=True)
    stopped = models.BooleanField(default=False, help_text="Not asked until the controller's key changes.")
    stopped_key = models.CharField(
        max_length=32, blank=True, help_text="MD5 of the stored, encrypted key it stopped with."
    )

    lacks = models.CharField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        help_text="Answers that this firmware doesn't have; asked for once a day.",
    )
    lacks_at = models.DateTimeField(null=True, help_text="When that was last tried.")

    class Meta:
        ordering = ["controller", "kind"]
        constraints = [models.UniqueConstraint(fields=["controller", "kind"], name="stream_once_per_controller")]
        indexes = [
            models.Index(fields=["due_at"], name="stream_due", condition=models.Q(stopped=False)),
            models.Index(fields=["id"], name="stream_stopped", condition=models.Q(stopped=True)),
        ]

    def __str__(self) -> str:
        return f"{self.controller} {self.kind}"

    def next_due(self, now: datetime) -> datetime:
        """The next turn after ``now``: turns are a cadence apart, shifted by the controller's own share of it.

        A longer cadence's turn falls on one of the poll interval's, so that one connection and one write serve both.
        """
        interval = timedelta(seconds=self.controller.poll_interval_s)
        cadence = self.CADENCES.get(self.Kind(self.kind)) or interval
        first = _EPOCH + self.controller.poll_offset * interval
        if cadence > interval:
            share = zlib.crc32(self.kind.encode(), self.controller_id.int & 0xFFFFFFFF) / 2**32
            first += (share * cadence // interval) * interval
        # In whole microseconds: what is rounded could fall on ``now`` itself, and be due a second time.
        return first + ((now - first) // cadence + 1) * cadence


class HealedGap(models.Model):
    """Intervals that were missing for longer than they should have been, and have been fetched since."""

    controller = models.ForeignKey(Controller, models.CASCADE, related_name="healed_gaps")
    kind = models.CharField(max_length=10, choices=Stream.Kind)
    start = models.DateTimeField()
    end = models.DateTimeField()
    healed_at = models.DateTimeField()

    class Meta:
        ordering = ["-healed_at"]
        indexes = [
            models.Index(fields=["controller", "-end"], name="healed_gap_of_controller"),
            models.Index(fields=["-healed_at"], name="healed_gap_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.controller} {self.kind} {self.start:%Y-%m-%d %H:%M} – {self.end:%Y-%m-%d %H:%M}"


class Backfill(models.Model):
    """A job that fetches the intervals of a window again, for some controllers."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    start = models.DateTimeField()
    end = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="backfill_window_not_empty",
                condition=models.Q(start__lt=models.F("end")),
                violation_error_message="start must lie before end.",
            ),
        ]

    def __str__(self) -> str:
        return f"Backfill {self.start:%Y-%m-%d} – {self.end:%Y-%m-%d}"


class BackfillStep(models.Model):
    """One stream of one controller over at most seven days: fetched, written, done; or failed, with the reason."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    backfill = models.ForeignKey(Backfill, models.CASCADE, related_name="steps")
    controller = models.ForeignKey(Controller, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Stream.Kind)
    start = models.DateTimeField()
    end = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["start"]
        indexes = [models.Index(fields=["due_at"], name="backfill_step_due", condition=models.Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.controller} {self.kind} {self.start:%Y-%m-%d}"
