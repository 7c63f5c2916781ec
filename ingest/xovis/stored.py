"""Pushes as they are stored (see ``pieces``), read again to be digested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest.wire.decoding import load
from ingest.xovis import pieces
from ingest.xovis.payloads import LiveData, Logic, LogicsData, Module, SensorInfo, StatusData
from ingest.xovis.salvage import PartT, Salvage


@dataclass(frozen=True, slots=True)
class StoredLogics:
    """The logics of a push, with their records."""

    sensor_info: SensorInfo | None
    logics: Sequence[Logic]
    tells = False
    """Whether it says anything that isn't in the facts then."""


@dataclass(frozen=True, slots=True)
class StoredLive:
    """Live data, reduced to states."""

    sensor_info: SensorInfo | None
    data: LiveData
    logics: Sequence[Logic] = ()
    tells = False


@dataclass(frozen=True, slots=True)
class StoredStatus:
    """What is wrong with which part of a sensor."""

    sensor_info: SensorInfo | None
    wrong: dict[str, str] = field(default_factory=dict)
    logics: Sequence[Logic] = ()

    @property
    def tells(self) -> bool:
        return bool(self.wrong)


Stored = StoredLogics | StoredLive | StoredStatus


def read(event: str, body: bytes) -> Stored | None:
    """What an event's body says; None for an event that is only kept."""
    if event == pieces.LOGICS:
        data = _take(body, "logics_data", LogicsData)
        return StoredLogics(data.sensor_info, data.logics)
    if event == pieces.LIVE:
        live = _take(body, "live_data", LiveData)
        return StoredLive(live.sensor_info, live)
    if event == pieces.STATUS:
        states: dict[str, Any] = load(body)["status_data"]["states"]
        modules = {name: Salvage().take(value, Module, "") for name, value in states.items()}
        wrong = {name: module.wrong for name, module in modules.items() if module and module.wrong}
        return StoredStatus(_take(body, "status_data", StatusData).sensor_info, wrong)
    return None


def _take(body: bytes, key: str, shape: type[PartT]) -> PartT:
    taken = Salvage().take(load(body)[key], shape, "")
    assert taken is not None, "what is stored has been read before"
    return taken
