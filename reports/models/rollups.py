"""Rollups: what can be merged of each measure, by quarter, hour, day and month of a store, open and closed apart.

They are derived from the facts and can be thrown away. A zone id of 0 is the store as a whole. Hours, days and months are
the store's own: ``start`` is the instant, ``local`` what the store's clock shows then. Durations are in microseconds, so
that every sum is exact. Each table is partitioned by grain, and stores lie apart from their zones.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from ingest.models import Measure
from sites_app.models import Store

WHOLE_STORE = 0
"""The zone id under which a store's own figures stand."""
ANY_PATH = -1
"""The zone id, from and to, under which the sum over all paths of a store stands."""


class Grain(models.TextChoices):
    """How long a rollup's bucket is."""

    QUARTER = "quarter", "Quarter of an hour"
    HOUR = "hour", "Hour"
    DAY = "day", "Day"
    MONTH = "month", "Month"


if TYPE_CHECKING:
    _Field = models.Field[datetime, datetime]
else:
    _Field = models.Field


class ClockField(_Field):
    """What a store's own clock shows: without an offset, so that stores of all zones meet at the same hour of their day."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "timestamp"


class Rollup(models.Model):
    """The key that rollups of stores and zones share. ``local``: an hour at its full hour, a day or month at midnight."""

    pk = models.CompositePrimaryKey("store_id", "zone_id", "grain", "start", "is_open")
    store_id = models.BigIntegerField()
    zone_id = models.BigIntegerField()
    grain = models.CharField(max_length=7, choices=Grain)
    start = models.DateTimeField()
    is_open = models.BooleanField()
    local = ClockField()

    class Meta:
        abstract = True


class RegionRollup(models.Model):
    """The key of the sums over a region's own stores (not those of regions under it), by hour and day of their clocks."""

    pk = models.CompositePrimaryKey("region_id", "grain", "local", "is_open")
    region_id = models.BigIntegerField()
    grain = models.CharField(max_length=7, choices=Grain)
    local = ClockField()
    is_open = models.BooleanField()

    class Meta:
        abstract = True


class OccupancySums(models.Model):
    """People over time. ``capacity_*`` are over the covered time with a known capacity; ``lowest`` is the fewest people."""

    covered_us = models.BigIntegerField()
    person_us = models.BigIntegerField()
    capacity_us = models.BigIntegerField()
    capacity_person_us = models.BigIntegerField()
    peak = models.IntegerField(null=True)
    peak_at = models.DateTimeField(null=True)
    peak_utilisation = models.FloatField(null=True)
    lowest = models.IntegerField(null=True)

    class Meta:
        abstract = True


class QueueSums(models.Model):
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

    class Meta:
        abstract = True


class FootfallSums(models.Model):
    """Visitors, how many quarters of an hour they are the whole of, and how many of those were fetched late."""

    visitors_in = models.BigIntegerField()
    visitors_out = models.BigIntegerField()
    complete_quarters = models.BigIntegerField()
    intervals = models.BigIntegerField()
    healed = models.BigIntegerField()

    class Meta:
        abstract = True


class DwellSums(models.Model):
    """Stays: a mean weighs by its visits, or 1 where they are not known (``visits`` is null then)."""

    intervals = models.BigIntegerField()
    weighted_ms = models.BigIntegerField()
    weight = models.BigIntegerField()
    visits = models.BigIntegerField(null=True)

    class Meta:
        abstract = True


class OccupancyRollup(Rollup, OccupancySums):
    """Occupancy of stores and zones."""


class QueueRollup(Rollup, QueueSums):
    """Queues: of a store the sums over its queues."""


class FootfallRollup(Rollup, FootfallSums):
    """Footfall of stores and entrances."""


class DwellRollup(Rollup, DwellSums):
    """Dwell of stores and zones."""


class OccupancyRegionRollup(RegionRollup, OccupancySums):
    """Occupancy over a region's stores."""

    peak_store_id = models.BigIntegerField(null=True)


class QueueRegionRollup(RegionRollup, QueueSums):
    """Queues over a region's stores."""

    peak_store_id = models.BigIntegerField(null=True)


class FootfallRegionRollup(RegionRollup, FootfallSums):
    """Footfall over a region's stores."""


class DwellRegionRollup(RegionRollup, DwellSums):
    """Dwell over a region's stores."""


class PathRollup(models.Model):
    """How many went from one zone to another; 0 is the outside of the store.

    ``intervals`` is how many hours had any; of the sum over all paths it is what is known of the store.
    """

    pk = models.CompositePrimaryKey("store_id", "grain", "start", "from_zone_id", "to_zone_id", "is_open")
    store_id = models.BigIntegerField()
    grain = models.CharField(max_length=7, choices=Grain)
    start = models.DateTimeField()
    from_zone_id = models.BigIntegerField()
    to_zone_id = models.BigIntegerField()
    is_open = models.BooleanField()
    local = ClockField()
    count = models.BigIntegerField()
    intervals = models.BigIntegerField()


class StoreBasis(models.Model):
    """What a store's rollups are computed with, as ``basis`` last saw it.

    ``hours`` is its time zone and trading hours in full, the rest are digests of all that bears on a measure's quarters.
    """

    store = models.OneToOneField(
        Store, models.CASCADE, primary_key=True, db_constraint=False, related_name="report_basis"
    )
    region_id = models.BigIntegerField()
    hours = models.TextField()
    hours_digest = models.CharField(max_length=32)
    occupancy = models.CharField(max_length=32)
    queues = models.CharField(max_length=32)
    footfall = models.CharField(max_length=32)

    class Meta:
        verbose_name_plural = "store bases"
        indexes = [
            models.Index(fields=["region_id"], name="store_basis_region"),
            models.Index(fields=["hours_digest"], name="store_basis_hours"),
        ]

    def __str__(self) -> str:
        return f"Basis of store {self.store_id}"


class Recut(models.Model):
    """A day of a store whose quarters are to be told open from closed, and merged, anew: its clock or hours changed."""

    store = models.ForeignKey(Store, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    measure = models.CharField(max_length=10, choices=Measure)
    day = models.DateField()

    class Meta:
        indexes = [models.Index(fields=["measure", "id"], name="recut_measure_id")]

    def __str__(self) -> str:
        return f"{self.measure} of store {self.store_id} on {self.day}"
