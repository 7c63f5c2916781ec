"""What was first answered to a POST that may be sent again."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class FirstAnswer(models.Model):
    """The answer to a caller's ``Idempotency-Key``; without a ``status`` as long as it's being worked out."""

    caller = models.CharField(max_length=40)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of what was asked.")
    asked_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    content = models.JSONField(null=True, encoder=DjangoJSONEncoder)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="first_answer_once")]
        indexes = [models.Index(fields=["asked_at"], name="first_answer_asked")]

    def __str__(self) -> str:
        return f"{self.caller} {self.key}"
