"""Rollups: what can be merged of each measure, by quarter, hour and day of a store, open and closed apart.

They are derived from the facts and can be thrown away. A zone id of 0 is the store as a whole. Hours and days are the
store's own; all starts are instants. Durations are in microseconds, so that every sum is exact.
"""

from __future__ import annotations

from django.db import models

WHOLE_STORE = 0
"""The zone id under which a store's own figures stand."""


class Grain(models.TextChoices):
    """How long a rollup's bucket is."""

    QUARTER = "quarter", "Quarter of an hour"
    HOUR = "hour", "Hour"
    DAY = "day", "Day"


class Rollup(models.Model):
    """The key that all rollups share."""

    pk = models.CompositePrimaryKey("store_id", "zone_id", "grain", "start", "is_open")
    store_id = models.BigIntegerField()
    zone_id = models.BigIntegerField()
    grain = models.CharField(max_length=7, choices=Grain)
    start = models.DateTimeField()
    is_open = models.BooleanField()

    class Meta:
        abstract = True


class OccupancyRollup(Rollup):
    """People over time. ``capacity_*`` are over the covered time with a known capacity."""

    covered_us = models.BigIntegerField()
    person_us = models.BigIntegerField()
    capacity_us = models.BigIntegerField()
    capacity_person_us = models.BigIntegerField()
    peak = models.IntegerField(null=True)
    peak_at = models.DateTimeField(null=True)
    peak_utilisation = models.FloatField(null=True)


class QueueRollup(Rollup):
    """Queue lengths and waits over time; ``wait_person_us`` is in milliseconds × people × microseconds."""

    covered_us = models.BigIntegerField()
    person_us = models.BigIntegerField()
    peak = models.IntegerField(null=True)
    peak_at = models.DateTimeField(null=True)
    wait_person_us = models.DecimalField(max_digits=38, decimal_places=0)
    waited_person_us = models.BigIntegerField()
    longest_wait_ms = models.BigIntegerField(null=True)
    over_us = models.BigIntegerField()
    threshold_us = models.BigIntegerField()
    breaches = models.BigIntegerField()


class FootfallRollup(Rollup):
    """Visitors, and how many quarters of an hour they are the whole of."""

    visitors_in = models.BigIntegerField()
    visitors_out = models.BigIntegerField()
    complete_quarters = models.BigIntegerField()
    intervals = models.BigIntegerField()


class DwellRollup(Rollup):
    """Stays: a mean weighs by its visits, or 1 where they are not known (``visits`` is null then)."""

    intervals = models.BigIntegerField()
    weighted_ms = models.BigIntegerField()
    weight = models.BigIntegerField()
    visits = models.BigIntegerField(null=True)


class PathRollup(models.Model):
    """How many went from one zone to another; 0 is the outside of the store."""

    pk = models.CompositePrimaryKey("store_id", "from_zone_id", "to_zone_id", "grain", "start", "is_open")
    store_id = models.BigIntegerField()
    from_zone_id = models.BigIntegerField()
    to_zone_id = models.BigIntegerField()
    grain = models.CharField(max_length=7, choices=Grain)
    start = models.DateTimeField()
    is_open = models.BooleanField()
    count = models.BigIntegerField()
    intervals = models.BigIntegerField()
