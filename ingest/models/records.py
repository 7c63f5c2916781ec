"""What Xovis sensors counted, record by record, as they said it: what the intervals of their zones are made of.

A sensor's records are finer than a quarter of an hour, come more than once and in any order. Kept by what they are of,
each counts once, and an interval is a function of the records under it.
"""

from __future__ import annotations

from django.db import models

from ingest.models.facts import of_store, of_zone
from sites_app.models import Zone


class Spills(models.Func):
    """Whether a record ends in a later interval than the one that it begins in. Such records are few."""

    template = "\"end\" - date_bin('%(span)s', \"start\", 'epoch') > interval '%(span)s'"
    output_field = models.BooleanField()

    def __init__(self, span: str) -> None:
        super().__init__(span=span)


def _spills(span: str) -> models.GeneratedField:
    return models.GeneratedField(expression=Spills(span), output_field=models.BooleanField(), db_persist=True)


class LineRecord(models.Model):
    """Who crossed a line in ``[start, end)``, in its own directions, whichever of them is in."""

    pk = models.CompositePrimaryKey("store_id", "zone_id", "start", "end")
    store = of_store()
    zone = of_zone()
    start = models.DateTimeField()
    end = models.DateTimeField()
    received_at = models.DateTimeField()
    forward = models.IntegerField()
    backward = models.IntegerField()
    complete = models.BooleanField()
    spills = _spills("15 minutes")

    class Meta:
        indexes = [models.Index(fields=["zone", "start"], name="line_record_spills", condition=models.Q(spills=True))]

    partitioned_by = "start"


class StayRecord(models.Model):
    """How long the visits of a zone in ``[start, end)`` were on average, in milliseconds."""

    pk = models.CompositePrimaryKey("store_id", "zone_id", "start", "end")
    store = of_store()
    zone = of_zone()
    start = models.DateTimeField()
    end = models.DateTimeField()
    received_at = models.DateTimeField()
    average_dwell_ms = models.BigIntegerField()
    visits = models.IntegerField(null=True)
    complete = models.BooleanField()
    spills = _spills("1 hour")

    class Meta:
        indexes = [models.Index(fields=["zone", "start"], name="stay_record_spills", condition=models.Q(spills=True))]

    partitioned_by = "start"


class ReversedZone(models.Model):
    """A zone whose intervals were made with forward as out. Follows ``Zone.reversed``, interval by interval."""

    zone = models.OneToOneField(Zone, models.CASCADE, primary_key=True, db_constraint=False, related_name="+")
