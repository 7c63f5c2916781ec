"""Live answers as the OpenAPI document describes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

OCCUPANCY_STATUSES = ("normal", "warning", "critical", "unknown")
QUEUE_STATUSES = ("normal", "exceeded", "unknown")


def _whole(help_text: str) -> Any:
    return serializers.IntegerField(allow_null=True, help_text=help_text)


def _as_of() -> Any:
    return serializers.DateTimeField(
        allow_null=True, help_text="Of when it is, with the store's own offset; null where nothing was told yet."
    )


class ZoneOccupancySerializer(serializers.Serializer[object]):
    """A zone that counts toward its store's occupancy."""

    zone = serializers.CharField(help_text="`STORE_CODE/zoneId`.")
    name = serializers.CharField(help_text="As its controller has it.")
    people = _whole("How many are in it; null where that isn't known now.")
    capacity = _whole("How many may be; null where that isn't known.")
    as_of = _as_of()
    age_s = _whole("How old that is, in seconds.")


class OccupancyNowSerializer(serializers.Serializer[object]):
    """The people in a store."""

    store = serializers.CharField(help_text="The store's code.")
    name = serializers.CharField(help_text="The store's name.")
    people = _whole("How many are in it; null where that isn't known now of all zones that count: never an old number.")
    capacity = _whole("How many may be; null where that isn't known.")
    utilisation = serializers.FloatField(
        allow_null=True, help_text="`people` / `capacity`; 1 is full, and more may be."
    )
    status = serializers.ChoiceField(
        OCCUPANCY_STATUSES, help_text="`warning` from 0.8 of the capacity on, `critical` from 0.95."
    )
    as_of = _as_of()
    age_s = _whole("How old that is, in seconds.")
    zones = ZoneOccupancySerializer(many=True, help_text="The zones whose sum it is.")


class LiveOccupancySerializer(serializers.Serializer[object]):
    """The people in each store now."""

    as_of = serializers.DateTimeField(help_text="When it was asked.")
    results = OccupancyNowSerializer(many=True, help_text="A store each.")


class QueueNowSerializer(serializers.Serializer[object]):
    """A queue."""

    store = serializers.CharField(help_text="The store's code.")
    zone = serializers.CharField(help_text="`STORE_CODE/zoneId`.")
    name = serializers.CharField(help_text="As its controller has it.")
    people_waiting = _whole("How many wait; null where that isn't known now.")
    average_wait_ms = _whole("How long those who wait have waited, on average, in milliseconds.")
    longest_wait_ms = _whole("How long the first of them has waited, in milliseconds.")
    threshold = _whole("More than so many are too many; null where the controller names none.")
    status = serializers.ChoiceField(QUEUE_STATUSES, help_text="`exceeded`: more than the threshold.")
    as_of = _as_of()
    age_s = _whole("How old that is, in seconds.")


class LiveQueuesSerializer(serializers.Serializer[object]):
    """Each queue now."""

    as_of = serializers.DateTimeField(help_text="When it was asked.")
    results = QueueNowSerializer(many=True, help_text="A queue each.")
