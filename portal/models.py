"""What pages keep: digital signs."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models

from sites_app.models import Store
from sites_app.models.access import digest_of

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
        """Close it for good."""
        Sign.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=now, revoked_by=by)

    def note_seen(self, *, now: datetime) -> None:
        """Keep when it asked, to a few minutes."""
        if self.seen_at is None or self.seen_at < now - SEEN_NOTED_EVERY:
            Sign.objects.filter(pk=self.pk).update(seen_at=now)
