"""What firmware 3 and 4 push, typed: counts by element, and single events."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from ingest.wire.decoding import NO_CONTROL_CHARACTERS
from ingest.xovis.instants import Instant
from ingest.xovis.payloads import OK, Id, Name, Term, Value
from ingest.xovis.salvage import Part


class Label(Part, frozen=True):
    """A counter's value in the older count push."""

    label: Name
    value: Value | None = None


class Measurement(Part, frozen=True):
    """A record of the older count push."""

    start: Instant = msgspec.field(name="from")
    end: Instant = msgspec.field(name="to")
    value: list[Label] = []

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise ValueError("from doesn't lie before to.")


class Element(Part, frozen=True, rename="kebab"):
    """A line or a zone in the older count push."""

    passes_over: ClassVar = frozenset({"from", "to", "resolution", "sensor-type"})
    element_id: Id
    element_name: Name = ""
    data_type: Term = ""
    measurement: list[Measurement] = []


class Content(Part, frozen=True):
    """What the older count push counted."""

    element: list[Element] = []


class OlderSensorInfo(Part, frozen=True, rename="kebab"):
    """Who pushed in the older form."""

    passes_over: ClassVar = frozenset({"ip-address", "group", "name"})
    serial_number: Term | None = None
    device_type: Term | None = None


class Code(Part, frozen=True):
    """``OK``, or what is wrong with the sensor."""

    code: Term = OK


class SensorTime(Part, frozen=True):
    """When the older count push was made."""

    passes_over: ClassVar = frozenset({"timezone"})
    time: Term | None = None


class OlderCounts(Part, frozen=True, rename="kebab"):
    """The older count push, whole."""

    sensor_time: SensorTime | None = None
    sensor_info: OlderSensorInfo | None = None
    status: Code | None = None
    content: Content | None = None


class CountItem(Part, frozen=True):
    """The line or zone of an older event."""

    id: Id | None = None
    name: Name | None = None


class OlderEvent(Part, frozen=True, rename="camel", omit_defaults=True):
    """An event of the older event push."""

    timestamp: Instant
    type: Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=NO_CONTROL_CHARACTERS)]
    serial: Term | None = None
    direction: Term | None = None
    count_item: CountItem | None = None
    object_type: Term | None = None


class OlderEvents(Part, frozen=True):
    """The older event push, whole."""

    values: list[OlderEvent] = []
