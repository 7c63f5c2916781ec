"""E-mail: how each person wants it, what there is to tell them, and the letters that are made of that."""

from __future__ import annotations

import uuid
from datetime import time

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from alerts.models.alerts import Alert
from sites_app.models.stores import validate_timezone


def validate_language(code: str) -> None:
    """Refuse what is no language that texts could be in."""
    if code not in dict(settings.LANGUAGES):
        raise ValidationError(
            _("'%(code)s' is no language that is known here; write one such as en or de.") % {"code": code}
        )


class MailPreference(models.Model):
    """How one person wants to hear of alerts. Without it: a region's people at once, head office once a day."""

    class Mode(models.TextChoices):
        AT_ONCE = "at_once", _("At once")
        HOURLY = "hourly", _("Once an hour")
        DAILY = "daily", _("Once a day")
        OFF = "off", _("Never")

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="alert_mail")
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.AT_ONCE)
    daily_at = models.TimeField(default=time(7), help_text="When the daily one comes.")
    timezone = models.CharField(
        max_length=64, default="UTC", validators=[validate_timezone], help_text="On whose clock that is (IANA)."
    )
    kinds = ArrayField(
        models.CharField(max_length=30, choices=Alert.Kind), default=list, blank=True, help_text="None: all."
    )
    when_resolved = models.BooleanField(default=True, help_text="Tell when it's over, too.")
    language = models.CharField(
        max_length=10,
        blank=True,
        default="",
        validators=[validate_language],
        help_text="de, say. Empty: the platform's own.",
    )

    class Meta:
        ordering = ["user"]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_mode_display()}"


class Mail(models.Model):
    """A letter to one person. ``due_at`` moves past a lease while somebody sends it, as a delivery's does.

    Its id is the letter's Message-ID, the same however often sending is tried.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    address = models.EmailField()
    subject = models.CharField(max_length=300, blank=True, default="", help_text="Of a letter that isn't about alerts.")
    text = models.TextField(blank=True, default="")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["due_at"], name="mail_due", condition=models.Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.address} {self.created_at:%Y-%m-%d %H:%M}"


class Notice(models.Model):
    """One state of an alert that one person is to be told of, once. Due at once, or with the next digest."""

    class Event(models.TextChoices):
        OPENED = "opened", _("Opened")
        RESOLVED = "resolved", _("Resolved")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    alert = models.ForeignKey(Alert, models.CASCADE, related_name="notices")
    event = models.CharField(max_length=10, choices=Event)
    due_at = models.DateTimeField()
    mail = models.ForeignKey(Mail, models.CASCADE, null=True, related_name="notices")

    class Meta:
        ordering = ["-due_at"]
        indexes = [models.Index(fields=["due_at"], name="notice_due", condition=models.Q(mail=None))]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "alert", "event"],
                name="notice_once",
                violation_error_message="This person is told of this already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.alert} {self.event}"
