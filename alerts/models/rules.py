"""When something becomes an alert: settings for the chain, for all stores under a region, or for one store."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from alerts.models.alerts import Kind
from sites_app.models import Region, Store

_MINUTES = [MaxValueValidator(24 * 60)]


class AlertRule(models.Model):
    """A rule's settings within its scope. What is empty is as in the next wider scope, at last as it comes."""

    kind = models.CharField(max_length=30, choices=Kind)
    region = models.ForeignKey(
        Region, models.CASCADE, null=True, blank=True, related_name="+", help_text="For all stores under it."
    )
    store = models.ForeignKey(
        Store,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="For this store alone. Neither a region nor a store: for all stores.",
    )
    enabled = models.BooleanField(_("watched"), null=True, blank=True)
    threshold = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="A queue: people, more than which are too many (else the controller's own threshold). Occupancy: the "
        "share of the capacity from which a store is too full (else 0.95).",
    )
    clear_share = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="The part of the threshold at or under which it's well again (else 0.8 of a queue's, 0.9 of a store's).",
    )
    open_after_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=_MINUTES, help_text="How long it must have been so before an alert is opened."
    )
    resolve_after_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=_MINUTES, help_text="How long it must have been well before that is resolved."
    )

    class Meta:
        ordering = ["kind", "region", "store"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "region", "store"],
                name="alert_rule_once",
                nulls_distinct=False,
                violation_error_message="There is a rule of this kind for this scope already.",
            ),
            models.CheckConstraint(
                name="alert_rule_one_scope",
                condition=models.Q(region=None) | models.Q(store=None),
                violation_error_message="Choose a region or a store, not both.",
            ),
            models.CheckConstraint(
                name="alert_rule_settings_sane",
                condition=(models.Q(threshold=None) | models.Q(threshold__gte=0))
                & (models.Q(clear_share=None) | models.Q(clear_share__range=(0, 1))),
                violation_error_message="A threshold is 0 or more, and a share lies between 0 and 1.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.store or self.region or _('all stores')}"

    def clean(self) -> None:
        """Refuse a threshold where there is nothing to measure."""
        measured = self.kind in (Kind.QUEUE, Kind.OCCUPANCY)
        if not measured and (self.threshold is not None or self.clear_share is not None):
            raise ValidationError(_("Only queues and occupancy have a threshold."))
