"""Rules: what of the live figures and of the controllers' health needs attention. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from alerts.models import Alert
from reports.live import QueueNow, StoreOccupancy
from sites_app.models import Controller


class Finding(NamedTuple):
    """Something that needs attention now; the first three parts say which alert it is."""

    store_id: int
    kind: str
    subject: str
    message: str


def of_queues(queues: Iterable[QueueNow]) -> list[Finding]:
    """Queues over their thresholds."""
    return [
        Finding(
            queue.store.pk,
            Alert.Kind.QUEUE,
            queue.zone.code,
            f"{queue.zone}: {queue.people_waiting} people waiting, more than {queue.threshold}",
        )
        for queue in queues
        if queue.status == "exceeded"
    ]


def of_occupancy(stores: Iterable[StoreOccupancy]) -> list[Finding]:
    """Stores that are nearly full."""
    return [
        Finding(item.store.pk, Alert.Kind.OCCUPANCY, "", f"{item.people} people in the store, capacity {item.capacity}")
        for item in stores
        if item.status == "critical"
    ]


def of_controllers(controllers: Iterable[Controller]) -> list[Finding]:
    """Controllers that can't be reached, or reject their key."""
    broken = (Controller.State.OFFLINE, Controller.State.UNAUTHORIZED)
    return [
        Finding(
            controller.store_id,
            Alert.Kind.CONTROLLER,
            controller.name,
            f"{controller.name}: {controller.last_error or controller.get_state_display()}",
        )
        for controller in controllers
        if controller.enabled and controller.state in broken
    ]
