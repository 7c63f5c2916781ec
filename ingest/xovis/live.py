"""Live data, reduced to what is taken of it: the counters that are states, at the time of their frame."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ingest.xovis.payloads import Config, CountAttributes, CounterConfig, Frame, LiveData, LiveEvent

STATES = frozenset({"balance", "queue-length"})
"""The counters that are samples. Others come complete by ``logics_data``, and aren't counted twice."""


def only_states(data: LiveData) -> LiveData:
    """Live data with nothing but the events of such counters, the last of each in a frame, with their logic in them.

    Which counter it is stands in the event, by names, or in the configuration, by ids (agents set to "referenced").
    """
    config = data.config or Config()
    counters = {counter.id: counter for counter in config.counts}
    logics = {logic.id: logic.name for logic in config.logics}
    frames = (Frame(frame.time, _states(frame.events, counters, logics)) for frame in data.frames)
    return LiveData(data.sensor_info, None, [frame for frame in frames if frame.events])


def _states(
    events: list[LiveEvent], counters: Mapping[int, CounterConfig], logics: Mapping[int, str]
) -> list[LiveEvent]:
    latest: dict[tuple[object, ...], LiveEvent] = {}
    for event in events:
        attributes = event.attributes
        if attributes is None or attributes.counter_value is None or not _counts(event):
            continue
        named = _named(attributes, counters, logics)
        if named is not None:
            key = (named.counter_name, named.logic_id, named.logic_name)
            latest[key] = LiveEvent(event.type, "COUNT", named)
    return list(latest.values())


def _counts(event: LiveEvent) -> bool:
    return event.category == "COUNT" if event.category else event.type.startswith("COUNT_")


def _named(
    said: CountAttributes, counters: Mapping[int, CounterConfig], logics: Mapping[int, str]
) -> CountAttributes | None:
    """Which state of which logic an event is of; None for any other counter's."""
    counter = counters.get(said.counter_id) if said.counter_id is not None else None
    name = said.counter_name or (counter.name if counter else "")
    if name not in STATES or (counter and counter.type not in (None, "state")):
        return None
    logic_id = said.logic_id if said.logic_id is not None else counter.logic_id if counter else None
    logic_name = said.logic_name or (logics.get(logic_id) if logic_id is not None else None)
    if logic_id is None and not logic_name:
        return None
    return msgspec.structs.replace(
        said, counter_id=None, counter_name=name, logic_id=logic_id, logic_name=logic_name if logic_id is None else None
    )
