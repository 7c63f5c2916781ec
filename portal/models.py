"""What pages keep: digital signs, and the reports that people want by e-mail."""

from __future__ import annotations

import secrets
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models, transaction

from sites_app.models import Region, Store
from sites_app.models.access import digest_of
from sites_app.models.stores import validate_timezone

if TYPE_CHECKING:
    from sites_app.access import Principal

SEEN_NOTED_EVERY = timedelta(minutes=5)


class SignQuerySet(models.QuerySet["Sign"]):
    def visible_to(self, principal: Principal) -> SignQuerySet:
        """The signs of the stores that this person may see."""
        return self.filter(store__in=Store.objects.visible_to(principal))

    def of_token(self, token: str) -> Sign | None:
        """The sign that this token opens; None where there is none, or no longer."""
        return self.filter(digest=digest_of(token), revoked_at=None).select_related("store").first()


class Sign(models.Model):
    """A screen in a store that shows how many people are in it. Its token is its address, and stored hashed."""

    store = models.ForeignKey(Store, models.CASCADE, related_name="signs")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.CharField(max_length=150, blank=True, default="")
    seen_at = models.DateTimeField(null=True, editable=False, help_text="When it last asked, to a few minutes.")

    objects = SignQuerySet.as_manager()

    class Meta:
        ordering = ["store", "name", "-created_at"]

    def __str__(self) -> str:
        return f"{self.store.code} {self.name}"

    @classmethod
    def make(cls, store: Store, name: str, *, by: str, now: datetime) -> tuple[Sign, str]:
        """A new sign and its token, which is never to be had again."""
        token = secrets.token_urlsafe(32)
        return cls.objects.create(store=store, name=name, digest=digest_of(token), created_at=now, created_by=by), token

    def revoke(self, *, by: str, now: datetime) -> None:
        """Close it for good. Who was first stays on record."""
        with transaction.atomic():
            sign = Sign.objects.select_for_update().get(pk=self.pk)
            if sign.revoked_at is None:
                sign.revoked_at, sign.revoked_by = now, by
                sign.save(update_fields=["revoked_at", "revoked_by"])

    def note_seen(self, *, now: datetime) -> None:
        """Keep when it asked, to a few minutes."""
        if self.seen_at is None or self.seen_at < now - SEEN_NOTED_EVERY:
            Sign.objects.filter(pk=self.pk).update(seen_at=now)


class Schedule(models.Model):
    """A report that one person gets by e-mail each Monday at seven, on a clock of theirs.

    ``due_at`` moves past a lease while somebody sends it, and on to the next Monday once it's sent; ``week`` is the Monday
    that the last one was sent for, so that no week is told twice.
    """

    AT = time(7)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="schedules")
    region = models.ForeignKey(
        Region, models.CASCADE, null=True, blank=True, related_name="+", help_text="Empty: all that the person sees."
    )
    tag = models.CharField(max_length=40, blank=True, default="")
    timezone = models.CharField(max_length=64, default="UTC", validators=[validate_timezone])
    language = models.CharField(max_length=10, default="en")
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    week = models.DateField(null=True)
    sent_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["user", "created_at"]
        indexes = [models.Index(fields=["due_at"], name="schedule_due")]

    def __str__(self) -> str:
        return f"{self.user}: {self.region or 'all stores'}"

    def next_due(self, now: datetime) -> datetime:
        """The next Monday at seven, on its clock."""
        clock = now.astimezone(ZoneInfo(self.timezone))
        monday = clock.date() - timedelta(days=clock.weekday())
        due = datetime.combine(monday, self.AT, clock.tzinfo)
        return due if due > clock else datetime.combine(monday + timedelta(weeks=1), self.AT, clock.tzinfo)
