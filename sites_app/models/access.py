"""Who may see what: people by membership in regions, programs by API keys."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from sites_app.models.regions import Region

KEY_PREFIX = "xk_"
USE_NOTED_EVERY = timedelta(minutes=5)
ROTATED_KEY_VALID = timedelta(days=1)
"""How long a key that was rotated still works, unless it's said otherwise."""


class Role(models.TextChoices):
    """What a person is here. What each may do stands in ``sites_app.roles``."""

    HEAD_OFFICE = "head_office", _("Head office")
    REGIONAL_MANAGER = "regional_manager", _("Regional manager")
    STORE_MANAGER = "store_manager", _("Store manager")
    INSTALLER = "installer", _("Installer")
    AUDITOR = "auditor", _("Auditor")


class Membership(models.Model):
    """A person's place: their role, and the region with all under it that they have it for; without one all stores."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(
        max_length=20, choices=Role, default=Role.REGIONAL_MANAGER, db_default=Role.REGIONAL_MANAGER
    )
    region = models.ForeignKey(
        Region, models.CASCADE, null=True, blank=True, related_name="memberships", help_text="Empty: all stores."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "region"],
                name="membership_once",
                nulls_distinct=False,
                violation_error_message="This person has this region already.",
            ),
            models.CheckConstraint(
                name="membership_head_office_of_all",
                condition=~models.Q(role=Role.HEAD_OFFICE) | models.Q(region=None),
                violation_error_message="Head office looks after all stores: leave the region empty.",
            ),
            models.CheckConstraint(
                name="membership_store_manager_of_some",
                condition=~models.Q(role=Role.STORE_MANAGER) | models.Q(region__isnull=False),
                violation_error_message="A store manager has a store: choose its region.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}, {self.region or 'all stores'}"


_VALID_AMONG = """
    SELECT key.*, ARRAY(SELECT region_id FROM sites_app_apikey_regions WHERE apikey_id = key.id) AS region_ids
    FROM sites_app_apikey AS key
    WHERE digest = ANY(%(digests)s) OR previous_digest = ANY(%(digests)s) AND previous_until > %(now)s
"""


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def valid(self, plain: str, *, now: datetime) -> ApiKey | None:
        """The key that this is, if it's neither revoked nor expired."""
        digest = digest_of(plain)
        return self.valid_among([digest], now=now).get(digest)

    def valid_among(self, digests: Collection[str], *, now: datetime) -> dict[str, ApiKey]:
        """The keys of these digests, with their ``region_ids``, in one query; a key that was rotated by both."""
        # Every request asks this: as SQL it costs a third of what it does to put it together anew each time.
        keys = self.raw(_VALID_AMONG, {"digests": list(digests), "now": now})
        valid = [key for key in keys if key.is_valid(now)]
        found = {key.previous_digest: key for key in valid if key.previous_until and key.previous_until > now}
        found.update({key.digest: key for key in valid})
        return {digest: found[digest] for digest in digests if digest in found}

    def note_use(self, keys: Iterable[ApiKey], *, now: datetime) -> None:
        """Keep when these keys were last used, to a few minutes."""
        old = now - USE_NOTED_EVERY
        unnoted = [key.pk for key in keys if key.last_used_at is None or key.last_used_at < old]
        if unnoted:
            self.filter(pk__in=unnoted).update(last_used_at=now)


class ApiKey(models.Model):
    """A program's key, stored hashed. Without regions it sees all stores."""

    class Scope(models.TextChoices):
        READ = "read", "Read"
        WRITE = "write", "Write"

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, editable=False, help_text="The key's beginning, to tell it by.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope), default=list)
    regions = models.ManyToManyField(Region, blank=True, help_text="None: all stores.")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False, help_text="To a few minutes.")
    previous_digest = models.CharField(max_length=64, unique=True, null=True, editable=False)  # noqa: DJ001 - none is unlike any other
    previous_until = models.DateTimeField(
        null=True, editable=False, help_text="Until when the key before the present one works, too."
    )
    requests_per_minute = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Empty: as many as any key."
    )

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="api_key_scopes_known",
                condition=models.Q(scopes__contained_by=["read", "write"]) & ~models.Q(scopes=[]),
                violation_error_message="Scopes are read and write, at least one.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def is_valid(self, now: datetime) -> bool:
        """Whether it's neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def rotate(self, *, until: datetime) -> str:
        """Put a new key, yet unsaved, in the place of this one, which goes on to work for a while; its plain text."""
        made, plain = ApiKey.generate(self.name, scopes=self.scopes)
        self.previous_digest, self.previous_until = self.digest, until
        self.prefix, self.digest = made.prefix, made.digest
        return plain

    @classmethod
    def generate(cls, name: str, *, scopes: list[str], expires_at: datetime | None = None) -> tuple[ApiKey, str]:
        """A new, unsaved key and its plain text, which is never to be had again."""
        plain = KEY_PREFIX + secrets.token_urlsafe(32)
        return cls(name=name, prefix=plain[:10], digest=digest_of(plain), scopes=scopes, expires_at=expires_at), plain


# A key without regions sees all stores: were its last region deleted from under it, it would see more than it was given.
ApiKey.regions.through._meta.get_field("region").remote_field.on_delete = models.PROTECT


def digest_of(plain: str) -> str:
    """SHA-256 in hex. Keys are 256 random bits, so a slow hash would add nothing."""
    return hashlib.sha256(plain.encode()).hexdigest()
