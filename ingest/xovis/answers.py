"""What Xovis sensors answer under ``/api/v5``, typed."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from ingest.xovis.instants import Instant
from ingest.xovis.payloads import Config, Id, Logic, Name, Sample, Term, Value
from ingest.xovis.salvage import Part


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
