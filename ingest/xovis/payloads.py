"""What Xovis sensors push, typed, and the parts that their answers share with it."""

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
