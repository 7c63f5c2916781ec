"""Facts as stored: samples (a value at an instant) and intervals (a sum or mean over a stretch).

Keys begin with the store, so that its rows lie together and the tables can be distributed by store. There are no
foreign-key constraints: facts are written by the million, and the registry never deletes what has facts. All fact
tables are partitioned by month; ``ingest.partitions`` makes and drops the partitions.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from sites_app.models import Store, Zone


class Measure(models.TextChoices):
    """What is measured: the names of reports, rollups and dirty marks."""

    OCCUPANCY = "occupancy", "Occupancy"
    QUEUES = "queues", "Queues"
    FOOTFALL = "footfall", "Footfall"
    DWELL = "dwell", "Dwell"
    PATHS = "paths", "Paths"


def of_store(related_name: str = "+") -> models.ForeignKey[Store, Store]:
    """The store of a fact, the first part of its key."""
    return models.ForeignKey(Store, models.DO_NOTHING, db_constraint=False, db_index=False, related_name=related_name)


def of_zone() -> models.ForeignKey[Zone, Zone]:
    """The zone of a fact."""
    return models.ForeignKey(Zone, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")


class OccupancySample(models.Model):
    """The people in a zone at an instant. ``observed_at`` is the controller's time, ``received_at`` ours."""

    pk = models.CompositePrimaryKey("store_id", "zone_id", "observed_at")
    store = of_store()
    zone = of_zone()
    observed_at = models.DateTimeField()
    received_at = models.DateTimeField()
    people = models.IntegerField()
    capacity = models.IntegerField(null=True)

    partitioned_by = "observed_at"


class QueueSample(models.Model):
    """A queue at an instant. Waits are in milliseconds."""

    pk = models.CompositePrimaryKey("store_id", "zone_id", "observed_at")
    store = of_store()
    zone = of_zone()
    observed_at = models.DateTimeField()
    received_at = models.DateTimeField()
    people = models.IntegerField()
    average_wait_ms = models.BigIntegerField(null=True)
    longest_wait_ms = models.BigIntegerField(null=True)
    threshold = models.IntegerField(null=True)

    partitioned_by = "observed_at"


class FootfallInterval(models.Model):
    """Who came and went through an entrance in a quarter of an hour; restated while it isn't complete."""

    pk = models.CompositePrimaryKey("store_id", "zone_id", "start")
    store = of_store()
    zone = of_zone()
    start = models.DateTimeField()
    end = models.DateTimeField()
    received_at = models.DateTimeField()
    count_in = models.IntegerField()
    count_out = models.IntegerField()
    complete = models.BooleanField()

    partitioned_by = "start"


class DwellInterval(models.Model):
    """How long people stayed in a zone on average, and how many visits that is the mean of."""

    pk = models.CompositePrimaryKey("store_id", "zone_id", "start")
    store = of_store()
    zone = of_zone()
    start = models.DateTimeField()
    end = models.DateTimeField()
    received_at = models.DateTimeField()
    average_dwell_ms = models.BigIntegerField()
    visits = models.IntegerField(null=True)

    partitioned_by = "start"


class PathInterval(models.Model):
    """How many went from one zone to another. A zone id of 0 is the outside of the store."""

    pk = models.CompositePrimaryKey("store_id", "from_zone_id", "to_zone_id", "start")
    store = of_store()
    from_zone_id = models.BigIntegerField()
    to_zone_id = models.BigIntegerField()
    start = models.DateTimeField()
    end = models.DateTimeField()
    received_at = models.DateTimeField()
    count = models.IntegerField()

    partitioned_by = "start"


class ZoneState(models.Model):
    """The latest of a zone: what live figures are read from."""

    zone = models.OneToOneField(Zone, models.CASCADE, primary_key=True, db_constraint=False, related_name="state")
    store = of_store()
    occupancy_at = models.DateTimeField(null=True)
    occupancy_received_at = models.DateTimeField(null=True)
    people = models.IntegerField(null=True)
    capacity = models.IntegerField(null=True)
    queue_at = models.DateTimeField(null=True)
    queue_received_at = models.DateTimeField(null=True)
    people_waiting = models.IntegerField(null=True)
    average_wait_ms = models.BigIntegerField(null=True)
    longest_wait_ms = models.BigIntegerField(null=True)
    threshold = models.IntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["store"], name="zone_state_store")]


class Dirty(models.Model):
    """A quarter of a store whose rollups no longer agree with its facts; written with the facts themselves.

    Rows are only ever added by writers and removed by the rollups, never updated: a mark that is committed after a
    rollup has read the facts is a row of its own, and so is never lost.
    """

    store = of_store()
    measure = models.CharField(max_length=10, choices=Measure)
    quarter = models.DateTimeField()
    marked_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "dirty quarters"
        indexes = [models.Index(fields=["measure", "id"], name="dirty_measure_id")]
