"""How far the clocks of stores' controllers were off, day by day."""

from __future__ import annotations

from django.db import models


class ClockSkew(models.Model):
    """The furthest that any clock of a store's controllers was seen to be off on a day of the store.

    Milliseconds ahead of ours; behind it they are negative. Only the present skew stands in the registry.
    """

    pk = models.CompositePrimaryKey("store_id", "day")
    store_id = models.BigIntegerField()
    day = models.DateField()
    skew_ms = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["day"], name="clock_skew_day")]

    def __str__(self) -> str:
        return f"{self.skew_ms} ms of store {self.store_id} on {self.day}"
