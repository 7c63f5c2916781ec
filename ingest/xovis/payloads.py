"""The payloads of Xovis sensors, typed: what they push, and what they answer."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from ingest.wire.decoding import NO_CONTROL_CHARACTERS
from ingest.xovis.instants import Instant
from ingest.xovis.salvage import Part

Id = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Value = int | float
Name = Annotated[str, msgspec.Meta(max_length=200, pattern=NO_CONTROL_CHARACTERS)]
Term = Annotated[str, msgspec.Meta(max_length=100, pattern=NO_CONTROL_CHARACTERS)]
Sample = Annotated[int, msgspec.Meta(ge=0)]

OK = "OK"
"""The state of whatever is well."""


class SensorInfo(Part, frozen=True, omit_defaults=True):
    """Who pushed."""

    passes_over: ClassVar = frozenset({"name", "group", "device_type", "ip_address", "multisensor_id"})
    serial_number: Term | None = None
    type: Term | None = None


class Count(Part, frozen=True, omit_defaults=True):
    """A counter's value; ``value`` is None where it's missing or of a wrong type."""

    passes_over: ClassVar = frozenset({"id", "bins", "histogram", "logic_id", "type"})
    name: Name
    value: Value | None = None
    unit: Term | None = None


class Record(Part, frozen=True, omit_defaults=True):
    """The counts of a logic over ``[start, end)``."""

    start: Instant = msgspec.field(name="from")
    end: Instant = msgspec.field(name="to")
    counts: list[Count] = []
    samples: Sample | None = None
    samples_expected: Sample | None = None

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise ValueError("from doesn't lie before to.")

    @property
    def complete(self) -> bool:
        """Whether all of it was counted, as far as the firmware says."""
        return self.samples is None or self.samples_expected is None or self.samples >= self.samples_expected


class Logic(Part, frozen=True, omit_defaults=True):
    """A logic of a sensor: a line, a zone, a queue; ``info`` names its template. Live answers have counts, no records."""

    passes_over: ClassVar = frozenset({"geometries", "zone_of_interest_id", "optional_data", "layer_id"})
    id: Id
    name: Name = ""
    info: Term = ""
    records: list[Record] = []
    counts: list[Count] = []


class LogicsData(Part, frozen=True, omit_defaults=True):
    """``logics_data``."""

    passes_over: ClassVar = frozenset({"package_info"})
    sensor_info: SensorInfo | None = None
    logics: list[Logic] = []


class CounterConfig(Part, frozen=True, omit_defaults=True):
    """A counter as a configuration describes it. Its id and its logic's say nothing of each other."""

    passes_over: ClassVar = frozenset({"histogram", "quantity"})
    id: Id
    name: Name = ""
    logic_id: Id | None = None
    type: Term | None = None


class Config(Part, frozen=True, omit_defaults=True):
    """What the ids of a payload stand for."""

    passes_over: ClassVar = frozenset({"geometries"})
    logics: list[Logic] = []
    counts: list[CounterConfig] = []


class CountAttributes(Part, frozen=True, omit_defaults=True):
    """Which counter an event was of, by names or by ids, and its value after it. The person's track has no field."""

    passes_over: ClassVar = frozenset({"track_id", "track_id_str", "geometry_id", "geometry_name", "sequence_number"})
    counter_id: Id | None = None
    counter_name: Name | None = None
    counter_value: Value | None = None
    logic_id: Id | None = None
    logic_name: Name | None = None


class LiveEvent(Part, frozen=True, omit_defaults=True):
    """Something that happened in a frame."""

    type: Term = ""
    category: Term | None = None
    attributes: CountAttributes | None = None


class Frame(Part, frozen=True, omit_defaults=True):
    """One image's worth of events. Who was seen on it has no field."""

    passes_over: ClassVar = frozenset({"framenumber", "frametype", "illumination", "tracked_objects"})
    time: Instant
    events: list[LiveEvent] = []


class LiveData(Part, frozen=True, omit_defaults=True):
    """``live_data``."""

    passes_over: ClassVar = frozenset({"package_info"})
    sensor_info: SensorInfo | None = None
    config: Config | None = None
    frames: list[Frame] = []


class State(Part, frozen=True):
    """How something is: ``OK``, or what is wrong."""

    passes_over: ClassVar = frozenset({"details", "error", "sources", "last_downtime_sec"})
    state: Term


class Module(Part, frozen=True):
    """A part of a sensor. The single- and the multisensor have a ``status`` in place of a state."""

    passes_over: ClassVar = frozenset({"status"})
    state: State | None = None

    @property
    def wrong(self) -> str:
        """What is wrong with it; empty where nothing is."""
        return self.state.state if self.state and self.state.state != OK else ""


class PackageInfo(Part, frozen=True):
    """Which push of which agent it is. It's no part of what makes a record the same record."""

    passes_over: ClassVar = frozenset({"version"})
    id: Id | None = None
    agent_id: Id | None = None


class StatusData(Part, frozen=True):
    """``status_data``, but for its ``states``, whose names are the sensor's."""

    passes_over: ClassVar = frozenset({"states"})
    package_info: PackageInfo | None = None
    sensor_info: SensorInfo | None = None


class DeviceInfo(Part, frozen=True):
    """``GET /device/info``."""

    passes_over: ClassVar = frozenset({"hw_bom_rev", "hw_id", "hw_pcb_rev", "hw_prod_rev", "product_series", "variant"})
    serial: Term
    type: Term = ""
    prod_code: Term = ""
    fw_version: Term = ""


class DeviceId(Part, frozen=True):
    """``GET /device/id``."""

    passes_over: ClassVar = frozenset({"group", "id", "rssi", "type"})
    name: Name = ""


class LiveLogics(Part, frozen=True):
    """``GET …/data/live/logics``: every counter's value at ``time``."""

    time: Instant
    logics: list[Logic] = []


class BinCount(Part, frozen=True):
    """A counter's value in a bin."""

    passes_over: ClassVar = frozenset({"bins"})
    id: Id
    value: Value | None = None


class Bin(Part, frozen=True):
    """A stretch of history; ``records`` is of how many records it was made, 0 where the sensor didn't count at all."""

    start: Instant = msgspec.field(name="begin")
    end: Instant
    records: Sample | None = None
    counts: list[BinCount] = []


class History(Part, frozen=True):
    """``GET …/data/history/logics``."""

    passes_over: ClassVar = frozenset(
        {"begin", "end", "begin_data", "end_data", "index_begin", "index_end", "resolution_ms", "number_of_bins"}
        | {"number_of_bins_requested"}
    )
    config: Config
    measurements: list[Bin] = []


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
