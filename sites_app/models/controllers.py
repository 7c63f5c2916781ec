"""Controllers: the XCS servers in the stores, how they are reached, and how they are doing."""

from __future__ import annotations

import re
import uuid
import zlib
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cryptography import x509
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sites_app.models.stores import Store
from sites_app.secrets import Secret, SecretField

if TYPE_CHECKING:
    from sites_app.access import Principal

HOLD_INTERVALS = 3
PREVIOUS_KEY_VALID = timedelta(days=1)
"""How long a webhook key that was replaced is still accepted: as long as a controller goes on to send an event again."""
_FORM = gettext_lazy("http(s)://HOST[:PORT]/api/v1 (a Xovis sensor's ends with /api/v5)")


def validate_base_url(url: str) -> None:
    """A controller's address: http or https, a host, no user, query or fragment.

    The host may be any name of the retailer's own network, also one without a dot.
    """
    try:
        parts = urlsplit(url)
        host, port_is_valid = parts.hostname or "", parts.port != 0
    except ValueError:
        host, port_is_valid = "", False
    if not (_SCHEME.match(url) and _HOST.fullmatch(host) and port_is_valid) or not url.isprintable() or " " in url:
        raise ValidationError(_("Write it as %(form)s.") % {"form": _FORM})
    if "@" in parts.netloc or "?" in url or "#" in url:
        raise ValidationError(_("Leave out user names, '?' and '#': only %(form)s.") % {"form": _FORM})


def _server(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port, however they are written."""
    try:
        parts = urlsplit(url.strip())
        return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return url, "", None


_PORTS = {"http": 80, "https": 443}
_SCHEME = re.compile("https?://")
_HOST = re.compile(r"[\w.-]+|[0-9a-f:.]+")


def validate_certificates(pem: str) -> None:
    """Certificates as PEM, one or more; a private key has no business here."""
    if "PRIVATE KEY" in pem:
        raise ValidationError(_("This holds a private key: give the certificate alone."))
    try:
        x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise ValidationError(_("Give certificates as PEM: -----BEGIN CERTIFICATE----- and so on.")) from error


class ControllerQuerySet(models.QuerySet["Controller"]):
    def visible_to(self, principal: Principal) -> ControllerQuerySet:
        """The controllers of the stores that this person or key may see."""
        return self.filter(store__in=Store.objects.visible_to(principal))


class Controller(models.Model):
    """A controller in a store. ``api_key`` opens it to us, ``webhook_key`` opens our door to it."""

    class Kind(models.TextChoices):
        XCS = "xcs", "XCS controller"
        XOVIS = "xovis", "Xovis sensor"

        @classmethod
        def at(cls, base_url: str) -> str:
            """The kind of what has this address: the two APIs have paths of their own."""
            return cls.XOVIS if base_url.rstrip("/").endswith("/api/v5") else cls.XCS

    class State(models.TextChoices):
        NEW = "new", "New"
        ONLINE = "online", "Online"
        DEGRADED = "degraded", "Degraded"
        OFFLINE = "offline", "Offline"
        UNAUTHORIZED = "unauthorized", "Key rejected"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    store = models.ForeignKey(Store, models.PROTECT, related_name="controllers")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.XCS)
    base_url = models.CharField(max_length=300, validators=[validate_base_url])
    api_key = SecretField(help_text="Encrypted at rest; never shown again.")
    webhook_key = SecretField(blank=True, default="", help_text="What the controller sends with its webhooks.")
    previous_webhook_key = SecretField(blank=True, default="", editable=False)
    previous_webhook_key_until = models.DateTimeField(
        null=True, editable=False, help_text="Until when the webhook key before the present one is accepted, too."
    )
    enabled = models.BooleanField(default=True)
    poll_interval_s = models.PositiveIntegerField(
        default=60, validators=[MinValueValidator(5), MaxValueValidator(3600)], help_text="Seconds."
    )
    verify_tls = models.BooleanField(default=True)
    ca_certificate = models.TextField(
        "CA certificate",
        blank=True,
        default="",
        validators=[validate_certificates],
        help_text="PEM. What to trust instead of the public authorities, where the controller's certificate is the "
        "company's own.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    state = models.CharField(max_length=15, choices=State, default=State.NEW, editable=False)
    last_success_at = models.DateTimeField(null=True, editable=False)
    last_error = models.TextField(blank=True, default="", editable=False)
    consecutive_failures = models.PositiveIntegerField(default=0, editable=False)
    clock_skew_ms = models.BigIntegerField(null=True, editable=False)
    path_analytics = models.BooleanField(null=True, editable=False, help_text="Unknown until it was asked.")

    objects = ControllerQuerySet.as_manager()

    class Meta:
        ordering = ["store", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["store", "name"],
                name="controller_name_unique_in_store",
                violation_error_message="This store has a controller of this name already.",
            ),
            models.CheckConstraint(
                name="controller_poll_interval_sane",
                condition=models.Q(poll_interval_s__range=(5, 3600)),
                violation_error_message="A poll interval lies between 5 and 3600 seconds.",
            ),
            models.CheckConstraint(
                name="controller_base_url_http",
                condition=models.Q(base_url__regex=r"^https?://[^/]"),
                violation_error_message="Write the address as http(s)://HOST[:PORT]/api/v1.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.store.code}/{self.name}"

    @property
    def hold(self) -> timedelta:
        """How long a sample of this controller is taken to hold: three poll intervals."""
        return timedelta(seconds=HOLD_INTERVALS * self.poll_interval_s)

    @property
    def webhook_url(self) -> str:
        """What to type into the controller."""
        return f"{settings.PUBLIC_URL}/ingest/{self.kind}/{self.id}"

    @property
    def poll_offset(self) -> float:
        """A share of the interval, by hash, at which this controller is polled, so that load is flat."""
        return zlib.crc32(self.id.bytes) / 2**32

    @property
    def tls_trust(self) -> bool | str:
        """What its certificate is verified against: certificates (PEM), True for the public authorities, False for nothing."""
        return self.verify_tls and (self.ca_certificate or True)

    def leads_elsewhere(self, base_url: str) -> bool:
        """Whether this address is another server's than the present one. The stored key isn't sent there unasked: who may
        change a controller may not therefore read its key (docs/decisions/controllers-keys.md).
        """
        return _server(base_url) != _server(self.base_url)

    def change_webhook_key(self, plain: str) -> bool:
        """Set another webhook key, yet unsaved; whether it is another.

        The one before stays valid for a day, so that nothing is refused until the controller has the new one; so a key
        that got into wrong hands is to be changed twice. The day begins when the database writes it. Without a key, none
        is accepted.
        """
        before, after = self.webhook_secret(), Secret.of(plain)
        if before == after:
            return False
        keeps = bool(after and before and before.is_readable)
        self.previous_webhook_key = before if keeps else ""
        self.previous_webhook_key_until = Now() + PREVIOUS_KEY_VALID if keeps else None
        self.webhook_key = after
        return True

    def webhook_secret(self) -> Secret:
        """The key that its webhooks are verified with."""
        return self.webhook_key if isinstance(self.webhook_key, Secret) else Secret.of(str(self.webhook_key))
